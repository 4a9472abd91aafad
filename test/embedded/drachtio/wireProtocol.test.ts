import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { DrachtioServer } from '../../../embedded/drachtio/DrachtioServer.ts';
import { FrameReader, FramingError, frameOf } from '../../../embedded/drachtio/framing.ts';
import { answerAll, call, newRequest, sdp, secret, startPhone, startServer, uriOf } from './serverKit.ts';

const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** A client by hand: writes bytes, collects the payloads that come back. */
async function openClient(server: DrachtioServer) {
  const socket = connect(server.adminPort, '127.0.0.1');
  sockets.push(socket);
  const reader = new FrameReader();
  const payloads: string[] = [];
  const closed = once(socket, 'close');
  socket.on('error', () => {});
  socket.on('data', (chunk) => payloads.push(...reader.push(chunk.toString('latin1'))));
  await once(socket, 'connect');
  return {
    payloads,
    closed,
    write: (bytes: string) => socket.write(bytes, 'latin1'),
    send: (payload: string) => socket.write(frameOf(payload), 'latin1'),
    next: async (index: number) => {
      await expect.poll(() => payloads.length).toBeGreaterThan(index);
      return payloads[index] ?? '';
    },
  };
}

async function openAuthenticated(server: DrachtioServer) {
  const client = await openClient(server);
  client.send(`1|authenticate|${secret}|`);
  await client.next(0);
  return client;
}

describe('FrameReader', () => {
  it('finds the same payloads wherever the stream is cut', () => {
    const stream = frameOf('a|ping') + frameOf('b|route|invite') + frameOf('c|sip|||\r\n#1#é'.normalize());
    const whole = new FrameReader().push(stream);
    expect(whole).toHaveLength(3);
    for (let cut = 0; cut <= stream.length; cut += 1) {
      const reader = new FrameReader();
      expect([...reader.push(stream.slice(0, cut)), ...reader.push(stream.slice(cut))]).toEqual(whole);
    }
    const byByte = new FrameReader();
    expect([...stream].flatMap((byte) => byByte.push(byte))).toEqual(whole);
  });

  it.each(['0#', '123456#', 'x#', '-1#a', 'GET / HTTP/1.1', ' 5#hello'])('refuses %s', (bytes) => {
    expect(() => new FrameReader().push(bytes)).toThrow(FramingError);
  });
});

describe('the wire protocol', () => {
  it('authenticates, routes and answers pings, in split and in joined frames', async () => {
    const server = await startServer();
    const client = await openClient(server);
    const stream =
      frameOf(`1|authenticate|${secret}|`) +
      frameOf('2|route|invite') +
      frameOf('3|ping') +
      frameOf('4|route|BYE');
    for (const byte of stream.slice(0, 30)) client.write(byte);
    client.write(stream.slice(30));
    await client.next(3);
    const { host, port } = server.stack.listeningPoint('udp');
    expect(client.payloads.map((payload) => payload.split('|').slice(1).join('|'))).toEqual([
      `response|1|OK|udp/${host}:${port},tcp/${host}:${port}|v0.9.10|udp/${host}:${port},tcp/${host}:${port}`,
      'response|2|OK',
      'response|3|OK|pong',
      'response|4|OK',
    ]);
  });

  it('disconnects a client with a wrong secret, and one that asks before it authenticates', async () => {
    const server = await startServer();
    const wrong = await openClient(server);
    wrong.send('1|authenticate|guess|');
    await wrong.closed;
    expect(wrong.payloads[0]).toMatch(/\|response\|1\|NO\|incorrect secret$/);
    const early = await openClient(server);
    early.send('1|route|invite');
    await early.closed;
    expect(early.payloads).toEqual([]);
    await expect.poll(() => server.stats().clients).toBe(0);
  });

  it('says NOK to what it does not support or understand, and goes on', async () => {
    const server = await startServer();
    const client = await openAuthenticated(server);
    const asked = [
      'proxy|txn||||serial|||sip:b@127.0.0.1\r\nINVITE sip:b@127.0.0.1 SIP/2.0\r\n\r\n',
      'dance',
      'sip|||\r\nthis is no SIP',
      'sip||no-such-dialog\r\nBYE sip:placeholder SIP/2.0\r\n\r\n',
      'sip|no-such-transaction|\r\nSIP/2.0 200 OK\r\n\r\n',
      'sip|no-such-transaction|\r\nCANCEL sip:b@127.0.0.1 SIP/2.0\r\n\r\n',
      'sip|||\r\nMESSAGE sip:b@127.0.0.1:9 SIP/2.0\r\n\r\nbody without a type',
      'sip|||\r\nOPTIONS mailto:b@127.0.0.1 SIP/2.0\r\n\r\n',
      'sip|||\r\nOPTIONS sip:b@127.0.0.1;transport=sctp SIP/2.0\r\n\r\n',
      'sip|||\r\nOPTIONS sip:b@127.0.0.1 SIP/2.0\r\nSubject: a\rb\r\n\r\n',
      'remove_route|invite',
    ];
    asked.forEach((payload, index) => {
      client.send(`q${index}|${payload}`);
    });
    await client.next(asked.length);
    for (const [index] of asked.entries()) {
      expect(client.payloads[index + 1]?.split('|').slice(1, 4)).toEqual(['response', `q${index}`, 'NOK']);
    }
    client.send('last|ping');
    expect(await client.next(asked.length + 1)).toMatch(/OK\|pong$/);
  });

  it('writes headers of its own: a client can break neither framing nor identity', async () => {
    const server = await startServer();
    const client = await openAuthenticated(server);
    const phone = await startPhone();
    const seen = answerAll(phone);
    const head = [
      `OPTIONS ${uriOf(phone, 'b')} SIP/2.0`,
      'Via: SIP/2.0/UDP evil;branch=z9hG4bKx',
      'Content-Length: 99999',
      'Max-Forwards: 9',
      'Content-Type: text/plain',
      'X-Long: a',
      ' folded',
      '',
      '',
    ].join('\r\n');
    client.send(`1|sip|||\r\n${head}BYE sip:b SIP/2.0\r\n\r\n`);
    await expect.poll(() => seen.requests.length).toBe(1);
    const [request] = seen.requests;
    expect(request?.headers.getAll('via')).toHaveLength(1);
    expect(request?.headers.get('via')).not.toContain('evil');
    expect(request?.headers.get('max-forwards')).toBe('9');
    expect(request?.headers.get('x-long')).toBe('a folded');
    expect(request?.body).toBe('BYE sip:b SIP/2.0\r\n\r\n');
  });

  it('answers a second final response with NOK, and one that comes after a CANCEL', async () => {
    const server = await startServer();
    const client = await openAuthenticated(server);
    client.send('r|route|invite');
    await client.next(1);
    const phone = await startPhone();
    const outcome = call(
      phone,
      newRequest(phone, 'INVITE', uriOf(server, 'x'), {}, sdp()),
      (_response, invite) => {
        invite.cancel();
      },
    );
    const transactionId = (await client.next(2)).split('|')[8];
    client.send(`a|sip|${transactionId}|\r\nSIP/2.0 180 Ringing\r\n\r\n`);
    expect((await outcome).response.status).toBe(487);
    await expect.poll(() => client.payloads.some((payload) => payload.includes('CANCEL sip:'))).toBe(true);
    client.send(`b|sip|${transactionId}|\r\nSIP/2.0 200 OK\r\n\r\n`);
    await expect.poll(() => client.payloads.at(-1)).toMatch(/\|response\|b\|NOK\|/);
  });
});
