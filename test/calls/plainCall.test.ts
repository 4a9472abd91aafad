import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { IncomingCall } from '../kit/IncomingCall.ts';
import type { OutgoingCall } from '../kit/OutgoingCall.ts';
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
  const server = calls.sipAddress;
  alice = (await Phone.start({ name: 'alice', sound: false })).dialVia(server);
  bob = (await Phone.start({ name: 'bob', sound: false })).dialVia(server);
  calls.trunks.replace([calls.trunk('carrier', bob.port)]);
  calls.journal.messages.items.length = 0;
  calls.bind({ userData: 'order-77' });
});

afterEach(async () => {
  await alice.close();
  await bob.close();
  expect(calls.calls.activeCalls).toBe(0);
});

interface Talk {
  readonly call: OutgoingCall;
  readonly incoming: IncomingCall;
}

async function talk(): Promise<Talk> {
  const call = await alice.call(X, { from: A });
  const incoming = await bob.nextCall();
  incoming.ring();
  await call.progress.next();
  await incoming.answer();
  await call.answered;
  await calls.journal.messages.when(({ body }) => body.eventType === 'answer');
  return { call, incoming };
}

async function hangUp({ call, incoming }: Talk): Promise<void> {
  expect(await call.hangUp()).toBe(200);
  expect((await incoming.end()).how).toBe('other-hung-up');
}

describe('a call from A to X', () => {
  it('rings B, who sees X', async () => {
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    expect(incoming.shownNumber).toBe(X);
    expect(incoming.wantedNumber).toBe(B);
    expect(incoming.invite.headers.get('p-asserted-identity')).toContain(`sip:${X}@127.0.0.1`);
    expect(incoming.invite.headers.get('contact')).toContain(`sip:${X}@127.0.0.1`);
    incoming.ring();
    expect((await call.progress.next()).status).toBe(180);
    await incoming.answer();
    await call.answered;
    await hangUp({ call, incoming });
  });

  it('tells the customer what happened, and the record agrees', async () => {
    const both = await talk();
    await both.incoming.hangUp();
    expect(await both.call.end()).toMatchObject({ how: 'other-hung-up', reason: 'Q.850;cause=16' });
    const { events, stateCode, record } = await calls.journal.call();
    expect(events).toEqual(['callin', 'callout', 'alerting', 'answer', 'disconnect']);
    expect(stateCode).toBe(0);
    expect(record).toMatchObject({
      callerNum: A,
      calleeNum: X,
      bindNum: X,
      fwdDisplayNum: X,
      fwdDstNum: B,
      ulFailReason: 0,
      fwdUnaswRsn: 0,
      sipStatusCode: 0,
      userData: 'order-77',
      subscriptionId: 'binding-1',
      areaCode: '0571',
      failTime: '',
    });
    expect(calls.journal.closed.at(-1)?.releasedBy).toBe('callee');
  });

  it('passes early media', async () => {
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    incoming.ring(183);
    const early = await call.progress.next();
    expect(early.status).toBe(183);
    expect(early.body).toContain('m=audio 9 RTP/AVP 8 101');
    await incoming.answer();
    const answer = await call.answered;
    expect(answer.body.replace(/^o=.*\r\n/m, '')).toBe(early.body.replace(/^o=.*\r\n/m, ''));
    await hangUp({ call, incoming });
  });

  it('waits with the answer until the call is durable', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    calls.journal.away = promise;
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    incoming.ring();
    await call.progress.next();
    await incoming.answer();
    expect(calls.journal.messages.items.map(({ body }) => body.eventType)).toEqual([
      'callin',
      'callout',
      'alerting',
    ]);
    calls.journal.away = undefined;
    resolve();
    await call.answered;
    await hangUp({ call, incoming });
  });

  it('that never becomes durable is given up when it is answered', async () => {
    calls.journal.away = new Promise(() => {});
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    await incoming.answer();
    expect(await call.end()).toMatchObject({ status: 500, reason: 'Q.850;cause=41' });
    expect((await incoming.end()).how).toBe('other-hung-up');
    calls.journal.away = undefined;
    expect((await calls.journal.call()).stateCode).toBe(8020);
  });
});

