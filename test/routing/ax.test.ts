import { describe } from 'vitest';
import type { AppRoute, AxRelation, Found } from '../../routing/types.ts';
import { A, AT_NOON, app, ax, B, decides, found, NOW, OF_RIDE, STRANGER, X } from './facts.ts';

const IS_A = 'the caller is A of binding sub-1';
const NOT_A = 'the caller is not A of binding sub-1';
const BOTH = 'the binding lets both sides call';
const TO_A = 'the call goes to +86138****0001, who sees the X';
const TO_B = 'the call goes to +86139****0002, who sees the X';
const TO_STRANGER = 'the call goes to +86137****0003, who sees the X';
const NO_CALLEE = 'A has no temporary callee';
const FORGETFUL = 'application ride does not remember who called';

const LINE = { x: X, extension: '' };
const ONE_MORE_MS = { id: 'callee-7', number: B, expiresAt: NOW + 1, userData: undefined };
const CALLED = { number: STRANGER, expiresAt: Number.POSITIVE_INFINITY };

const axFound = (relation: Partial<AxRelation> = {}, more: Partial<AppRoute> = {}): Found =>
  found({ app: app({ mode: 'AX', ...more }), relation: ax(relation) });

describe('AX: anyone else dials X', () => {
  decides([
    {
      when: 'callers are not remembered',
      call: { caller: STRANGER },
      found: axFound({ callerHintTone: 'for-a.wav', calleeHintTone: 'for-others.wav', userData: 'u' }),
      expected: {
        kind: 'connect',
        callee: A,
        shown: X,
        subscriptionId: 'sub-1',
        ringback: 'for-others.wav',
        userData: 'u',
        line: LINE,
      },
      without: ['remember', 'temporaryCallee', 'extension'],
      because: [OF_RIDE, NOT_A, BOTH, TO_A],
    },
    {
      when: 'callers are remembered',
      call: { caller: STRANGER },
      found: axFound({}, { callBackMemory: true }),
      expected: {
        kind: 'connect',
        callee: A,
        line: LINE,
        remember: { caller: STRANGER, seconds: 0 },
      },
      because: [OF_RIDE, NOT_A, BOTH, TO_A],
    },
    {
      when: 'callers are remembered, and the number is withheld',
      call: { caller: '' },
      found: axFound({}, { callBackMemory: true }),
      expected: { kind: 'connect', callee: A, shown: X, line: LINE },
      without: ['remember'],
      because: [OF_RIDE, NOT_A, BOTH, 'the caller withheld the number', TO_A],
    },
    {
      when: 'A has a temporary callee: it is not theirs',
      call: { caller: STRANGER },
      found: axFound({ temporaryCallee: ONE_MORE_MS }),
      expected: { kind: 'connect', callee: A },
      without: ['temporaryCallee'],
      because: [OF_RIDE, NOT_A, BOTH, TO_A],
    },
    {
      when: 'only A may call out',
      call: { caller: STRANGER },
      found: axFound({ callDirection: 1, userData: 'u' }),
      expected: {
        kind: 'refuse',
        stateCode: 8016,
        announcement: undefined,
        subscriptionId: 'sub-1',
        userData: 'u',
      },
      because: [OF_RIDE, NOT_A, 'the binding lets only A call'],
    },
    {
      when: 'only others may call A',
      call: { caller: STRANGER },
      found: axFound({ callDirection: 2 }),
      expected: { kind: 'connect', callee: A },
      because: [OF_RIDE, NOT_A, 'the binding lets only others call, not A', TO_A],
    },
    {
      when: 'the binding shows A who calls, and the platform allows it',
      call: { caller: STRANGER },
      found: axFound({ showsCaller: true }),
      expected: { kind: 'connect', callee: A, shown: STRANGER },
      because: [OF_RIDE, NOT_A, BOTH, 'the call goes to +86138****0001, who sees the real caller'],
    },
    {
      when: 'the binding shows A who calls, and the platform does not allow it',
      call: { caller: STRANGER },
      found: axFound({ showsCaller: true }),
      platform: { showsRealCallers: false },
      expected: { kind: 'refuse', stateCode: 8024, announcement: undefined, subscriptionId: 'sub-1' },
      without: ['line', 'remember'],
      because: [
        OF_RIDE,
        NOT_A,
        BOTH,
        'the call goes to +86138****0001, who sees the real caller',
        'the platform shows no real number of a caller',
      ],
    },
    {
      when: 'the binding shows A who calls, and the number is withheld',
      call: { caller: '' },
      found: axFound({ showsCaller: true }),
      platform: { showsRealCallers: false },
      expected: { kind: 'connect', callee: A, shown: X },
      because: [OF_RIDE, NOT_A, BOTH, 'the caller withheld the number', TO_A],
    },
    {
      when: 'the binding asks for recording and a limit',
      call: { caller: STRANGER },
      found: axFound({
        recordFlag: true,
        recordHintTone: 'hint.wav',
        maxDurationMinutes: 3,
        lastMinVoice: 'last.wav',
      }),
      expected: {
        kind: 'connect',
        record: true,
        recordHintTone: 'hint.wav',
        maxDurationSeconds: 180,
        lastMinVoice: 'last.wav',
      },
      because: [OF_RIDE, NOT_A, BOTH, TO_A],
    },
    {
      when: 'the binding asks for recording, which the application has not, and a last-minute voice without a limit',
      call: { caller: STRANGER },
      found: axFound(
        { recordFlag: true, recordHintTone: 'hint.wav', lastMinVoice: 'last.wav' },
        { recording: false },
      ),
      expected: {
        kind: 'connect',
        record: false,
        recordHintTone: undefined,
        maxDurationSeconds: 0,
        lastMinVoice: undefined,
      },
      because: [OF_RIDE, NOT_A, BOTH, TO_A, 'recording is asked for, but application ride has none'],
    },
    {
      when: 'nothing is bound to X',
      call: { caller: STRANGER },
      found: found({ app: app({ mode: 'AX' }), relation: undefined }),
      expected: { kind: 'refuse', stateCode: 8018, announcement: 'no-permission' },
      without: ['subscriptionId'],
      because: [OF_RIDE, 'no binding stands on this X'],
    },
  ]);
});

