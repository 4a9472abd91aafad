import type Srf from 'drachtio-srf';
import { describe, expect, it } from 'vitest';
import { askBySrf, connectSrf, expectDrained, handle, sdp, startServer, uriOf } from './serverKit.ts';

/** A caller's and a callee's application, each with a server of its own. */
async function startPair() {
  const [aServer, bServer] = await Promise.all([startServer(), startServer()]);
  const [a, b] = await Promise.all([connectSrf(aServer), connectSrf(bServer)]);
  return { aServer, bServer, a, b, bUri: uriOf(bServer, 'bob') };
}

function nextDialog(srf: Srf, body = sdp()): Promise<Srf.Dialog> {
  return new Promise((resolve, reject) => {
    srf.invite((req, res) => {
      srf.createUAS(req, res, { localSdp: body }).then(resolve, reject);
    });
  });
}

/** The promise form of a dialog's `request`, which the typings leave out. */
interface DialogRequests {
  request(options: object): Promise<Srf.SrfResponse>;
}

function once<T = unknown>(emitter: NodeJS.EventEmitter, event: string) {
  return new Promise<T>((resolve) => {
    emitter.once(event, resolve);
  });
}

describe('drachtio-srf on the embedded SIP server', () => {
  it('calls and is called, and the caller hangs up', async () => {
    const { aServer, bServer, a, b, bUri } = await startPair();
    const answered = nextDialog(b);
    const uac = await a.createUAC(bUri, { localSdp: sdp(), callingNumber: '1001' } as Srf.CreateUACOptions);
    const uas = await answered;
    expect(uac.remote.sdp).toBe(sdp());
    expect(uas.remote.sdp).toBe(sdp());
    expect(uas.sip.callId).toBe(uac.sip.callId);
    expect(uas.sip.remoteTag).toBe(uac.sip.localTag);
    const destroyed = once(uas, 'destroy');
    await uac.destroy();
    await destroyed;
    await Promise.all([expectDrained(aServer), expectDrained(bServer)]);
  });

  it('hears the callee hang up', async () => {
    const { a, b, bUri } = await startPair();
    const answered = nextDialog(b);
    const uac = await a.createUAC(bUri, { localSdp: sdp() });
    const destroyed = once(uac, 'destroy');
    await (await answered).destroy();
    await destroyed;
  });

  it('writes its own host and port for localhost, and takes the called number from the URI', async () => {
    const { aServer, a, b, bUri } = await startPair();
    const seen = new Promise<Srf.SrfRequest>((resolve) => {
      b.invite((req, res) => {
        resolve(req);
        res.send(486);
      });
    });
    await expect(
      a.createUAC(bUri, { localSdp: sdp(), callingNumber: '1001' } as Srf.CreateUACOptions),
    ).rejects.toMatchObject({ status: 486 });
    const request = await seen;
    const { host, port } = aServer.stack.listeningPoint('udp');
    expect(request.callingNumber).toBe('1001');
    expect(request.calledNumber).toBe('bob');
    expect(request.getParsedHeader('from').uri).toBe(`sip:1001@${host}:${port}`);
    expect(request.get('contact')).toContain(`${host}:${port}`);
    expect(request.get('content-type')).toBe('application/sdp');
  });

  it('is a back-to-back user agent between two peers', async () => {
    const servers = await Promise.all([startServer(), startServer(), startServer()]);
    const [aServer, midServer, bServer] = servers;
    const [a, mid, b] = await Promise.all([connectSrf(aServer), connectSrf(midServer), connectSrf(bServer)]);
    mid.invite((req, res) => {
      mid.createB2BUA(req, res, uriOf(bServer, 'bob'), { localSdpB: req.body }).then(({ uas, uac }) => {
        uas.on('destroy', () => void uac.destroy());
        uac.on('destroy', () => void uas.destroy());
      });
    });
    const answered = nextDialog(b);
    const provisional: number[] = [];
    const uac = await a.createUAC(
      uriOf(midServer, 'x'),
      { localSdp: sdp() },
      { cbProvisional: (res) => void provisional.push(res.status) },
    );
    const destroyed = once(await answered, 'destroy');
    await uac.destroy();
    await destroyed;
    await Promise.all(servers.map((server) => expectDrained(server)));
  });

  it('passes early media and rings before it answers', async () => {
    const { a, b, bUri } = await startPair();
    b.invite((req, res) => {
      res.send(180);
      res.send(183, { body: sdp('sendonly') } as never);
      void b.createUAS(req, res, { localSdp: sdp() });
    });
    const provisional: [number, string][] = [];
    const uac = await a.createUAC(
      bUri,
      { localSdp: sdp() },
      { cbProvisional: (res) => void provisional.push([res.status, res.body]) },
    );
    expect(provisional).toEqual([
      [180, ''],
      [183, sdp('sendonly')],
    ]);
    await uac.destroy();
  });

  it('cancels, and the callee hears of it', async () => {
    const { aServer, bServer, a, b, bUri } = await startPair();
    const cancelled = new Promise<void>((resolve) => {
      b.invite((req, res) => {
        req.on('cancel', () => resolve());
        res.send(180);
      });
    });
    const outcome = a.createUAC(
      bUri,
      { localSdp: sdp() },
      {
        cbRequest: ((_error: unknown, req: Srf.SrfRequest) => {
          req.on('response', (res) => {
            if (res?.status === 180) req.cancel(() => {});
          });
        }) as never,
      },
    );
    await expect(outcome).rejects.toMatchObject({ status: 487 });
    await cancelled;
    await Promise.all([expectDrained(aServer), expectDrained(bServer)]);
  });

  it('cancels before the callee has said anything', async () => {
    const { aServer, bServer, a, b, bUri } = await startPair();
    b.invite(() => {});
    const outcome = a.createUAC(
      bUri,
      { localSdp: sdp() },
      { cbRequest: ((_error: unknown, req: Srf.SrfRequest) => req.cancel(() => {})) as never },
    );
    await expect(outcome).rejects.toMatchObject({ status: 487 });
    await Promise.all([expectDrained(aServer), expectDrained(bServer)]);
  });

  it('modifies a session from either side', async () => {
    const { a, b, bUri } = await startPair();
    const answered = nextDialog(b);
    const uac = await a.createUAC(bUri, { localSdp: sdp() });
    const uas = await answered;
    uas.on('modify', (_req: Srf.SrfRequest, res: Srf.SrfResponse) => {
      res.send(200, { body: sdp('recvonly', 2) } as never);
    });
    expect(await uac.modify(sdp('sendonly', 2))).toBe(sdp('recvonly', 2));
    expect(await uas.modify(sdp('sendrecv', 3))).toBe(sdp('sendonly', 2));
    await uac.destroy();
  });

  it('puts a call on hold and takes it back', async () => {
    const { a, b, bUri } = await startPair();
    const answered = nextDialog(b);
    const uac = await a.createUAC(bUri, { localSdp: sdp() });
    const uas = await answered;
    const held = once(uas, 'hold');
    await uac.modify(sdp('sendonly'));
    await held;
    expect(uas.onHold).toBe(true);
    const unheld = once(uas, 'unhold');
    await uac.modify(sdp('sendrecv'));
    await unheld;
    await uas.destroy();
  });

  it.each(['INFO', 'MESSAGE', 'OPTIONS', 'UPDATE', 'REFER', 'NOTIFY'] as const)(
    'sends %s inside a dialog',
    async (method) => {
      const { a, b, bUri } = await startPair();
      const answered = nextDialog(b);
      const uac = await a.createUAC(bUri, { localSdp: sdp() });
      const uas = await answered;
      uas.on(method.toLowerCase() as 'info', (req: Srf.SrfRequest, res: Srf.SrfResponse) => {
        res.send(200, { headers: { 'X-Seen': req.body } } as never);
      });
      const headers = { 'Content-Type': 'text/plain', 'Refer-To': '<sip:c@127.0.0.1>', Event: 'refer' };
      const response = await (uac as unknown as DialogRequests).request({ method, headers, body: 'hello' });
      expect(response.status).toBe(200);
      expect(response.get('X-Seen')).toBe('hello');
      await uac.destroy();
    },
  );

  it.each(['OPTIONS', 'MESSAGE', 'REGISTER', 'PUBLISH', 'INFO'] as const)(
    'sends and gets %s outside of dialogs',
    async (method) => {
      const { aServer, bServer, a, b, bUri } = await startPair();
      handle(b, method, (_req, res) => {
        res.send(200, { headers: { Contact: '<sip:b@127.0.0.1>' } } as never);
      });
      const response = await askBySrf(a, bUri, { method, headers: { Expires: '60' } });
      expect(response.status).toBe(200);
      await Promise.all([expectDrained(aServer), expectDrained(bServer)]);
    },
  );

  it('carries UTF-8 and long bodies as they are', async () => {
    const { a, b, bUri } = await startPair();
    handle(b, 'MESSAGE', (req, res) => {
      res.send(200, {
        headers: { 'X-Length': String(Buffer.byteLength(req.body)), Subject: req.get('subject') },
      } as never);
    });
    const body = '喂，你好。'.repeat(100);
    const headers = { 'Content-Type': 'text/plain;charset=utf-8', Subject: '测试' };
    const response = await askBySrf(a, bUri, { method: 'MESSAGE', headers, body });
    expect(response.get('X-Length')).toBe(String(Buffer.byteLength(body)));
    expect(response.get('Subject')).toBe('测试');
  });

  it('answers 503 for a method that no application wants, and 408 stands for no answer', async () => {
    const { a, b, bUri } = await startPair();
    expect((await askBySrf(a, bUri, { method: 'OPTIONS' })).status).toBe(503);
    handle(b, 'INFO', () => {});
    expect((await askBySrf(a, bUri, { method: 'INFO' })).status).toBe(408);
  });

  it('says no to a request that would come back to itself, and to an unknown dialog', async () => {
    const { aServer, a } = await startPair();
    await expect(a.createUAC(uriOf(aServer, 'me'), { localSdp: sdp() })).rejects.toThrow(/to myself/);
    await expect(a.createUAC('sip:bob@[nonsense', { localSdp: sdp() })).rejects.toThrow(
      /invalid request-uri/,
    );
  });

  it('reports a peer that cannot be reached', async () => {
    const { aServer, a } = await startPair();
    await expect(a.createUAC('sip:bob@127.0.0.1:9;transport=tcp', { localSdp: sdp() })).rejects.toMatchObject(
      {
        status: 503,
      },
    );
    await expectDrained(aServer);
  });

  it('answers a call that has no SDP and takes the answer from the ACK', async () => {
    const { a, b, bUri } = await startPair();
    const answered = nextDialog(b, sdp());
    const { sdp: offer, ack } = (await a.createUAC(bUri, {
      noAck: true,
    } as Srf.CreateUACOptions)) as unknown as {
      sdp: string;
      ack(answer: string): Promise<Srf.Dialog>;
    };
    expect(offer).toBe(sdp());
    const uas = await answered;
    const acknowledged = once<Srf.SrfRequest>(uas, 'ack');
    const uac = await ack(sdp('recvonly'));
    expect((await acknowledged).body).toBe(sdp('recvonly'));
    await uac.destroy();
  });
});
