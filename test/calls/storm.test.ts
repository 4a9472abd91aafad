import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OutgoingCall } from '../kit/OutgoingCall.ts';
import { Phone } from '../kit/Phone.ts';
import { BEN } from './axeBinding.ts';
import { CallsWithMedia } from './CallsWithMedia.ts';
import { A, B, type CallsUnderTest, STRANGER, X } from './callsUnderTest.ts';

let rig: CallsWithMedia;
let calls: CallsUnderTest;
let alice: Phone;
let bob: Phone;

beforeAll(async () => {
  rig = await CallsWithMedia.start({
    settings: { digitTimes: { firstMs: 100, nextMs: 100 } },
    sip: { timers: { t1Ms: 100, t4Ms: 200 } },
  });
  calls = rig.calls;
  await rig.uploadTone('tone.wav', 1200, 1);
});

afterAll(() => rig.stop());

beforeEach(async () => {
  alice = (await Phone.start({ name: 'alice' })).dialVia(calls.sipAddress);
  bob = (await Phone.start({ name: 'bob' })).dialVia(calls.sipAddress);
  calls.trunks.replace([calls.trunk('carrier', bob.port)]);
  calls.journal.messages.items.length = 0;
  calls.journal.closed.length = 0;
});

afterEach(async () => {
  await alice.close();
  await bob.close();
});

/** Pseudo-random numbers from 0 to 1, the same in every run. */
function draws(): () => number {
  let seed = 7;
  return () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };
}

const afterMs = (ms: number, act: () => void) => void setTimeout(act, ms);

/** Gives up before the answer, or hangs up after it. */
function leave(call: OutgoingCall): void {
  if (call.isOver) return;
  call.cancel();
  call.answered.then(() => call.hangUp()).catch(() => {});
}

/** Each call ended once, in order, with one record. */
function expectOneEndEach(count: number): void {
  expect(calls.journal.records).toHaveLength(count);
  expect(new Set(calls.journal.closed.map(({ sessionId }) => sessionId)).size).toBe(count);
  for (const { sessionId } of calls.journal.records) {
    const ofCall = calls.journal.messages.items.filter((each) => each.sessionId === sessionId);
    const types = ofCall.map(({ kind, body }) => (kind === 'record' ? 'record' : String(body.eventType)));
    expect(types.filter((type) => type === 'disconnect')).toHaveLength(1);
    expect(types.slice(-2)).toEqual(['disconnect', 'record']);
  }
}

/** Mode, how far the calls stand apart, how long a caller stays at most (milliseconds), and what serves them. */
const MODES: readonly [string, number, number, () => void][] = [
  [
    'AXE',
    0,
    2500,
    () =>
      calls.serve(
        'AXE',
        { collectRepeats: 1, announcements: { 'enter-extension': 'tone.wav', busy: 'tone.wav' } },
        (_caller, digits) => (digits?.startsWith('12') ? { ...BEN, extension: digits } : undefined),
      ),
  ],
  [
    'AX',
    70,
    400,
    () =>
      calls.serve('AX', { announcements: { busy: 'tone.wav' } }, () => ({
        mode: 'AX',
        subscriptionId: 'binding-1',
        a: B,
        callDirection: 0,
        showsCaller: false,
        recordFlag: true,
        recordHintTone: undefined,
        maxDurationMinutes: 1,
        lastMinVoice: undefined,
        callerHintTone: undefined,
        calleeHintTone: 'tone.wav',
        userData: undefined,
        temporaryCallee: undefined,
        lastCaller: undefined,
      })),
  ],
  [
    'X',
    0,
    1500,
    () => {
      calls.serve('X');
      const draw = draws();
      calls.customer = async () => {
        await delay(draw() * 40);
        return draw() < 0.8
          ? {
              kind: 'answer',
              body: { operation: 'connect', connectInfo: { calleeNum: B, waitVoice: 'tone.wav' } },
            }
          : { kind: 'failed', why: 'tired' };
      };
    },
  ],
];

describe.each(MODES)('thirty calls of mode %s that do as they like', (mode, apartMs, staysMs, serve) => {
  it('end once each and leave nothing', async () => {
    serve();
    const draw = draws();
    bob.onCall = (incoming) => {
      if (draw() < 0.7) incoming.ring();
      afterMs(draw() * 200, () => {
        if (draw() < 0.3) incoming.reject(draw() < 0.5 ? 486 : 480);
        else void incoming.answer().catch(() => {});
      });
    };
    const made: OutgoingCall[] = [];
    for (let index = 0; index < 30; index += 1) {
      if (apartMs > 0) await delay(apartMs);
      const call = await alice.call(X, { from: index % 5 === 0 ? A : STRANGER });
      made.push(call);
      const keys = draw() < 0.7 ? `12${10 + Math.floor(draw() * 40)}` : '99#1207';
      if (mode === 'AXE')
        afterMs(draw() * 300, () => void call.media?.press(keys, { holdMs: 40, gapMs: 20 }));
      afterMs(draw() * staysMs, () => leave(call));
      if (draw() < 0.1)
        afterMs(draw() * 500, () => calls.calls.stop(calls.journal.messages.items.at(-1)?.sessionId ?? ''));
    }
    await Promise.all(made.map((call) => call.end()));
    await calls.journal.messages.when(() => calls.journal.records.length === made.length);
    await rig.expectNothingLeft();
    expectOneEndEach(made.length);
    expect(calls.logged.filter(({ level }) => level === 'error')).toEqual([]);
    console.log(
      mode,
      calls.journal.closed
        .map((c) => c.stateCode)
        .sort()
        .join(' '),
    );
  }, 60_000);
});
