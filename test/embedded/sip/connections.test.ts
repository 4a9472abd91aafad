import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SipStack, type SipStackOptions } from '../../../embedded/sip/index.ts';

const opened: Socket[] = [];
let stack: SipStack;

async function listen(options: Partial<SipStackOptions>): Promise<void> {
  stack = new SipStack({ listen: [{ transport: 'tcp', host: '127.0.0.1', port: 0 }], ...options });
  stack.onRequest((_request, transaction) => void transaction.reply(200));
  await stack.start();
}

/** A connection from an address of this machine. */
async function open(localAddress: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: stack.listeningPoint('tcp').port, localAddress });
  socket.on('error', () => {});
  opened.push(socket);
  await once(socket, 'connect');
  return socket;
}

let count = 0;

async function ask(socket: Socket): Promise<string> {
  count += 1;
  socket.write(
    [
      'OPTIONS sip:a@example.com SIP/2.0',
      `Via: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKc${count}`,
      `From: <sip:b@example.com>;tag=${count}`,
      'To: <sip:a@example.com>',
      `Call-ID: connections-${count}`,
      'CSeq: 1 OPTIONS',
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
  );
  const [answer] = await once(socket, 'data');
  return String(answer).split('\r\n', 1)[0] ?? '';
}

afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy();
  await stack.close();
});

describe('connections that nobody needs', () => {
  it('from one address: no more than it may have, and others still get theirs', async () => {
    await listen({ maxConnectionsPerAddress: 3 });
    for (let at = 0; at < 3; at += 1) await open('127.0.0.2');
    const refused = await open('127.0.0.2');
    await once(refused, 'close');
    expect(await ask(await open('127.0.0.3'))).toBe('SIP/2.0 200 OK');
    expect(stack.stats()).toMatchObject({ connections: 4, dropped: { 'connection-limit': 1 } });
  });

  it('an address that closes some may open others', async () => {
    await listen({ maxConnectionsPerAddress: 2 });
    const first = await open('127.0.0.2');
    await open('127.0.0.2');
    first.destroy();
    await expect.poll(() => stack.stats().connections).toBe(1);
    expect(await ask(await open('127.0.0.2'))).toBe('SIP/2.0 200 OK');
  });

  it('that never sent a message make room for others once all places are taken, the oldest first', async () => {
    await listen({ maxConnections: 4 });
    const talker = await open('127.0.0.2');
    await ask(talker);
    const silent = [await open('127.0.0.3'), await open('127.0.0.4'), await open('127.0.0.5')];
    await expect.poll(() => stack.stats().connections).toBe(4);
    expect(await ask(await open('127.0.0.6'))).toBe('SIP/2.0 200 OK');
    expect(silent[0]?.closed || (await once(silent[0] ?? talker, 'close'))).toBeTruthy();
    expect(await ask(talker)).toBe('SIP/2.0 200 OK');
    expect(stack.stats().connections).toBe(4);
  });

  it('are not taken from those who talk: then there is no more room', async () => {
    await listen({ maxConnections: 2 });
    const talkers = [await open('127.0.0.2'), await open('127.0.0.3')];
    for (const talker of talkers) await ask(talker);
    await once(await open('127.0.0.4'), 'close');
    for (const talker of talkers) expect(await ask(talker)).toBe('SIP/2.0 200 OK');
  });
});
