import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Phone } from '../kit/Phone.ts';
import { A, CallsUnderTest, X } from './callsUnderTest.ts';
import { OfferlessCaller, sdpOfPhone } from './OfferlessCaller.ts';

/** A SIP server with the timers of RFC 3261 waits 32 s for an ACK. */
const ACK_TIMEOUT_MS = 45_000;

let calls: CallsUnderTest;
let caller: OfferlessCaller;
let bob: Phone;

beforeAll(async () => {
  calls = await CallsUnderTest.start({ sip: { timers: { t1Ms: 50, t4Ms: 100 } } });
});

afterAll(() => calls.stop());

beforeEach(async () => {
  caller = new OfferlessCaller(calls.sipAddress);
  await caller.start();
  bob = await Phone.start({ name: 'bob', sound: false });
  calls.trunks.replace([calls.trunk('carrier', bob.port)]);
  calls.journal.messages.items.length = 0;
  calls.bind();
});

afterEach(async () => {
  await caller.close();
  await bob.close();
  expect(calls.calls.activeCalls).toBe(0);
});

describe('an INVITE without an offer', () => {
  it("gets the callee's, and the answer in the ACK goes back to him", async () => {
    const called = caller.call(X, A, sdpOfPhone(40_000));
    const incoming = await bob.nextCall();
    expect(incoming.invite.body).toBe('');
    incoming.ring();
    await incoming.answer();
    const { response, request } = await called;
    expect(response.body).toContain('m=audio 9 RTP/AVP 8 101');
    const ack = bob.packets.findLast(({ direction, bytes }) => direction === 'in' && bytes.startsWith('ACK'));
    expect(ack?.bytes).toContain('m=audio 40000 RTP/AVP 8');
    await calls.journal.messages.when(({ body }) => body.eventType === 'answer');
    await request('BYE');
    expect((await incoming.end()).how).toBe('other-hung-up');
    expect((await calls.journal.call()).stateCode).toBe(0);
  });

  it('and without an ACK is given up by the stack; the callee, who waits for his, is released', async () => {
    const called = caller.call(X, A, undefined);
    const incoming = await bob.nextCall();
    const acknowledged = incoming.answer().catch(() => {});
    await called;
    expect((await calls.journal.call(1, ACK_TIMEOUT_MS)).stateCode).toBe(7505);
    await incoming.end();
    await acknowledged;
    expect(calls.journal.records).toHaveLength(1);
  }, 60_000);

  it('and with an ACK that holds no answer is ended', async () => {
    const called = caller.call(X, A, '');
    const incoming = await bob.nextCall();
    const acknowledged = incoming.answer().catch(() => {});
    await called;
    expect((await calls.journal.call()).stateCode).toBe(7506);
    await incoming.end();
    await acknowledged;
  });
});
