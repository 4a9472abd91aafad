import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpServer } from '../../src/api/httpServer.ts';

const silent = () => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };

let server: HttpServer | undefined;
const opened: Socket[] = [];

async function serve(more: { connectionsOfOneAddress?: number; trustedProxies?: string[] }): Promise<number> {
  server = new HttpServer({
    log,
    host: '127.0.0.1',
    port: 0,
    routes: async (fastify) => {
      fastify.post('/hello', async () => ({ hello: 'world' }));
    },
    ...more,
  });
  return (await server.listen()).http;
}

async function open(port: number, localAddress: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  socket.on('error', () => undefined);
  opened.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** The first line of what is answered; empty where the connection is closed instead. */
async function ask(port: number, localAddress: string): Promise<string> {
  const socket = await open(port, localAddress);
  socket.write('POST /hello HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString();
  });
  await once(socket, 'close');
  return answer.split('\r\n', 1)[0] ?? '';
}

afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy();
  await server?.close();
  server = undefined;
});

describe('clients that hold connections', () => {
  it('of one address may hold so many; others are served all the same', async () => {
    const port = await serve({ connectionsOfOneAddress: 3 });
    for (let at = 0; at < 3; at += 1) await open(port, '127.0.0.2');
    expect(await ask(port, '127.0.0.2')).toBe('');
    expect(await ask(port, '127.0.0.3')).toBe('HTTP/1.1 200 OK');
  });

  it('get their places back as they close', async () => {
    const port = await serve({ connectionsOfOneAddress: 1 });
    const first = await open(port, '127.0.0.2');
    expect(await ask(port, '127.0.0.2')).toBe('');
    first.destroy();
    await expect.poll(() => ask(port, '127.0.0.2')).toBe('HTTP/1.1 200 OK');
  });

  it('may be any number behind a trusted proxy', async () => {
    const port = await serve({ connectionsOfOneAddress: 2, trustedProxies: ['127.0.0.2/32'] });
    for (let at = 0; at < 5; at += 1) await open(port, '127.0.0.2');
    expect(await ask(port, '127.0.0.2')).toBe('HTTP/1.1 200 OK');
  });

  it('are ended after some seconds when they send nothing, half a head, or an octet now and then', async () => {
    const port = await serve({});
    const [mute, half, slow] = [
      await open(port, '127.0.0.2'),
      await open(port, '127.0.0.2'),
      await open(port, '127.0.0.2'),
    ];
    half.write('POST /hello HTTP/1.1\r\nHost: here\r\n');
    slow.write('POST /hello HTTP/1.1\r\n');
    const dripping = setInterval(() => slow.write('X'), 500);
    const begun = Date.now();
    await Promise.all([mute, half, slow].map((socket) => once(socket.resume(), 'close')));
    clearInterval(dripping);
    expect(Date.now() - begun).toBeLessThan(16_000);
    expect(await ask(port, '127.0.0.2')).toBe('HTTP/1.1 200 OK');
  });
});
