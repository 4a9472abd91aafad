import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Phone } from '../kit/Phone.ts';
import { A, B, CallsUnderTest, X } from './callsUnderTest.ts';

let calls: CallsUnderTest;
let alice: Phone;
let bob: Phone;

beforeAll(async () => {
  calls = await CallsUnderTest.start();
});

afterAll(() => calls.stop());

beforeEach(async () => {
  const server = { host: '127.0.0.1', port: calls.sip?.sipPort ?? 0 };
  alice = (await Phone.start({ name: 'alice', sound: false })).dialVia(server);
  bob = (await Phone.start({ name: 'bob', sound: false })).dialVia(server);
  calls.trunks.replace([calls.trunk('carrier', bob.port)]);
  calls.journal.messages.items.length = 0;
  calls.bind({ userData: 'order-77' });
});

afterEach(async () => {
  await alice.close();
  await bob.close();
});

describe('a call from A to X', () => {
  it('rings B with X shown and ends when either hangs up', async () => {
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    expect(incoming.shownNumber).toBe(X);
    expect(incoming.wantedNumber).toBe(B);
    incoming.ring();
    expect((await call.progress.next()).status).toBe(180);
    await incoming.answer();
    expect((await call.answered).status).toBe(200);
    await incoming.hangUp();
    expect((await call.end()).how).toBe('other-hung-up');
    const { events, stateCode, record } = await calls.journal.call();
    expect(events).toEqual(['callin', 'callout', 'alerting', 'answer', 'disconnect']);
    expect(stateCode).toBe(0);
    expect(record).toMatchObject({
      callerNum: A,
      calleeNum: X,
      fwdDisplayNum: X,
      fwdDstNum: B,
      ulFailReason: 0,
    });
  });
});
