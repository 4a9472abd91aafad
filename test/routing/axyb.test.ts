import { describe } from 'vitest';
import type { AppRoute, AxybRelation, Found } from '../../routing/types.ts';
import { A, AT_NOON, app, axyb, B, decides, found, NOW, number, OF_RIDE, STRANGER, X, Y } from './facts.ts';

const IS_A = 'the caller is A of binding sub-1';
const IS_B = 'the caller is B of binding sub-1';
const BOTH = 'the binding lets both sides call';
const TO_B = "the call goes to +86139****0002, who sees the caller's X";
const TO_A = "the call goes to +86138****0001, who sees the caller's Y";
const OWN = 'the caller dialled the number that is bound to the caller';
const noRelation = (masked: string): string => `no relation connects ${masked} with the dialled number`;
const refusedAsStranger = { kind: 'refuse', stateCode: 8030, announcement: 'no-binding' } as const;

const dialled = (x: string, relation?: Partial<AxybRelation>, more: Partial<AppRoute> = {}): Found =>
  found({
    number: number({ number: x }),
    app: app({ mode: 'AXYB', ...more }),
    relation: relation && axyb(relation),
  });

describe('AXYB', () => {
  decides([
    {
      when: 'A dials Y',
      call: { caller: A },
      found: dialled(Y, { preVoiceX: 'x.wav', preVoiceY: 'y.wav', userData: 'u' }),
      expected: {
        kind: 'connect',
        callee: B,
        shown: X,
        subscriptionId: 'sub-1',
        ringback: 'y.wav',
        userData: 'u',
        maxDurationSeconds: 0,
      },
      without: ['line', 'remember', 'extension', 'temporaryCallee'],
      because: [OF_RIDE, IS_A, BOTH, TO_B],
    },
    {
      when: 'B dials X',
      call: { caller: B },
      found: dialled(X, { preVoiceX: 'x.wav', preVoiceY: 'y.wav' }),
      expected: { kind: 'connect', callee: A, shown: Y, ringback: 'x.wav' },
      because: [OF_RIDE, IS_B, BOTH, TO_A],
    },
    {
      when: 'the platform shows no real callers: neither X nor Y is one',
      call: { caller: B },
      found: dialled(X, {}),
      platform: { showsRealCallers: false },
      expected: { kind: 'connect', callee: A, shown: Y },
      because: [OF_RIDE, IS_B, BOTH, TO_A],
    },
    {
      when: 'A dials Y and only A may',
      call: { caller: A },
      found: dialled(Y, { callDirection: 1 }),
      expected: { kind: 'connect', callee: B },
      because: [OF_RIDE, IS_A, 'the binding lets only A call', TO_B],
    },
    {
      when: 'B dials X and only A may',
      call: { caller: B },
      found: dialled(X, { callDirection: 1, userData: 'u' }),
      expected: {
        kind: 'refuse',
        stateCode: 8016,
        announcement: undefined,
        subscriptionId: 'sub-1',
        userData: 'u',
      },
      because: [OF_RIDE, IS_B, 'the binding lets only A call'],
    },
    {
      when: 'A dials Y and only B may',
      call: { caller: A },
      found: dialled(Y, { callDirection: 2 }),
      expected: { kind: 'refuse', stateCode: 8016 },
      because: [OF_RIDE, IS_A, 'the binding lets only B call'],
    },
    {
      when: 'B dials X and only B may',
      call: { caller: B },
      found: dialled(X, { callDirection: 2 }),
      expected: { kind: 'connect', callee: A },
      because: [OF_RIDE, IS_B, 'the binding lets only B call', TO_A],
    },
    {
      when: 'A dials the X that is bound to A',
      call: { caller: A },
      found: dialled(X, { b: undefined, y: undefined }),
      expected: { kind: 'refuse', stateCode: 8032, announcement: undefined, subscriptionId: 'sub-1' },
      because: [OF_RIDE, OWN],
    },
    {
      when: 'A dials the X that is bound to A, and the table names B as well',
      call: { caller: A },
      found: dialled(X, {}),
      expected: { kind: 'refuse', stateCode: 8032 },
      because: [OF_RIDE, OWN],
    },
    {
      when: 'B dials the Y that is bound to B',
      call: { caller: B },
      found: dialled(Y, {}),
      expected: { kind: 'refuse', stateCode: 8032 },
      because: [OF_RIDE, OWN],
    },
    {
      when: 'the caller dialled his own number, whichever direction is allowed',
      call: { caller: A },
      found: dialled(X, { b: undefined, y: undefined, callDirection: 2 }),
      expected: { kind: 'refuse', stateCode: 8032 },
      because: [OF_RIDE, OWN],
    },
    {
      when: 'there is no relation',
      call: { caller: STRANGER },
      found: dialled(X),
      expected: refusedAsStranger,
      without: ['subscriptionId'],
      because: [OF_RIDE, noRelation('+86137****0003')],
    },
    {
      when: 'a table gives the relation of others',
      call: { caller: STRANGER },
      found: dialled(X, {}),
      expected: refusedAsStranger,
      because: [OF_RIDE, noRelation('+86137****0003')],
    },
    {
      when: 'the caller withholds the number',
      call: { caller: '' },
      found: dialled(X),
      expected: refusedAsStranger,
      because: [OF_RIDE, 'the caller withheld the number'],
    },
    {
      when: 'the relation, or both its parts, expires at this very millisecond',
      call: { caller: B },
      found: dialled(X, { expiresAt: NOW }),
      expected: refusedAsStranger,
      without: ['subscriptionId'],
      because: [OF_RIDE, noRelation('+86139****0002'), `the binding expired at ${AT_NOON}`],
    },
    {
      when: 'the relation lives for one more millisecond',
      call: { caller: B },
      found: dialled(X, { expiresAt: NOW + 1 }),
      expected: { kind: 'connect', callee: A },
      because: [OF_RIDE, IS_B, BOTH, TO_A],
    },
    {
      when: "the caller's own number has expired",
      call: { caller: A },
      found: dialled(X, { b: undefined, y: undefined, expiresAt: NOW }),
      expected: refusedAsStranger,
      because: [OF_RIDE, noRelation('+86138****0001'), `the binding expired at ${AT_NOON}`],
    },
    {
      when: 'the binding asks for recording, which the application has',
      call: { caller: A },
      found: dialled(Y, { recordFlag: true, recordHintTone: 'hint.wav' }),
      expected: { kind: 'connect', record: true, recordHintTone: 'hint.wav' },
      because: [OF_RIDE, IS_A, BOTH, TO_B],
    },
    {
      when: 'the binding asks for recording, which the application has not',
      call: { caller: A },
      found: dialled(Y, { recordFlag: true, recordHintTone: 'hint.wav' }, { recording: false }),
      expected: { kind: 'connect', record: false, recordHintTone: undefined },
      because: [OF_RIDE, IS_A, BOTH, TO_B, 'recording is asked for, but application ride has none'],
    },
  ]);
});
