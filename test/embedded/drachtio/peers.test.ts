import { describe, expect, it } from 'vitest';
import { Dialog, makeResponse, newTag, type SipRequest, type SipStack } from '../../../embedded/sip/index.ts';
import {
  answerAll,
  ask,
  askBySrf,
  call,
  connectSrf,
  expectDrained,
  newRequest,
  sdp,
  startAnswering,
  startPhone,
  startServer,
  uriOf,
} from './serverKit.ts';

/** A 401 or 407 until the request has credentials for the nonce; then whatever `accept` does. */
function challenge(phone: SipStack, status: 401 | 407, accept: (request: SipRequest) => number): void {
  const ask = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
  const answer = status === 401 ? 'Authorization' : 'Proxy-Authorization';
  phone.onRequest((request, transaction) => {
    if (request.method === 'BYE' || request.headers.get(answer)?.includes('nonce="abc"')) {
      transaction.reply(accept(request), {
        headers: { Contact: `<${uriOf(phone, 'bob')}>`, 'Content-Type': 'application/sdp' },
        body: request.method === 'INVITE' ? sdp() : '',
      });
    } else {
      transaction.reply(status, {
        headers: { [ask]: 'Digest realm="r", nonce="abc", algorithm=MD5, qop="auth"' },
      });
    }
  });
}

