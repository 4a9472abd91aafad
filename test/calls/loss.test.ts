import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Phone } from '../kit/Phone.ts';
import { A, CallsUnderTest, X } from './callsUnderTest.ts';

const CALLS = 20;
/** Short timers make the same number of repetitions in less time. */
const timers = { t1Ms: 60, t2Ms: 480, t4Ms: 600, timerDMs: 4000 };

let calls: CallsUnderTest;
let alice: Phone;
let bob: Phone;

beforeAll(async () => {
  calls = await CallsUnderTest.start({ sip: { packetLoss: 0.3, timers } });
  alice = (await Phone.start({ name: 'alice', sound: false, timers })).dialVia(calls.sipAddress);
  bob = await Phone.start({ name: 'bob', sound: false, timers });
  calls.trunks.replace([calls.trunk('carrier', bob.port)]);
  calls.bind();
});

afterAll(async () => {
  await alice.close();
  await bob.close();
  await calls.stop();
});

describe('with three of ten packets lost in each direction', () => {
  it('calls are set up and end, each once, and nothing is left', async () => {
    bob.onCall = (incoming) => {
      incoming.ring();
      // An ACK that is lost for good is the stack's to give up on.
      incoming.answer().catch(() => {});
    };
    const made = await Promise.all(Array.from({ length: CALLS }, () => alice.call(X, { from: A })));
    const answered = await Promise.allSettled(made.map((call) => call.answered));
    const talking = made.filter((_call, index) => answered[index]?.status === 'fulfilled');
    expect(talking.length).toBeGreaterThanOrEqual(CALLS - 2);
    await Promise.allSettled(talking.map((call) => call.hangUp()));
    await expect.poll(() => calls.calls.activeCalls, { timeout: 30_000 }).toBe(0);
    await calls.calls.settled();
    expect(new Set(calls.journal.records.map(({ sessionId }) => sessionId)).size).toBe(
      calls.journal.records.length,
    );
    expect(calls.journal.records.length).toBeGreaterThanOrEqual(talking.length);
    expect(calls.trunks.callsOn('carrier')).toBe(0);
    const { sip } = calls;
    if (!sip) return;
    await expect
      .poll(() => sip.stats(), { timeout: 30_000, interval: 200 })
      .toMatchObject({ dialogs: 0, inviteServerTransactions: 0, pendingInvites: 0, otherTransactions: 0 });
  }, 90_000);
});
