import { type FileHandle, open } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { faultFields } from '../telemetry/fault.ts';
import type { Logger } from '../telemetry/logger.ts';
import { readByteRange } from './byteRange.ts';
import { isGood, RECORDING_PATH } from './recordingAddress.ts';
import type { RecordingRoutesOptions } from './recordingRoutes.ts';

interface DownloadOptions extends Pick<RecordingRoutesOptions, 'findFile' | 'sign' | 'clock'> {
  readonly log: Logger;
}

/**
 * Where the signed addresses of recordings lead: the WAV itself, whole or in part, to whoever holds a good address.
 * Everyone else gets 403, whether there is such a recording or not; a good address of a file that is gone gets 404.
 */
export async function recordingDownload(fastify: FastifyInstance, options: DownloadOptions): Promise<void> {
  await fastify.register(async (door) => {
    door.setErrorHandler((error, _request, reply) => {
      options.log.error(faultFields(error), 'a recording could not be sent');
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
  { findFile, sign, clock }: DownloadOptions,
): Promise<FastifyReply> {
  const objectName = textOf(request.params, 'objectName');
  const claim = {
    objectName,
    expires: textOf(request.query, 'expires'),
    signature: textOf(request.query, 'signature'),
  };
  reply.header('cache-control', 'private, no-store').header('x-content-type-options', 'nosniff');
  if (!isGood(sign, claim, clock())) return refuse(reply, 403, 'The address is not good, or not any more.');

  const path = await findFile(objectName);
  const file = path === undefined ? undefined : await openIfThere(path);
  if (file === undefined) return refuse(reply, 404, 'The recording is not kept any more.');
  try {
    const { size } = await file.stat();
    const sending = answer(request, reply, file, size);
    if (sending === undefined) await file.close();
    return reply.send(sending);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Sets status and header fields. @returns the octets to send; it closes the file; undefined when there are none */
function answer({ method, headers }: FastifyRequest, reply: FastifyReply, file: FileHandle, size: number) {
  // A Range belongs to GET, and with If-Range it is for a version that is named; nothing here has a version.
  const wanted = method === 'GET' && headers['if-range'] === undefined ? headers.range : undefined;
  const range = readByteRange(wanted, size);
  reply.header('accept-ranges', 'bytes');
  if (range.kind === 'unsatisfiable') {
    reply.code(416).header('content-range', `bytes */${size}`);
    return undefined;
  }
  const { first, last } = range.kind === 'part' ? range : { first: 0, last: size - 1 };
  if (range.kind === 'part') reply.code(206).header('content-range', `bytes ${first}-${last}/${size}`);
  reply.header('content-type', 'audio/wav').header('content-length', last - first + 1);
  return method === 'HEAD' || size === 0 ? undefined : file.createReadStream({ start: first, end: last });
}

/** A field of the path or the query; '' when it is missing or doubled. */
function textOf(fields: unknown, name: string): string {
  const value: unknown =
    fields !== null && typeof fields === 'object' ? Reflect.get(fields, name) : undefined;
  return typeof value === 'string' ? value : '';
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function refuse(reply: FastifyReply, status: 403 | 404 | 500, detail: string): FastifyReply {
  return reply
    .code(status)
    .type('application/problem+json')
    .send({ type: 'about:blank', title: STATUS_CODES[status], status, detail });
}