describe('inside the call', () => {
  it('holding goes through, and so does taking back', async () => {
    const both = await talk();
    expect((await both.call.reinvite('sendonly')).status).toBe(200);
    expect(both.incoming.remoteDirection).toBe('sendonly');
    expect((await both.call.reinvite('sendrecv')).status).toBe(200);
    expect(both.incoming.remoteDirection).toBe('sendrecv');
    expect((await both.incoming.reinvite('sendonly')).body).toContain('a=recvonly');
    expect(both.call.remoteDirection).toBe('sendonly');
    await hangUp(both);
  });

  it('an offer that the other side refuses is refused with the same status, and the call goes on', async () => {
    const both = await talk();
    both.incoming.reinviteStatus = 488;
    expect((await both.call.reinvite('sendonly')).status).toBe(488);
    both.incoming.reinviteStatus = 302;
    expect((await both.call.reinvite('sendonly')).status).toBe(488);
    both.incoming.reinviteStatus = 491;
    expect((await both.call.reinvite('sendonly')).status).toBe(491);
    expect((await both.call.reinvite('sendonly')).status).toBe(200);
    await hangUp(both);
  });

  it('a refusal with a status that nobody knows is passed on as its class, and the call goes on', async () => {
    const both = await talk();
    both.incoming.reinviteStatus = 499;
    expect((await both.call.reinvite('sendonly')).status).toBe(400);
    both.incoming.reinviteStatus = 699;
    expect((await both.call.reinvite('sendonly')).status).toBe(600);
    both.incoming.infoStatus = 555;
    const relay = { 'Content-Type': 'application/dtmf-relay' };
    expect((await both.call.request('INFO', relay, 'Signal=5\r\nDuration=160\r\n')).status).toBe(500);
    expect((await both.call.reinvite('sendrecv')).status).toBe(200);
    await hangUp(both);
  });

  it('offers of both sides at once are glare: none hangs, and the call goes on', async () => {
    const both = await talk();
    const answers = await Promise.all([both.call.reinvite('sendonly'), both.incoming.reinvite('sendonly')]);
    for (const { status } of answers) expect([200, 491, 500]).toContain(status);
    expect((await both.call.reinvite('sendrecv')).status).toBe(200);
    await hangUp(both);
  });

  it('UPDATE with an offer becomes one for the other side; without, it refreshes the session', async () => {
    const both = await talk();
    const held = both.call.sdp('sendonly');
    const changed = await both.call.request('UPDATE', { 'Content-Type': 'application/sdp' }, held);
    expect(changed.status).toBe(200);
    expect(both.incoming.remoteDirection).toBe('sendonly');
    const refreshed = await both.call.request('UPDATE', {
      'Session-Expires': '1800;refresher=uac',
      Supported: 'timer',
    });
    expect(refreshed.status).toBe(200);
    expect(refreshed.headers.get('session-expires')).toBe('1800;refresher=uac');
    await hangUp(both);
  });

  it('key presses by INFO go through and nothing else does', async () => {
    const both = await talk();
    const relay = { 'Content-Type': 'application/dtmf-relay', 'X-Number': A };
    expect((await both.call.request('INFO', relay, 'Signal=5\r\nDuration=250\r\nX=1\r\n')).status).toBe(200);
    const info = await both.incoming.requests.when(({ method }) => method === 'INFO');
    expect(info.body).toBe('Signal=5\r\nDuration=250\r\n');
    expect(info.headers.get('x-number')).toBeUndefined();
    expect((await both.call.request('INFO', { 'Content-Type': 'text/plain' }, A)).status).toBe(415);
    await hangUp(both);
  });

  it.each(['REFER', 'MESSAGE', 'NOTIFY', 'SUBSCRIBE'])('%s is refused, not swallowed', async (method) => {
    const both = await talk();
    const response = await both.call.request(method, { 'Refer-To': '<sip:x@y>', Event: 'refer' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toContain('INVITE');
    await hangUp(both);
  });
});

describe('trunks', () => {
  it('that ask who calls get the credentials', async () => {
    const account = { username: 'ax', password: 'secret', realm: 'carrier' };
    const carrier = await Phone.start({ name: 'carrier', sound: false, account });
    calls.trunks.replace([calls.trunk('carrier', carrier.port, { username: 'ax', password: 'secret' })]);
    const call = await alice.call(X, { from: A });
    const incoming = await carrier.nextCall();
    await incoming.answer();
    await call.answered;
    await hangUp({ call, incoming });
    await carrier.close();
  });

  it('over TCP work alike', async () => {
    const carrier = await Phone.start({ name: 'carrier', sound: false, transport: 'tcp' });
    calls.trunks.replace([calls.trunk('carrier', carrier.port, { transport: 'tcp' })]);
    const call = await alice.call(X, { from: A });
    const incoming = await carrier.nextCall();
    await incoming.answer();
    await call.answered;
    await hangUp({ call, incoming });
    await carrier.close();
  });

  it('are answered when they ask with OPTIONS', async () => {
    const status = await calls.frontEnd.options(`sip:127.0.0.1:${bob.port}`);
    expect(status).toBe(200);
    bob.optionsStatus = 503;
    expect(await calls.frontEnd.options(`sip:127.0.0.1:${bob.port}`)).toBe(503);
  });
});
