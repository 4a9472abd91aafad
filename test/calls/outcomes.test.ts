import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Phone } from '../kit/Phone.ts';
import { A, B, CallsUnderTest, STRANGER, X } from './callsUnderTest.ts';

let calls: CallsUnderTest;
let alice: Phone;
let bob: Phone;

beforeAll(async () => {
  calls = await CallsUnderTest.start({ settings: { ringSeconds: 1 } });
});

afterAll(() => calls.stop());

beforeEach(async () => {
  const server = calls.sipAddress;
  alice = (await Phone.start({ name: 'alice', sound: false })).dialVia(server);
  bob = (await Phone.start({ name: 'bob', sound: false })).dialVia(server);
  calls.trunks.replace([calls.trunk('carrier', bob.port)]);
  calls.journal.messages.items.length = 0;
  calls.outcomes.length = 0;
  calls.bind();
});

afterEach(async () => {
  await alice.close();
  await bob.close();
  expect(calls.calls.activeCalls).toBe(0);
  expect(calls.trunks.callsOn('carrier')).toBe(0);
});

const forwarded = ['callin', 'callout', 'disconnect'];
const rung = ['callin', 'callout', 'alerting', 'disconnect'];

describe('a callee who is not reached', () => {
  it.each([
    // status, rings before, Reason header, stateCode, status for the caller, Q.850
    [486, true, undefined, 8102, 486, 17],
    [600, true, undefined, 8102, 486, 17],
    [603, true, undefined, 7503, 603, 21],
    [403, false, undefined, 7504, 403, 21],
    [488, false, undefined, 7504, 488, 65],
    [480, true, undefined, 8101, 480, 19],
    [408, true, undefined, 8101, 480, 19],
    [480, false, undefined, 8103, 480, 20],
    [480, false, 'Q.850;cause=20;text="absent"', 8103, 480, 20],
    [480, true, 'Q.850;cause=17', 8102, 486, 17],
    [480, false, 'Q.850;cause=27', 8105, 502, 27],
    [480, false, 'SIP;cause=404, Q.850;cause=1', 8100, 404, 1],
    [404, false, undefined, 8100, 404, 1],
    [410, false, undefined, 8100, 410, 22],
    [484, false, undefined, 8100, 484, 28],
    [604, false, undefined, 8100, 404, 1],
    [503, false, undefined, 8103, 480, 20],
    [500, false, undefined, 7506, 500, 41],
    [302, false, undefined, 7508, 404, 3],
  ])('with %i (rang: %s, Reason: %s) gives %i, and the caller %i with cause %i', async (...row) => {
    const [status, rings, reason, stateCode, callerStatus, q850] = row;
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    if (rings) {
      incoming.ring();
      await call.progress.next();
    }
    incoming.reject(status, reason === undefined ? {} : { Reason: reason });
    const end = await call.end();
    expect(end.status).toBe(callerStatus);
    expect(end.reason).toBe(`Q.850;cause=${q850}`);
    const heard = await calls.journal.call();
    expect(heard.events).toEqual(rings ? rung : forwarded);
    expect(heard.stateCode).toBe(stateCode);
    expect(heard.record).toMatchObject({
      ulFailReason: stateCode,
      sipStatusCode: status,
      fwdUnaswRsn: q850,
      fwdDstNum: B,
      callDuration: 0,
    });
    expect(calls.journal.records).toHaveLength(1);
  });

  it('who rings and rings is given up at the ring limit with 8035', async () => {
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    incoming.ring();
    const end = await call.end();
    expect(end).toMatchObject({ status: 408, reason: 'Q.850;cause=102' });
    expect(await incoming.end()).toMatchObject({ how: 'cancelled', reason: 'Q.850;cause=102' });
    expect(await calls.journal.call()).toMatchObject({ events: rung, stateCode: 8035 });
  });

  it('because every trunk is full gives 522', async () => {
    const { port } = bob;
    calls.trunks.replace([calls.trunk('carrier', port, { maxCalls: 1 })]);
    const full = await alice.call(X, { from: A });
    expect(await full.end()).toMatchObject({ status: 503, reason: 'Q.850;cause=47' });
    expect(await calls.journal.call()).toMatchObject({ events: forwarded, stateCode: 522 });
  });
});

describe('a caller who gives up', () => {
  it('before the callee rings gives 7501', async () => {
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    call.cancel();
    expect((await call.end()).how).toBe('cancelled');
    incoming.ring();
    expect(await incoming.end()).toMatchObject({ how: 'cancelled', reason: 'Q.850;cause=16' });
    expect(await calls.journal.call()).toMatchObject({ events: forwarded, stateCode: 7501 });
  });

  it('after the callee rings gives 7502', async () => {
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    incoming.ring();
    await call.progress.next();
    call.cancel();
    expect((await incoming.end()).how).toBe('cancelled');
    expect((await call.end()).how).toBe('cancelled');
    expect(await calls.journal.call()).toMatchObject({ events: rung, stateCode: 7502 });
  });
});

