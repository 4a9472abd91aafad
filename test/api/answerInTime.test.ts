import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerInTime } from '../../src/api/answerInTime.ts';

const WITHIN_MS = 50;

let server: FastifyInstance;
let never: PromiseWithResolvers<void>;
beforeEach(async () => {
  never = Promise.withResolvers();
  server = Fastify();
  answerInTime(server, WITHIN_MS);
  server.post('/echo', async ({ body }) => body);
  server.post('/stuck', () => never.promise);
  server.post('/long', async (_request, reply) => reply.send(Readable.from(slowly('0123456789'))));
  server.post('/stuck-at-the-door', { onRequest: () => never.promise }, async ({ body }) => body);
  await server.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  never.resolve();
  await server.close();
});

/** Takes four times as long as an answer may. */
async function* slowly(content: string): AsyncGenerator<string> {
  for (const each of content) {
    yield each;
    await delay((4 * WITHIN_MS) / content.length);
  }
}

/** Posts `{"a":1}` in two parts, with a time between them. @returns the whole answer */
async function post(path: string, betweenMs = 0): Promise<string> {
  const { port } = server.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  const answer = text(socket);
  const fields = 'Host: axbridge\r\nContent-Type: application/json\r\nContent-Length: 7\r\nConnection: close';
  socket.write(`POST ${path} HTTP/1.1\r\n${fields}\r\n\r\n{"a":`);
  await delay(betweenMs);
  socket.write('1}');
  return answer;
}

describe('an answer in time', () => {
  it.each(['/stuck', '/stuck-at-the-door'])('is an error when there is no other: %s', async (path) => {
    const answer = await post(path);
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toContain('no answer within 50 ms');
  });

  it('is not asked of who takes his time to send the request', async () => {
    const answer = await post('/echo', 4 * WITHIN_MS);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('{"a":1}');
  });

  it('may be long: what has begun, as a recording that goes over a slow line, is not cut', async () => {
    const answer = await post('/long');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toMatch(/\r\n0\r\n\r\n$/);
  });
});
