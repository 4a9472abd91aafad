import { PassThrough } from 'node:stream';
import Fastify from 'fastify';
import { request } from 'undici';
import { expect, it } from 'vitest';
import { answerInTime } from '../../src/api/answerInTime.ts';
import { signedPath } from '../../src/api/recordingAddress.ts';
import { recordingDownload } from '../../src/api/recordingDownload.ts';
import { createLogger } from '../../src/telemetry/logger.ts';

const NAME = '260105040007000000001.wav';

it('a recording that a bucket hands out after its request was answered with an error is given back', async () => {
  const sound = Promise.withResolvers<PassThrough>();
  const recording = { bytes: 10, read: () => sound.promise, close: async () => undefined };
  const server = Fastify();
  answerInTime(server, 50);
  await recordingDownload(server, {
    recordings: { has: async () => true, open: async () => recording },
    sign: (text) => Buffer.from(text),
    clock: () => 0,
    log: createLogger('silent'),
  });
  const origin = await server.listen({ host: '127.0.0.1', port: 0 });
  const address = signedPath((text) => Buffer.from(text), NAME, 1_000_000);
  const { statusCode, body } = await request(origin + address);
  await body.dump();
  expect(statusCode).toBe(503);
  const late = new PassThrough();
  sound.resolve(late);
  await expect.poll(() => late.destroyed).toBe(true);
  await server.close();
});