describe('a call that routing refuses', () => {
  it.each([
    ['a stranger', () => calls.unbind(), STRANGER, 8014, 403, 21],
    ['a call against the direction', () => calls.bind({ callDirection: 2 }), A, 8016, 403, 21],
    ['an X that nobody has', () => calls.table.clear(), A, 8018, 404, 1],
    ['a suspended X', () => calls.bind({}, {}, { state: 'suspended' }), A, 8055, 403, 21],
    ['a frozen application', () => calls.bind({}, { state: 'frozen' }), A, 7108, 403, 21],
    ['a fixed line', () => calls.bind(), '057188880000', 8023, 403, 21],
  ])('for %s leaves callin and disconnect', async (_who, prepare, from, stateCode, status, q850) => {
    prepare();
    const call = await alice.call(X, { from });
    expect(await call.end()).toMatchObject({ status, reason: `Q.850;cause=${q850}` });
    const heard = await calls.journal.call();
    expect(heard.events).toEqual(['callin', 'disconnect']);
    expect(heard.stateCode).toBe(stateCode);
    expect(bob.calls.items).toEqual([]);
  });
});

describe('what is no call', () => {
  it('is an INVITE from an address of no trunk: a bare 403, counted', async () => {
    calls.trunks.replace([calls.trunk('carrier', bob.port, { sources: ['192.0.2.0/24'] })]);
    const call = await alice.call(X, { from: A });
    expect(await call.end()).toMatchObject({ status: 403, reason: undefined });
    expect(calls.rejectedSources).toBe(1);
    expect(calls.journal.messages.items).toEqual([]);
  });

  it('is an INVITE while nothing can be made durable', async () => {
    calls.journal.available = false;
    const call = await alice.call(X, { from: A });
    expect(await call.end()).toMatchObject({ status: 503, reason: 'Q.850;cause=41', retryAfter: '5' });
    calls.journal.available = true;
    expect(calls.outcomes).toEqual(['journal-away']);
  });

  it('is an INVITE that requires what nobody here can', async () => {
    const call = await alice.call(X, { from: A, headers: { Require: 'timer, x-odd' } });
    expect((await call.end()).status).toBe(420);
  });

  it('is an INVITE beyond what the trunk may carry', async () => {
    calls.trunks.replace([
      calls.trunk('in', alice.port, { maxCalls: 1 }),
      calls.trunk('carrier', bob.port, { sources: [] }),
    ]);
    const first = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    const second = await alice.call(X, { from: A });
    expect(await second.end()).toMatchObject({ status: 503, retryAfter: '5' });
    incoming.reject(486);
    await first.end();
    await calls.journal.call();
  });
});

describe('failover', () => {
  it.each([408, 500, 503])('goes on to the next trunk after %i', async (status) => {
    const carol = await Phone.start({ name: 'carol', sound: false });
    calls.trunks.replace([
      calls.trunk('carrier', bob.port),
      calls.trunk('second', carol.port, { priority: 2 }),
    ]);
    const call = await alice.call(X, { from: A });
    (await bob.nextCall()).reject(status);
    const incoming = await carol.nextCall();
    incoming.reject(486);
    expect((await call.end()).status).toBe(486);
    const { events, stateCode } = await calls.journal.call();
    expect(events).toEqual(forwarded);
    expect(stateCode).toBe(8102);
    await carol.close();
  });

  it('does not ring a callee twice', async () => {
    const carol = await Phone.start({ name: 'carol', sound: false });
    calls.trunks.replace([
      calls.trunk('carrier', bob.port),
      calls.trunk('second', carol.port, { priority: 2 }),
    ]);
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    incoming.ring();
    await call.progress.next();
    incoming.reject(503);
    expect((await call.end()).status).toBe(503);
    expect(carol.calls.items).toEqual([]);
    await carol.close();
  });

  it('leaves out a silent trunk while another answers', async () => {
    const carol = await Phone.start({ name: 'carol', sound: false });
    calls.trunks.replace([
      calls.trunk('carrier', bob.port),
      calls.trunk('second', carol.port, { priority: 2 }),
    ]);
    calls.unhealthy.add('carrier');
    const call = await alice.call(X, { from: A });
    (await carol.nextCall()).reject(486);
    await call.end();
    expect(bob.calls.items).toEqual([]);
    calls.unhealthy.clear();
    await carol.close();
  });
});
