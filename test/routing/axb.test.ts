import { describe } from 'vitest';
import { A, app, axb, B, decides, found, NOW, OF_RIDE, STRANGER, X } from './facts.ts';

const IS_A = 'the caller is A of binding sub-1';
const IS_B = 'the caller is B of binding sub-1';
const BOTH = 'the binding lets both sides call';
const TO_A = 'the call goes to +86138****0001, who sees the X';
const TO_B = 'the call goes to +86139****0002, who sees the X';
const noBindingFor = (masked: string): string => `no binding on this X has ${masked} as a party`;
const refusedAsStranger = { kind: 'refuse', stateCode: 8014, announcement: 'no-binding' } as const;

describe('AXB', () => {
  decides([
    {
      when: 'A dials X',
      call: { caller: A },
      found: found(),
      expected: { kind: 'connect', callee: B, shown: X, subscriptionId: 'sub-1' },
      without: ['line', 'remember', 'temporaryCallee', 'extension'],
      because: [OF_RIDE, IS_A, BOTH, TO_B],
    },
    {
      when: 'B dials X',
      call: { caller: B },
      found: found(),
      expected: { kind: 'connect', callee: A, shown: X },
      because: [OF_RIDE, IS_B, BOTH, TO_A],
    },
    {
      when: 'A dials X and only A may',
      call: { caller: A },
      found: found({ relation: axb({ callDirection: 1 }) }),
      expected: { kind: 'connect', callee: B },
      because: [OF_RIDE, IS_A, 'the binding lets only A call', TO_B],
    },
    {
      when: 'B dials X and only A may',
      call: { caller: B },
      found: found({ relation: axb({ callDirection: 1, userData: 'order' }) }),
      expected: {
        kind: 'refuse',
        stateCode: 8016,
        announcement: undefined,
        subscriptionId: 'sub-1',
        userData: 'order',
      },
      because: [OF_RIDE, IS_B, 'the binding lets only A call'],
    },
    {
      when: 'A dials X and only B may',
      call: { caller: A },
      found: found({ relation: axb({ callDirection: 2 }) }),
      expected: { kind: 'refuse', stateCode: 8016 },
      because: [OF_RIDE, IS_A, 'the binding lets only B call'],
    },
    {
      when: 'B dials X and only B may',
      call: { caller: B },
      found: found({ relation: axb({ callDirection: 2 }) }),
      expected: { kind: 'connect', callee: A },
      because: [OF_RIDE, IS_B, 'the binding lets only B call', TO_A],
    },
    {
      when: 'a stranger dials X',
      call: { caller: STRANGER },
      found: found({ relation: undefined }),
      expected: refusedAsStranger,
      without: ['subscriptionId'],
      because: [OF_RIDE, noBindingFor('+86137****0003')],
    },
    {
      when: 'a table gives a binding in which the caller is no party',
      call: { caller: STRANGER },
      found: found(),
      expected: refusedAsStranger,
      because: [OF_RIDE, noBindingFor('+86137****0003')],
    },
    {
      when: 'the caller withholds the number',
      call: { caller: '' },
      found: found({ relation: undefined }),
      expected: refusedAsStranger,
      because: [OF_RIDE, 'the caller withheld the number'],
    },
    {
      when: 'the binding expires at this very millisecond',
      call: { caller: A },
      found: found({ relation: axb({ expiresAt: NOW }) }),
      expected: refusedAsStranger,
      because: [OF_RIDE, noBindingFor('+86138****0001'), 'the binding expired at 2026-03-01T12:00:00.000Z'],
    },
    {
      when: 'the binding lives for one more millisecond',
      call: { caller: A },
      found: found({ relation: axb({ expiresAt: NOW + 1 }) }),
      expected: { kind: 'connect', callee: B },
      because: [OF_RIDE, IS_A, BOTH, TO_B],
    },
    {
      when: 'the binding asks for recording, tones and a limit',
      call: { caller: A },
      found: found({
        relation: axb({
          recordFlag: true,
          recordHintTone: 'hint.wav',
          maxDurationMinutes: 2,
          lastMinVoice: 'last.wav',
          callerHintTone: 'for-a.wav',
          calleeHintTone: 'for-b.wav',
          userData: 'order-77',
        }),
      }),
      expected: {
        kind: 'connect',
        ringback: 'for-a.wav',
        record: true,
        recordHintTone: 'hint.wav',
        maxDurationSeconds: 120,
        lastMinVoice: 'last.wav',
        userData: 'order-77',
      },
      because: [OF_RIDE, IS_A, BOTH, TO_B],
    },
    {
      when: 'B calls with a tone for B, no limit, and an application without recording',
      call: { caller: B },
      found: found({
        app: app({ recording: false }),
        relation: axb({
          recordFlag: true,
          recordHintTone: 'hint.wav',
          lastMinVoice: 'last.wav',
          calleeHintTone: 'for-b.wav',
        }),
      }),
      expected: {
        kind: 'connect',
        ringback: 'for-b.wav',
        record: false,
        recordHintTone: undefined,
        maxDurationSeconds: 0,
        lastMinVoice: undefined,
      },
      because: [OF_RIDE, IS_B, BOTH, TO_A, 'recording is asked for, but application ride has none'],
    },
  ]);
});
