import { describe, expect, it } from 'vitest';
import { seededLoss } from '../../../embedded/drachtio/seededLoss.ts';
import { nextHopOf } from '../../../embedded/sip/index.ts';
import { lossyTimers } from '../sip/wireKit.ts';
import {
  answerAll,
  ask,
  call,
  connectSrf,
  expectDrained,
  leave,
  newRequest,
  sdp,
  startAnswering,
  startPhone,
  startServer,
  uriOf,
} from './serverKit.ts';

describe('when somebody goes silent, peers', () => {
  it('that never ACK the answer are hung up, and the application hears why', async () => {
    const { server, dialogs } = await startAnswering();
    const phone = await startPhone();
    const byes: string[] = [];
    phone.onRequest((request, transaction) => {
      byes.push(request.headers.get('reason') ?? '');
      transaction.reply(200);
    });
    const request = newRequest(phone, 'INVITE', uriOf(server, 'x'), {}, sdp());
    const { host, port } = server.stack.listeningPoint('udp');
    phone.invite(
      request,
      { transport: 'udp', host, port },
      { onFinal() {}, onTimeout() {}, onTransportError() {} },
    );
    await expect.poll(() => dialogs.length).toBe(1);
    const heard = new Promise((resolve) => {
      const dialog: NodeJS.EventEmitter | undefined = dialogs[0];
      dialog?.on('destroy', (_bye: unknown, why: string) => resolve(why));
    });
    expect(await heard).toBe('ACK timeout');
    await expect.poll(() => byes).toEqual(['SIP ;cause=200 ;text="ACK timeout"']);
    await expectDrained(server);
  });

  it('are refused with 422 for a session interval below 90 seconds, and else agree on it', async () => {
    const { server } = await startAnswering();
    const phone = await startPhone();
    const uri = uriOf(server, 'x');
    const short = await call(phone, newRequest(phone, 'INVITE', uri, { 'Session-Expires': '30' }, sdp()));
    expect(short.response.status).toBe(422);
    expect(short.response.headers.get('min-se')).toBe('90');
    const headers = { 'Session-Expires': '1800', Supported: 'timer' };
    const { response, dialog } = await call(phone, newRequest(phone, 'INVITE', uri, headers, sdp()));
    expect(response.headers.get('session-expires')).toBe('1800;refresher=uac');
    expect(response.headers.get('require')).toBe('timer');
    await ask(phone, dialog.request('BYE'), dialog.nextHop);
    await expectDrained(server);
  });

  it('get a re-INVITE with the same session from a side that has to refresh', async () => {
    const server = await startServer();
    const srf = await connectSrf(server);
    srf.invite((req, res) => {
      const headers = { 'Session-Expires': '1;refresher=uas' };
      void srf.createUAS(req, res, { localSdp: sdp(), headers });
    });
    const phone = await startPhone();
    const seen = answerAll(phone);
    const { dialog } = await call(phone, newRequest(phone, 'INVITE', uriOf(server, 'x'), {}, sdp()));
    await expect.poll(() => seen.acks, { timeout: 5_000 }).toBe(1);
    expect(seen.requests[0]?.headers.get('session-expires')).toBe('1;refresher=uac');
    expect(seen.requests[0]?.body).toBe(sdp());
    await ask(phone, dialog.request('BYE'), dialog.nextHop);
    await expectDrained(server);
  });

  it('that stop refreshing their session are hung up, and the application hears why', async () => {
    const server = await startServer();
    const srf = await connectSrf(server);
    const heard = new Promise((resolve, reject) => {
      srf.invite((req, res) => {
        const headers = { 'Session-Expires': '1;refresher=uac' };
        srf.createUAS(req, res, { localSdp: sdp(), headers }).then((dialog: NodeJS.EventEmitter) => {
          dialog.on('destroy', (_bye: unknown, why: string) => resolve(why));
        }, reject);
      });
    });
    const phone = await startPhone();
    const seen = answerAll(phone);
    await call(phone, newRequest(phone, 'INVITE', uriOf(server, 'x'), {}, sdp()));
    expect(await heard).toBe('Session timer expired');
    await expect.poll(() => seen.requests.map(({ method }) => method)).toEqual(['BYE']);
    await expectDrained(server);
  });

  it('are told when the application goes away, in the middle of a call or before the answer', async () => {
    const { server, srf, dialogs } = await startAnswering();
    const phone = await startPhone();
    const { dialog } = await call(phone, newRequest(phone, 'INVITE', uriOf(server, 'x'), {}, sdp()));
    await expect.poll(() => dialogs.length).toBe(1);
    const silent = await connectSrf(server);
    silent.invite(() => {});
    // The two applications take turns: one of the next two calls is held by the silent one.
    const results = [0, 1].map(() => call(phone, newRequest(phone, 'INVITE', uriOf(server, 'x'), {}, sdp())));
    await expect.poll(() => server.stats().unansweredRequests).toBe(1);
    leave(silent);
    const statuses = (await Promise.all(results)).map(({ response }) => response.status);
    expect(statuses.sort()).toEqual([200, 480]);
    leave(srf);
    await expect.poll(() => server.stats().clients).toBe(0);
    expect((await ask(phone, dialog.request('INFO'), dialog.nextHop)).status).toBe(481);
    expect((await ask(phone, dialog.request('BYE'), dialog.nextHop)).status).toBe(200);
    expect(server.stats().dialogs).toBe(1);
  });

  it('are hung up some time after their application has gone', async () => {
    const { server, srf } = await startAnswering({ patience: { orphanDialogSeconds: 0.2 } });
    const phone = await startPhone();
    const seen = answerAll(phone);
    await call(phone, newRequest(phone, 'INVITE', uriOf(server, 'x'), {}, sdp()));
    leave(srf);
    await expect.poll(() => seen.requests.map(({ method }) => method), { timeout: 5_000 }).toEqual(['BYE']);
    await expectDrained(server);
  });

  it('get 480 where the application never answers their call', async () => {
    const server = await startServer({ patience: { inviteAnswerSeconds: 0.3 } });
    const srf = await connectSrf(server);
    srf.invite(() => {});
    const phone = await startPhone();
    const { response } = await call(phone, newRequest(phone, 'INVITE', uriOf(server, 'x'), {}, sdp()));
    expect(response.status).toBe(480);
    await expectDrained(server);
  });

  it('that call before the first application is there are heard as soon as it is', async () => {
    const server = await startServer();
    const phone = await startPhone();
    const uri = uriOf(server, 'x');
    const calling = call(phone, newRequest(phone, 'INVITE', uri, {}, sdp()));
    await expect.poll(() => server.stats().inviteServerTransactions).toBe(1);
    const srf = await connectSrf(server);
    srf.invite((_req, res) => void res.send(486));
    expect((await calling).response.status).toBe(486);
    leave(srf);
    await expect.poll(() => server.stats().clients).toBe(0);
    expect((await call(phone, newRequest(phone, 'INVITE', uri, {}, sdp()))).response.status).toBe(503);
    await expectDrained(server);
  });

  it('that call before the first application get 503 when none comes in time, or give up themselves', async () => {
    const server = await startServer({ patience: { firstClientSeconds: 0.5 } });
    const [phone, other] = [await startPhone(), await startPhone()];
    const uri = uriOf(server, 'x');
    const calling = call(phone, newRequest(phone, 'INVITE', uri, {}, sdp()));
    const given = new Promise<number>((resolve, reject) => {
      const invite = other.invite(newRequest(other, 'INVITE', uri, {}, sdp()), nextHopOf(uri), {
        onProvisional: () => invite.cancel(),
        onFinal: ({ status }) => resolve(status),
        onTimeout: () => reject(new Error('no answer')),
        onTransportError: reject,
      });
    });
    expect(await given).toBe(487);
    expect((await calling).response.status).toBe(503);
    await expectDrained(server);
  });

  it('set up and end their calls through 30 % loss both ways, and nothing is left', async () => {
    const { server } = await startAnswering({
      sip: { dropPacket: seededLoss(0.3, 5), timers: lossyTimers },
    });
    const phone = await startPhone({ timers: lossyTimers });
    answerAll(phone);
    const one = async (): Promise<number> => {
      const { response, dialog } = await call(
        phone,
        newRequest(phone, 'INVITE', uriOf(server, 'x'), {}, sdp()),
      );
      expect(response.status).toBe(200);
      return ask(phone, dialog.request('BYE'), dialog.nextHop).then(
        ({ status }) => status,
        () => 408,
      );
    };
    const statuses = await Promise.all(Array.from({ length: 50 }, one));
    // At this loss, 1 BYE in 1,700 has all of its eleven exchanges broken; the server has got it all the same.
    expect(statuses.filter((status) => status !== 200).length).toBeLessThan(3);
    await expectDrained(server);
  });
});
