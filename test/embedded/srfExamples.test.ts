import { once } from 'node:events';
import type Srf from 'drachtio-srf';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { challenge, type DigestAccount, isAuthorized } from '../kit/digest.ts';
import { Phone } from '../kit/Phone.ts';
import { ask, askBySrf, handle, newRequest, sdp } from './drachtio/serverKit.ts';
import { type ExampleServers, startExampleServers } from './exampleServers.ts';

/*
 * Programs as the documentation of drachtio-srf shows them, on the SIP server that the settings name, else on the
 * embedded one: what holds on one must hold on the other.
 */

const CALLER = '+8613900010001';
const NUMBER = '1234';

let servers: ExampleServers;
let srf: Srf;
let alice: Phone;
let bob: Phone;

beforeAll(async () => {
  servers = await startExampleServers();
});

beforeEach(async () => {
  srf = await servers.connectSrf();
  alice = (await Phone.start({ name: 'Alice', sound: false })).dialVia(servers.sip);
  bob = await Phone.start({ name: 'Bob', sound: false });
});

afterEach(async () => {
  srf.disconnect();
  await Promise.all([alice.close(), bob.close()]);
});

afterAll(() => servers?.stop());

function bobUri(): string {
  return `sip:${NUMBER}@${bob.host}:${bob.port}`;
}

function fromAlice() {
  return alice.call(NUMBER, { from: CALLER });
}

describe('the back-to-back user agent of the README', () => {
  /** Resolves when the program listens for the end of the call that it has just connected. */
  let connected = Promise.withResolvers<void>();

  beforeEach(() => {
    srf.invite(async (req, res) => {
      try {
        const { uas, uac } = await srf.createB2BUA(req, res, bobUri(), { localSdpB: req.body });
        uas.on('destroy', () => void uac.destroy());
        uac.on('destroy', () => void uas.destroy());
        connected.resolve();
      } catch {
        // The caller has been told: a failure of the called side is passed on.
      }
    });
  });

  it('rings, connects, and ends the other side, whichever hangs up', async () => {
    for (const ends of ['caller', 'callee']) {
      connected = Promise.withResolvers();
      const atAlice = await fromAlice();
      const atBob = await bob.nextCall();
      expect(atBob.shownNumber).toBe(CALLER);
      expect(atBob.wantedNumber).toBe(NUMBER);
      expect(atBob.invite.body).toBe(atAlice.invite.body);
      atBob.ring();
      await atAlice.progress.when(({ status }) => status === 180);
      const [, answer] = await Promise.all([atBob.answer(), atAlice.answered]);
      expect(answer.body).toContain(`m=audio`);
      // The program of the README hears nothing of a BYE that comes in one piece with the ACK.
      await connected.promise;
      const [one, other] = ends === 'caller' ? [atAlice, atBob] : [atBob, atAlice];
      expect(await one.hangUp()).toBe(200);
      expect(await other.end()).toMatchObject({ how: 'other-hung-up' });
    }
  });

  it('passes a refusal on', async () => {
    const atAlice = await fromAlice();
    (await bob.nextCall()).reject(486);
    expect(await atAlice.end()).toMatchObject({ how: 'refused', status: 486 });
  });

  it('passes a cancel on', async () => {
    const atAlice = await fromAlice();
    const atBob = await bob.nextCall();
    atBob.ring();
    await atAlice.progress.next();
    atAlice.cancel();
    expect(await atBob.end()).toMatchObject({ how: 'cancelled' });
    expect(await atAlice.end()).toMatchObject({ how: 'cancelled', status: 487 });
  });
});

