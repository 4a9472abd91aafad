import { describe } from 'vitest';
import type { AppRoute, AxeRelation, Found } from '../../routing/types.ts';
import { A, AT_NOON, app, axe, decides, found, HOTLINE, NOW, OF_RIDE, STRANGER, X } from './facts.ts';

const IS_A = 'the caller is A of binding sub-1';
const NO_A = 'the caller is A of no binding on this X';
const TYPED = 'the caller typed 1207';
const OF_BINDING = 'the extension belongs to binding sub-1';
const TO_A = 'the call goes to +86138****0001, who sees the X';
const TO_STRANGER = 'the call goes to +86137****0003, who sees the X';
const TO_HOTLINE = 'the call goes to +86571****0006, who sees the X';
const NO_CALL = 'A has no call to return';
const LAST = 'A returns the call of who called last';
const NO_MORE = 'the caller may not try again';

const LINE = { x: X, extension: '1207' };
const CALLED = { number: STRANGER, expiresAt: NOW + 1 };
const noCallBack = { kind: 'refuse', stateCode: 8019, announcement: 'no-call-back-record' } as const;

const axeFound = (relation: Partial<AxeRelation> | undefined, more: Partial<AppRoute> = {}): Found =>
  found({ app: app({ mode: 'AXE', ...more }), relation: relation && axe(relation) });

describe('AXE: who dials X is no A', () => {
  decides([
    {
      when: 'the caller is a stranger',
      call: {},
      found: axeFound(undefined),
      expected: { kind: 'collect', prompt: 'enter-extension', mostDigits: 4, failedAttempts: 0 },
      because: [OF_RIDE, NO_A, 'the caller is asked for an extension of 4 digits'],
    },
    {
      when: 'the caller withholds the number',
      call: { caller: '' },
      found: axeFound(undefined),
      expected: { kind: 'collect', prompt: 'enter-extension' },
      because: [OF_RIDE, NO_A, 'the caller is asked for an extension of 4 digits'],
    },
    {
      when: 'extensions have two digits',
      call: {},
      found: axeFound(undefined, { extensionDigits: 2 }),
      expected: { kind: 'collect', mostDigits: 2 },
      because: [OF_RIDE, NO_A, 'the caller is asked for an extension of 2 digits'],
    },
    {
      when: 'the binding of an A expires at this very millisecond',
      call: { caller: A },
      found: axeFound({ expiresAt: NOW, lastCaller: CALLED }),
      expected: { kind: 'collect', prompt: 'enter-extension', failedAttempts: 0 },
      because: [
        OF_RIDE,
        NO_A,
        `the binding expired at ${AT_NOON}`,
        'the caller is asked for an extension of 4 digits',
      ],
    },
    {
      when: "a table gives another A's binding",
      call: {},
      found: axeFound({}),
      expected: { kind: 'collect' },
      because: [OF_RIDE, NO_A, 'the caller is asked for an extension of 4 digits'],
    },
  ]);
});