describe('AX: A dials X', () => {
  decides([
    {
      when: 'a temporary callee lives for one more millisecond',
      call: { caller: A },
      found: axFound({
        temporaryCallee: ONE_MORE_MS,
        callerHintTone: 'for-a.wav',
        calleeHintTone: 'for-others.wav',
        userData: 'of-binding',
      }),
      expected: {
        kind: 'connect',
        callee: B,
        shown: X,
        ringback: 'for-a.wav',
        userData: 'of-binding',
        line: LINE,
        temporaryCallee: 'callee-7',
      },
      without: ['remember'],
      because: [OF_RIDE, IS_A, BOTH, 'A has a temporary callee until 2026-03-01T12:00:00.001Z', TO_B],
    },
    {
      when: 'the setting of the temporary callee came with data of its own',
      call: { caller: A },
      found: axFound({ temporaryCallee: { ...ONE_MORE_MS, userData: 'of-callee' }, userData: 'of-binding' }),
      expected: { kind: 'connect', callee: B, userData: 'of-callee' },
      because: [OF_RIDE, IS_A, BOTH, 'A has a temporary callee until 2026-03-01T12:00:00.001Z', TO_B],
    },
    {
      when: 'a temporary callee and a last caller are there: the callee comes first',
      call: { caller: A },
      found: axFound({ temporaryCallee: ONE_MORE_MS, lastCaller: CALLED }, { callBackMemory: true }),
      expected: { kind: 'connect', callee: B, temporaryCallee: 'callee-7' },
      because: [OF_RIDE, IS_A, BOTH, 'A has a temporary callee until 2026-03-01T12:00:00.001Z', TO_B],
    },
    {
      when: 'the temporary callee expires at this very millisecond',
      call: { caller: A },
      found: axFound({ temporaryCallee: { ...ONE_MORE_MS, expiresAt: NOW } }),
      expected: { kind: 'refuse', stateCode: 8013, announcement: undefined, subscriptionId: 'sub-1' },
      because: [OF_RIDE, IS_A, BOTH, `A's temporary callee expired at ${AT_NOON}`, FORGETFUL],
    },
    {
      when: 'the temporary callee has expired and a last caller is known',
      call: { caller: A },
      found: axFound(
        { temporaryCallee: { ...ONE_MORE_MS, expiresAt: NOW }, lastCaller: CALLED },
        { callBackMemory: true },
      ),
      expected: { kind: 'connect', callee: STRANGER, shown: X, line: LINE },
      without: ['temporaryCallee'],
      because: [
        OF_RIDE,
        IS_A,
        BOTH,
        `A's temporary callee expired at ${AT_NOON}`,
        'A returns the call of who called last',
        TO_STRANGER,
      ],
    },
    {
      when: 'none is set and callers are not remembered, although one is known from before',
      call: { caller: A },
      found: axFound({ lastCaller: CALLED, userData: 'u' }),
      expected: { kind: 'refuse', stateCode: 8013, announcement: undefined, userData: 'u' },
      because: [OF_RIDE, IS_A, BOTH, NO_CALLEE, FORGETFUL],
    },
    {
      when: 'a last caller is known, and the binding shows A who calls: that is for A alone',
      call: { caller: A },
      found: axFound(
        { lastCaller: CALLED, showsCaller: true, callerHintTone: 'for-a.wav' },
        { callBackMemory: true },
      ),
      platform: { showsRealCallers: false },
      expected: { kind: 'connect', callee: STRANGER, shown: X, ringback: 'for-a.wav', line: LINE },
      without: ['remember', 'temporaryCallee'],
      because: [OF_RIDE, IS_A, BOTH, NO_CALLEE, 'A returns the call of who called last', TO_STRANGER],
    },
    {
      when: 'nobody has called',
      call: { caller: A },
      found: axFound({}, { callBackMemory: true }),
      expected: {
        kind: 'refuse',
        stateCode: 8019,
        announcement: 'no-call-back-record',
        subscriptionId: 'sub-1',
      },
      without: ['file'],
      because: [OF_RIDE, IS_A, BOTH, NO_CALLEE, 'A has no call to return'],
    },
    {
      when: 'the record of the last caller expires at this very millisecond',
      call: { caller: A },
      found: axFound({ lastCaller: { ...CALLED, expiresAt: NOW } }, { callBackMemory: true }),
      expected: { kind: 'refuse', stateCode: 8019, announcement: 'no-call-back-record' },
      because: [OF_RIDE, IS_A, BOTH, NO_CALLEE, `who called last was remembered until ${AT_NOON}`],
    },
    {
      when: 'only A may call out',
      call: { caller: A },
      found: axFound({ callDirection: 1, temporaryCallee: ONE_MORE_MS }),
      expected: { kind: 'connect', callee: B },
      because: [
        OF_RIDE,
        IS_A,
        'the binding lets only A call',
        'A has a temporary callee until 2026-03-01T12:00:00.001Z',
        TO_B,
      ],
    },
    {
      when: 'only others may call, whatever callee is set',
      call: { caller: A },
      found: axFound(
        { callDirection: 2, temporaryCallee: ONE_MORE_MS, lastCaller: CALLED },
        { callBackMemory: true },
      ),
      expected: { kind: 'refuse', stateCode: 8016, announcement: undefined },
      without: ['temporaryCallee'],
      because: [OF_RIDE, IS_A, 'the binding lets only others call, not A'],
    },
  ]);
});