describe('a user agent server', () => {
  it('answers a call and hears the caller hang up', async () => {
    const answered = new Promise<Srf.Dialog>((resolve, reject) => {
      srf.invite((req, res) => {
        srf.createUAS(req, res, { localSdp: req.body, headers: { 'X-Who': 'uas' } }).then(resolve, reject);
      });
    });
    const atAlice = await fromAlice();
    const answer = await atAlice.answered;
    expect(answer.headers.get('x-who')).toBe('uas');
    const uas = await answered;
    const destroyed = once(uas, 'destroy');
    expect(await atAlice.hangUp()).toBe(200);
    await destroyed;
  });

  it('refuses a call with a header of its own', async () => {
    srf.invite((_req, res) => {
      res.send(480, { headers: { Reason: 'Q.850;cause=20' } } as never);
    });
    const atAlice = await fromAlice();
    expect(await atAlice.end()).toMatchObject({ how: 'refused', status: 480, reason: 'Q.850;cause=20' });
  });

  it('hears of a caller who gives up, and its answer to that is not sent any more', async () => {
    const cancelled = new Promise<void>((resolve) => {
      srf.invite((req, res) => {
        req.on('cancel', () => resolve());
        res.send(180);
      });
    });
    const atAlice = await fromAlice();
    await atAlice.progress.next();
    atAlice.cancel();
    await cancelled;
    expect(await atAlice.end()).toMatchObject({ how: 'cancelled', status: 487 });
  });

  it.each(['OPTIONS', 'MESSAGE', 'REGISTER', 'INFO'])('answers %s outside of calls', async (method) => {
    handle(srf, method, (req, res) => {
      res.send(200, { headers: { 'X-Seen': req.method } } as never);
    });
    const { host, port } = servers.sip;
    const response = await ask(alice.stack, newRequest(alice.stack, method, `sip:${host}:${port}`));
    expect(response.status).toBe(200);
    expect(response.headers.get('x-seen')).toBe(method);
  });
});

describe('a user agent client', () => {
  it('is told of ringing, answers a refresh of the session, and hangs up', async () => {
    const heard: number[] = [];
    const calling = srf.createUAC(
      bobUri(),
      { localSdp: sdp() },
      { cbProvisional: (res) => void heard.push(res.status) },
    );
    const atBob = await bob.nextCall();
    atBob.ring();
    await expect.poll(() => heard).toContain(180);
    const [uac] = await Promise.all([calling, atBob.answer()]);
    expect(uac.remote.sdp).toContain('m=audio');
    uac.on('modify', (_req: Srf.SrfRequest, res: Srf.SrfResponse) => {
      res.send(200, { body: uac.local.sdp } as never);
    });
    expect((await atBob.reinvite('sendrecv')).status).toBe(200);
    expect(await uac.modify(uac.local.sdp)).toContain('m=audio');
    await uac.destroy();
    expect(await atBob.end()).toMatchObject({ how: 'other-hung-up' });
  });

  it('fails with the status of the refusal', async () => {
    const calling = srf.createUAC(bobUri(), { localSdp: sdp() });
    (await bob.nextCall()).reject(404);
    await expect(calling).rejects.toMatchObject({ status: 404 });
  });

  it('gives its password where it is asked for it', async () => {
    const account: DigestAccount = {
      realm: 'carrier.example',
      username: 'axbridge',
      password: 'only-for-tests',
    };
    const carrier = await Phone.start({ name: 'Carrier', sound: false, account });
    try {
      const auth = { username: account.username, password: account.password };
      const uri = `sip:${NUMBER}@${carrier.host}:${carrier.port}`;
      const calling = srf.createUAC(uri, { localSdp: sdp(), auth });
      const [uac] = await Promise.all([calling, carrier.nextCall().then((call) => call.answer())]);
      await uac.destroy();
    } finally {
      await carrier.close();
    }
  });

  it('pings with OPTIONS', async () => {
    const ping = { method: 'OPTIONS', headers: { Subject: 'OPTIONS Ping' } };
    expect((await askBySrf(srf, bobUri(), { ...ping })).status).toBe(200);
    bob.optionsStatus = 503;
    expect((await askBySrf(srf, bobUri(), { ...ping })).status).toBe(503);
  });

  it('registers with a password', async () => {
    const account: DigestAccount = {
      realm: 'registrar.example',
      username: 'axbridge',
      password: 'only-for-tests',
    };
    const contacts: (string | undefined)[] = [];
    bob.stack.onRequest((request, transaction) => {
      if (!isAuthorized(account, 'nonce1', 'REGISTER', request.headers.get('authorization'))) {
        transaction.reply(401, { headers: { 'WWW-Authenticate': challenge(account, 'nonce1') } });
        return;
      }
      contacts.push(request.headers.get('contact'));
      transaction.reply(200, { headers: { Contact: request.headers.get('contact') ?? '', Expires: '3600' } });
    });
    // drachtio-srf writes into the headers that it is given: each request gets its own.
    const register = (password: string) =>
      askBySrf(srf, `sip:${bob.host}:${bob.port}`, {
        method: 'REGISTER',
        headers: { Contact: '<sip:axbridge@127.0.0.1>', Expires: '3600' },
        auth: { username: account.username, password },
      });
    const response = await register(account.password);
    expect(response.status).toBe(200);
    expect(response.get('Expires')).toBe('3600');
    expect(contacts).toHaveLength(1);
    expect((await register('another')).status).toBe(401);
  });
});