describe('AXE: an extension is typed', () => {
  decides([
    {
      when: 'it is that of A',
      call: { digits: '1207' },
      found: axeFound({ callBackSeconds: 3600, userData: 'u' }),
      expected: {
        kind: 'connect',
        callee: A,
        shown: X,
        subscriptionId: 'sub-1',
        ringback: undefined,
        userData: 'u',
        maxDurationSeconds: 0,
        lastMinVoice: undefined,
        line: LINE,
        extension: '1207',
        remember: { caller: STRANGER, seconds: 3600 },
      },
      without: ['temporaryCallee'],
      because: [OF_RIDE, TYPED, OF_BINDING, TO_A],
    },
    {
      when: 'the caller withholds the number',
      call: { caller: '', digits: '1207' },
      found: axeFound({ showsCaller: true }),
      platform: { showsRealCallers: false },
      expected: { kind: 'connect', callee: A, shown: X, line: LINE },
      without: ['remember'],
      because: [OF_RIDE, TYPED, OF_BINDING, 'the caller withheld the number', TO_A],
    },
    {
      when: 'the application has a file for waiting',
      call: { digits: '1207' },
      found: axeFound({}, { announcements: { wait: 'wait.wav' } }),
      expected: { kind: 'connect', ringback: 'wait.wav' },
      because: [OF_RIDE, TYPED, OF_BINDING, TO_A],
    },
    {
      when: "the application has the product's announcement for waiting",
      call: { digits: '1207' },
      found: axeFound({}, { announcements: { wait: 'default' } }),
      expected: { kind: 'connect', ringback: { scene: 'wait' } },
      because: [OF_RIDE, TYPED, OF_BINDING, TO_A],
    },
    {
      when: 'A is to see who calls, and the platform allows it',
      call: { digits: '1207' },
      found: axeFound({ showsCaller: true }),
      expected: { kind: 'connect', callee: A, shown: STRANGER },
      because: [OF_RIDE, TYPED, OF_BINDING, 'the call goes to +86138****0001, who sees the real caller'],
    },
    {
      when: 'A is to see who calls, and the platform does not allow it',
      call: { digits: '1207' },
      found: axeFound({ showsCaller: true }),
      platform: { showsRealCallers: false },
      expected: { kind: 'refuse', stateCode: 8024, subscriptionId: 'sub-1', extension: '1207' },
      without: ['line', 'remember'],
      because: [
        OF_RIDE,
        TYPED,
        OF_BINDING,
        'the call goes to +86138****0001, who sees the real caller',
        'the platform shows no real number of a caller',
      ],
    },
    {
      when: 'the binding asks for recording',
      call: { digits: '1207' },
      found: axeFound({ recordFlag: true, recordHintTone: 'hint.wav' }),
      expected: { kind: 'connect', record: true, recordHintTone: 'hint.wav' },
      because: [OF_RIDE, TYPED, OF_BINDING, TO_A],
    },
    {
      when: 'nobody has it',
      call: { digits: '1207' },
      found: axeFound(undefined),
      expected: { kind: 'refuse', stateCode: 8022, announcement: 'wrong-extension' },
      without: ['extension', 'subscriptionId'],
      because: [OF_RIDE, TYPED, 'no binding on this X has that extension', NO_MORE],
    },
    {
      when: 'a table gives the binding of another extension',
      call: { digits: '1207' },
      found: axeFound({ extension: '1208' }),
      expected: { kind: 'refuse', stateCode: 8022 },
      because: [OF_RIDE, TYPED, 'no binding on this X has that extension', NO_MORE],
    },
    {
      when: 'it expires at this very millisecond',
      call: { digits: '1207' },
      found: axeFound({ expiresAt: NOW }),
      expected: { kind: 'refuse', stateCode: 8022, announcement: 'wrong-extension' },
      because: [OF_RIDE, TYPED, `the binding expired at ${AT_NOON}`, NO_MORE],
    },
    {
      when: 'it lives for one more millisecond',
      call: { digits: '1207' },
      found: axeFound({ expiresAt: NOW + 1 }),
      expected: { kind: 'connect', callee: A },
      because: [OF_RIDE, TYPED, OF_BINDING, TO_A],
    },
    {
      when: "it is the caller's own, bound while he typed",
      call: { caller: A, digits: '1207' },
      found: axeFound({}),
      expected: { kind: 'refuse', stateCode: 8022, announcement: 'wrong-extension' },
      because: [OF_RIDE, TYPED, "the extension is the caller's own", NO_MORE],
    },
    {
      when: 'nothing is typed',
      call: { digits: '' },
      found: axeFound(undefined),
      expected: { kind: 'refuse', stateCode: 8033, announcement: 'no-extension' },
      because: [OF_RIDE, 'the caller typed nothing', NO_MORE],
    },
    {
      when: 'nothing is typed by an A whose binding has come back meanwhile',
      call: { caller: A, digits: '' },
      found: axeFound({}),
      expected: { kind: 'refuse', stateCode: 8033 },
      because: [OF_RIDE, 'the caller typed nothing', NO_MORE],
    },
    {
      when: 'it is wrong and may be repeated twice',
      call: { digits: '1207', failedAttempts: 0 },
      found: axeFound(undefined, { collectRepeats: 2 }),
      expected: { kind: 'collect', prompt: 'wrong-extension-retry', mostDigits: 4, failedAttempts: 1 },
      because: [
        OF_RIDE,
        TYPED,
        'no binding on this X has that extension',
        'the caller may try again: 1 of 2',
      ],
    },
    {
      when: 'it is wrong for the second time and may be repeated twice',
      call: { digits: '1207', failedAttempts: 1 },
      found: axeFound(undefined, { collectRepeats: 2 }),
      expected: { kind: 'collect', prompt: 'wrong-extension-retry', failedAttempts: 2 },
      because: [
        OF_RIDE,
        TYPED,
        'no binding on this X has that extension',
        'the caller may try again: 2 of 2',
      ],
    },
    {
      when: 'it is wrong for the third time and may be repeated twice',
      call: { digits: '1207', failedAttempts: 2 },
      found: axeFound(undefined, { collectRepeats: 2 }),
      expected: { kind: 'refuse', stateCode: 8022, announcement: 'wrong-extension' },
      because: [OF_RIDE, TYPED, 'no binding on this X has that extension', NO_MORE],
    },
    {
      when: 'it is right at last',
      call: { digits: '1207', failedAttempts: 2 },
      found: axeFound({}, { collectRepeats: 2 }),
      expected: { kind: 'connect', callee: A },
      because: [OF_RIDE, TYPED, OF_BINDING, TO_A],
    },
    {
      when: 'nothing is typed and may be repeated: nothing was wrong, so the first prompt is heard',
      call: { digits: '', failedAttempts: 0 },
      found: axeFound(undefined, { collectRepeats: 1 }),
      expected: { kind: 'collect', prompt: 'enter-extension', failedAttempts: 1 },
      because: [OF_RIDE, 'the caller typed nothing', 'the caller may try again: 1 of 1'],
    },
    {
      when: 'it is wrong first and then nothing is typed: the last time says how the call ends',
      call: { digits: '', failedAttempts: 1 },
      found: axeFound(undefined, { collectRepeats: 1 }),
      expected: { kind: 'refuse', stateCode: 8033, announcement: 'no-extension' },
      because: [OF_RIDE, 'the caller typed nothing', NO_MORE],
    },
  ]);
});

