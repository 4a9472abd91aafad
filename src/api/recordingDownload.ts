import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { BucketError } from '../recordings/BucketError.ts';
import type { OpenRecording } from '../recordings/OpenRecording.ts';
import { faultFields } from '../telemetry/fault.ts';
import type { Logger } from '../telemetry/logger.ts';
import { readByteRange } from './byteRange.ts';
import { isGood, RECORDING_PATH } from './recordingAddress.ts';
import type { RecordingRoutesOptions } from './recordingRoutes.ts';

const RETRY_AFTER_SECONDS = 30;

interface DownloadOptions extends Pick<RecordingRoutesOptions, 'recordings' | 'sign' | 'clock'> {
  readonly log: Logger;
}

/**
 * Where the signed addresses of recordings lead: the WAV itself, whole or in part, to whoever holds a good address.
 * Everyone else gets 403, whether there is such a recording or not; a good address of a file that is gone gets 404, and
 * one of a file in a bucket that is away 503.
 */
export async function recordingDownload(fastify: FastifyInstance, options: DownloadOptions): Promise<void> {
  await fastify.register(async (door) => {
    door.setErrorHandler((error: FastifyError, _request, reply) => {
      options.log.error(faultFields(error), 'a recording could not be sent');
      if (error instanceof BucketError || error.statusCode === 503) {
        reply.header('retry-after', RETRY_AFTER_SECONDS);
        return refuse(reply, 503, 'Recordings cannot be read at the moment.');
      }
      return refuse(reply, 500, 'Something failed; the log says what.');
    });
    door.route({
      method: ['GET', 'HEAD'],
      url: `${RECORDING_PATH}/:objectName`,
      exposeHeadRoute: false,
      handler: (request, reply) => download(request, reply, options),
    });
  });
}

async function download(
  request: FastifyRequest,
  reply: FastifyReply,
  { recordings, sign, clock }: DownloadOptions,
): Promise<FastifyReply> {
  const objectName = textOf(request.params, 'objectName');
  const claim = {
    objectName,
    expires: textOf(request.query, 'expires'),
    signature: textOf(request.query, 'signature'),
  };
  reply.header('cache-control', 'private, no-store').header('x-content-type-options', 'nosniff');
  if (!isGood(sign, claim, clock())) return refuse(reply, 403, 'The address is not good, or not any more.');

  const recording = await recordings.open(objectName);
  if (recording === undefined) return refuse(reply, 404, 'The recording is not kept any more.');
  try {
    const part = answer(request, reply, recording);
    if (part === undefined) {
      await recording.close();
      return reply.send();
    }
    const sound = await recording.read(part.first, part.last);
    // Where the answer was an error by now, nobody would read it to its end.
    if (!reply.sent) return reply.send(sound);
    sound.destroy();
    return reply;
  } catch (error) {
    await recording.close();
    throw error;
  }
}

/** Sets status and header fields. @returns the octets to send, both ends included; undefined for none */
function answer(
  { method, headers }: FastifyRequest,
  reply: FastifyReply,
  { bytes }: OpenRecording,
): { first: number; last: number } | undefined {
  // A Range belongs to GET, and with If-Range it is for a version that is named; nothing here has a version.
  const wanted = method === 'GET' && headers['if-range'] === undefined ? headers.range : undefined;
  const range = readByteRange(wanted, bytes);
  reply.header('accept-ranges', 'bytes');
  if (range.kind === 'unsatisfiable') {
    reply.code(416).header('content-range', `bytes */${bytes}`);
    return undefined;
  }
  const { first, last } = range.kind === 'part' ? range : { first: 0, last: bytes - 1 };
  if (range.kind === 'part') reply.code(206).header('content-range', `bytes ${first}-${last}/${bytes}`);
  reply.header('content-type', 'audio/wav').header('content-length', last - first + 1);
  return method === 'HEAD' || bytes === 0 ? undefined : { first, last };
}

/** A field of the path or the query; '' when it is missing or doubled. */
function textOf(fields: unknown, name: string): string {
  const value: unknown =
    fields !== null && typeof fields === 'object' ? Reflect.get(fields, name) : undefined;
  return typeof value === 'string' ? value : '';
}

function refuse(reply: FastifyReply, status: 403 | 404 | 500 | 503, detail: string): FastifyReply {
  return reply
    .code(status)
    .type('application/problem+json')
    .send({ type: 'about:blank', title: STATUS_CODES[status], status, detail });
}