describe('peers of the embedded SIP server', () => {
  it.each(['udp', 'tcp'] as const)('call over %s', async (transport) => {
    const { server, dialogs } = await startAnswering();
    const phone = await startPhone();
    answerAll(phone);
    const headers = { Contact: `<${uriOf(phone, 'alice', transport)}>` };
    const request = newRequest(phone, 'INVITE', uriOf(server, 'x', transport), headers, sdp());
    const { response, dialog } = await call(phone, request);
    expect(response.status).toBe(200);
    expect((await ask(phone, dialog.request('BYE'), dialog.nextHop)).status).toBe(200);
    await expect.poll(() => dialogs.length).toBe(1);
    await expectDrained(server);
  });

  it.each([401, 407] as const)(
    'challenge an application with %i, and it answers with its password',
    async (status) => {
      const server = await startServer();
      const srf = await connectSrf(server);
      const phone = await startPhone();
      const cseqs: string[] = [];
      challenge(phone, status, (request) => {
        cseqs.push(request.headers.get('cseq') ?? '');
        return 200;
      });
      const auth = { username: 'axbridge', password: 'secret' };
      const uac = await srf.createUAC(uriOf(phone, 'bob'), { localSdp: sdp(), auth });
      expect(cseqs).toEqual(['2 INVITE']);
      await uac.destroy();
      await expectDrained(server);
    },
  );

  it('fork: the first answer counts, the second is taken and hung up', async () => {
    const server = await startServer();
    const srf = await connectSrf(server);
    const phone = await startPhone();
    const byes: string[] = [];
    phone.onRequest((request, transaction) => {
      if (transaction.kind !== 'invite') {
        byes.push(transaction.arrival.essentials.toTag ?? '');
        transaction.reply(200);
        return;
      }
      const headers = { Contact: `<${uriOf(phone, 'bob')}>`, 'Content-Type': 'application/sdp' };
      // Two branches behind a forking proxy answer at once: the second 2xx goes out beside the transaction.
      transaction.localTag = 'first';
      transaction.reply(200, { headers, body: sdp() });
      const other = makeResponse(request, 200, { toTag: 'second', headers, body: sdp() });
      const text = [`SIP/2.0 200 OK`, ...[...other.headers].map(({ name, value }) => `${name}: ${value}`)];
      transaction.replyPath.send(
        `${text.join('\r\n')}\r\nContent-Length: ${other.body.length}\r\n\r\n${other.body}`,
      );
    });
    const uac = await srf.createUAC(uriOf(phone, 'bob'), { localSdp: sdp() });
    expect(uac.sip.remoteTag).toBe('first');
    await expect.poll(() => byes).toEqual(['second']);
    await uac.destroy();
    expect(byes).toEqual(['second', 'first']);
    await expectDrained(server);
  });

  it('get every provisional response reliably where they require it', async () => {
    const server = await startServer();
    const srf = await connectSrf(server);
    srf.invite((_req, res) => {
      res.send(180);
      setImmediate(() => res.send(183, { body: sdp() } as never));
    });
    const phone = await startPhone();
    const request = newRequest(phone, 'INVITE', uriOf(server, 'x'), { Require: '100rel' }, sdp());
    const pracked: number[] = [];
    const seen = new Set<string>();
    let cseq = 1;
    const outcome = call(phone, request, (response, invite) => {
      const rseq = response.headers.get('rseq');
      // One that is sent again has its PRACK already (RFC 3262 4); a second PRACK is refused with 481.
      if (rseq === undefined || seen.has(rseq)) return;
      seen.add(rseq);
      expect(response.headers.get('require')).toBe('100rel');
      const to = response.headers.get('to') ?? '';
      cseq += 1;
      const prack = newRequest(phone, 'PRACK', request.uri, {
        From: request.headers.get('from') ?? '',
        To: to,
        'Call-ID': request.headers.get('call-id') ?? '',
        CSeq: `${cseq} PRACK`,
        RAck: `${rseq} 1 INVITE`,
      });
      void ask(phone, prack).then(({ status }) => {
        pracked.push(status);
        if (pracked.length === 2) invite.cancel();
      });
    });
    expect((await outcome).response.status).toBe(487);
    expect(pracked).toEqual([200, 200]);
    await expectDrained(server);
  });

  it('send reliable provisional responses, which the application acknowledges', async () => {
    const server = await startServer();
    const srf = await connectSrf(server);
    const phone = await startPhone();
    const racks: string[] = [];
    phone.onRequest((request, transaction) => {
      if (request.method === 'PRACK') racks.push(request.headers.get('rack') ?? '');
      if (transaction.kind !== 'invite') {
        transaction.reply(200);
        return;
      }
      const headers = { Contact: `<${uriOf(phone, 'bob')}>`, 'Content-Type': 'application/sdp' };
      transaction.reply(183, { headers: { ...headers, Require: '100rel', RSeq: '77' }, body: sdp() });
      transaction.reply(200, { headers, body: sdp() });
    });
    const uac = await srf.createUAC(uriOf(phone, 'bob'), {
      localSdp: sdp(),
      headers: { Supported: '100rel' },
    });
    await expect.poll(() => racks).toEqual(['77 1 INVITE']);
    await uac.destroy();
    await expectDrained(server);
  });

  it('get 491 for a re-INVITE that crosses one of the application', async () => {
    const { server, dialogs } = await startAnswering();
    const phone = await startPhone();
    const { dialog } = await call(phone, newRequest(phone, 'INVITE', uriOf(server, 'x'), {}, sdp()));
    await expect.poll(() => dialogs.length).toBe(1);
    const status = new Promise<number>((resolve) => {
      phone.onRequest((request, transaction) => {
        if (request.method !== 'INVITE') {
          transaction.reply(200);
          return;
        }
        const headers = { 'Content-Type': 'application/sdp' };
        phone.invite(dialog.request('INVITE', headers, sdp()), dialog.nextHop, {
          onFinal: (response) => {
            transaction.reply(200, {
              headers: { Contact: `<${uriOf(phone, 'alice')}>`, ...headers },
              body: sdp(),
            });
            resolve(response.status);
          },
          onTimeout: () => resolve(408),
          onTransportError: () => resolve(503),
        });
      });
    });
    await dialogs[0]?.modify(sdp('sendrecv', 2));
    expect(await status).toBe(491);
    await dialogs[0]?.destroy();
    await expectDrained(server);
  });

  it('get 481 for a dialog that does not exist', async () => {
    const { server } = await startAnswering();
    const phone = await startPhone();
    const uri = uriOf(server, 'x');
    const request = newRequest(phone, 'BYE', uri, { To: `<${uri}>;tag=${newTag()}` });
    expect((await ask(phone, request)).status).toBe(481);
  });

  it.each(['BYE', 'UPDATE', 'PRACK'])('get 481 for %s outside of a dialog', async (method) => {
    const { server } = await startAnswering();
    const phone = await startPhone();
    expect((await ask(phone, newRequest(phone, method, uriOf(server, 'x')))).status).toBe(481);
  });

  it('see a Contact in angle brackets, however the application wrote it', async () => {
    const server = await startServer();
    const srf = await connectSrf(server);
    const phone = await startPhone();
    const contacts: (string | undefined)[] = [];
    phone.onRequest((request, transaction) => {
      contacts.push(request.headers.get('contact'));
      transaction.reply(200);
    });
    for (const contact of [
      'sip:1000@10.1.2.3',
      'sip:1000@10.1.2.3;expires=60',
      '"A" <sip:1000@10.1.2.3>',
      '*',
    ]) {
      await askBySrf(srf, uriOf(phone, 'bob'), { method: 'REGISTER', headers: { Contact: contact } });
    }
    expect(contacts).toEqual([
      '<sip:1000@10.1.2.3>',
      '<sip:1000@10.1.2.3>;expires=60',
      '"A" <sip:1000@10.1.2.3>',
      '*',
    ]);
  });

  it('reach two applications in turn', async () => {
    const server = await startServer();
    const phone = await startPhone();
    for (const name of ['one', 'two']) {
      const srf = await connectSrf(server);
      srf.invite((_req, res) => {
        res.send(486, { headers: { 'X-Name': name } } as never);
      });
    }
    const names: (string | undefined)[] = [];
    await expect.poll(() => server.stats().clients).toBe(2);
    for (let turn = 0; turn < 4; turn += 1) {
      const { response } = await call(phone, newRequest(phone, 'INVITE', uriOf(server, 'x'), {}, sdp()));
      names.push(response.headers.get('x-name'));
    }
    expect(names).toEqual(['one', 'two', 'one', 'two']);
  });

  it('may write compact header names, which the application reads in full', async () => {
    const server = await startServer();
    const srf = await connectSrf(server);
    const seen = new Promise<(string | undefined)[]>((resolve) => {
      srf.invite((req, res) => {
        resolve([req.get('session-expires'), req.get('refer-to'), req.get('subject'), req.body]);
        res.send(486);
      });
    });
    const phone = await startPhone();
    const headers = { x: '1800', r: '<sip:c@127.0.0.1>', s: 'hello' };
    await call(phone, newRequest(phone, 'INVITE', uriOf(server, 'x'), headers, sdp()));
    expect(await seen).toEqual(['1800', '<sip:c@127.0.0.1>', 'hello', sdp()]);
  });

  it('behind a NAT are reached where they called from', async () => {
    const { server, dialogs } = await startAnswering();
    const phone = await startPhone();
    const seen = answerAll(phone);
    const headers = { Contact: '<sip:alice@192.168.1.20:5060>' };
    await call(phone, newRequest(phone, 'INVITE', uriOf(server, 'x'), headers, sdp()));
    await expect.poll(() => dialogs.length).toBe(1);
    await dialogs[0]?.destroy();
    expect(seen.requests.map(({ method, uri }) => [method, uri])).toEqual([
      ['BYE', 'sip:alice@192.168.1.20:5060'],
    ]);
  });

  it('keep a route set in their order', async () => {
    const { server, dialogs } = await startAnswering();
    const phone = await startPhone();
    const seen = answerAll(phone);
    const proxy = `<${uriOf(phone, 'proxy')};lr>`;
    const request = newRequest(
      phone,
      'INVITE',
      uriOf(server, 'x'),
      { 'Record-Route': `${proxy}, <sip:far@192.0.2.1;lr>` },
      sdp(),
    );
    const { response } = await call(phone, request);
    expect(Dialog.ofUac(request, response, { callId: '', fromTag: '', cseq: 1 } as never).routeSet).toEqual([
      '<sip:far@192.0.2.1;lr>',
      proxy,
    ]);
    await expect.poll(() => dialogs.length).toBe(1);
    await dialogs[0]?.destroy();
    expect(seen.requests[0]?.headers.list('route')).toEqual([proxy, '<sip:far@192.0.2.1;lr>']);
  });
});