describe('AXE: A dials X', () => {
  decides([
    {
      when: 'a last caller is known',
      call: { caller: A },
      found: axeFound(
        { lastCaller: CALLED, callBackNumber: HOTLINE, callBackTone: 'none.wav', showsCaller: true },
        { announcements: { wait: 'wait.wav' } },
      ),
      platform: { showsRealCallers: false },
      expected: {
        kind: 'connect',
        callee: STRANGER,
        shown: X,
        ringback: undefined,
        line: LINE,
        extension: '1207',
      },
      without: ['remember'],
      because: [OF_RIDE, IS_A, LAST, TO_STRANGER],
    },
    {
      when: 'the record of the last caller expires at this very millisecond',
      call: { caller: A },
      found: axeFound({ lastCaller: { ...CALLED, expiresAt: NOW } }),
      expected: { ...noCallBack, subscriptionId: 'sub-1', extension: '1207' },
      without: ['file'],
      because: [OF_RIDE, IS_A, `who called last was remembered until ${AT_NOON}`],
    },
    {
      when: 'nobody has called, and the binding names a number and an announcement: the number comes first',
      call: { caller: A },
      found: axeFound({ callBackNumber: HOTLINE, callBackTone: 'none.wav' }, { callBackNumber: STRANGER }),
      expected: { kind: 'connect', callee: HOTLINE, shown: X, line: LINE, extension: '1207' },
      because: [
        OF_RIDE,
        IS_A,
        NO_CALL,
        'the binding names a number for calls back that have no aim',
        TO_HOTLINE,
      ],
    },
    {
      when: 'nobody has called, and the binding names an announcement: it comes before the application',
      call: { caller: A },
      found: axeFound({ callBackTone: 'none.wav', userData: 'u' }, { callBackNumber: HOTLINE }),
      expected: { ...noCallBack, file: 'none.wav', userData: 'u' },
      because: [OF_RIDE, IS_A, NO_CALL, 'the binding names an announcement for calls back that have no aim'],
    },
    {
      when: 'nobody has called, and the application names a number',
      call: { caller: A },
      found: axeFound({}, { callBackNumber: HOTLINE }),
      expected: { kind: 'connect', callee: HOTLINE, shown: X, line: LINE },
      because: [
        OF_RIDE,
        IS_A,
        NO_CALL,
        'application ride names a number for calls back that have no aim',
        TO_HOTLINE,
      ],
    },
    {
      when: 'nobody has called',
      call: { caller: A },
      found: axeFound({ userData: 'u' }),
      expected: { ...noCallBack, subscriptionId: 'sub-1', userData: 'u', extension: '1207' },
      without: ['file'],
      because: [OF_RIDE, IS_A, NO_CALL],
    },
  ]);
});
