import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import Srf from 'drachtio-srf';
import { generate } from 'selfsigned';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type EmbeddedSip,
  type EmbeddedSipOptions,
  startEmbeddedSip,
} from '../../../embedded/drachtio/startEmbeddedSip.ts';
import { nextHopOf, parseMessage } from '../../../embedded/sip/index.ts';
import { answerAll, ask, call, newRequest, sdp, startPhone, uriOf } from './serverKit.ts';

const servers: EmbeddedSip[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(options: EmbeddedSipOptions = {}): Promise<EmbeddedSip> {
  const server = await startEmbeddedSip({ sipPort: 0, adminPort: 0, ...options });
  servers.push(server);
  return server;
}

async function connectTo({ adminHost, adminPort, secret }: EmbeddedSip): Promise<Srf> {
  const srf = new Srf();
  srf.on('error', () => {});
  srf.connect({ host: adminHost, port: adminPort, secret });
  await once(srf as never, 'connect');
  return srf;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('startEmbeddedSip', () => {
  it('runs a server in a process of its own, on one port for UDP and TCP, and counts what it does', async () => {
    const server = await start();
    expect(server.pid).not.toBe(process.pid);
    const srf = await connectTo(server);
    srf.invite((req, res) => {
      void srf.createUAS(req, res, { localSdp: sdp() });
    });
    const phone = await startPhone();
    answerAll(phone);
    for (const transport of ['', ';transport=tcp']) {
      const uri = `sip:x@${server.sipHost}:${server.sipPort}${transport}`;
      const { response, dialog } = await call(phone, newRequest(phone, 'INVITE', uri, {}, sdp()));
      expect(response.status).toBe(200);
      expect(await server.stats()).toMatchObject({ dialogs: 1, clients: 1 });
      await ask(phone, dialog.request('BYE'), dialog.nextHop);
      expect(await server.stats()).toMatchObject({ dialogs: 0, unansweredRequests: 0 });
    }
    srf.disconnect();
    await expect.poll(async () => (await server.stats()).clients).toBe(0);
  });

  it('whose process hangs says so to who asks what it counts', async () => {
    const server = await start();
    if (server.pid === undefined) throw new Error('no process');
    process.kill(server.pid, 'SIGSTOP');
    try {
      await expect(server.stats()).rejects.toThrow('did not answer in 2000 ms');
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    expect(await server.stats()).toMatchObject({ dialogs: 0 });
  });

  it('speaks TLS', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
    const server = await start({ tls: { port: 0, key, cert } });
    const socket = connectTls({ host: server.sipHost, port: server.tlsPort, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    socket.write(
      [
        'OPTIONS sip:x@localhost SIP/2.0',
        'Via: SIP/2.0/TLS localhost;branch=z9hG4bKtls;rport',
        'From: <sip:a@localhost>;tag=1',
        'To: <sip:x@localhost>',
        'Call-ID: tls',
        'CSeq: 1 OPTIONS',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    );
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    const { message } = parseMessage(chunk.toString('latin1'));
    expect(message?.kind === 'response' && message.status).toBe(503);
    socket.destroy();
  });

  it('calls out over TLS', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
    const listen = [
      { transport: 'udp' as const, host: '127.0.0.1', port: 0 },
      { transport: 'tls' as const, host: '127.0.0.1', port: 0, tls: { key, cert } },
    ];
    const caller = await startPhone({ listen, tlsClient: { rejectUnauthorized: false } });
    const callee = await startPhone({ listen });
    callee.onRequest((_request, transaction) => {
      transaction.reply(200);
    });
    const uri = uriOf(callee, 'b', 'tls');
    expect((await ask(caller, newRequest(caller, 'OPTIONS', uri), nextHopOf(uri))).status).toBe(200);
  });

  it('says which port is taken', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const address = blocker.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    await expect(startEmbeddedSip({ sipPort: port, adminPort: 0 })).rejects.toThrow(
      new RegExp(`cannot listen on tcp 127.0.0.1:${port}: .*EADDRINUSE`),
    );
    await expect(startEmbeddedSip({ sipPort: 0, adminPort: port })).rejects.toThrow(/EADDRINUSE/);
    blocker.close();
  });

  it('comes back on the same ports after a crash', async () => {
    const server = await start();
    const { pid, sipPort, adminPort } = server;
    if (pid === undefined) throw new Error('no process');
    process.kill(pid, 'SIGKILL');
    await expect
      .poll(
        () =>
          server.pid !== pid &&
          server.stats().then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    expect([server.sipPort, server.adminPort]).toEqual([sipPort, adminPort]);
    (await connectTo(server)).disconnect();
  });

  it('ends with the process that started it, however that ends', async () => {
    const parent = fork(fileURLToPath(new URL('./parentProcess.ts', import.meta.url)), { execArgv: [] });
    const [pid] = (await once(parent, 'message')) as [number];
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });
});
