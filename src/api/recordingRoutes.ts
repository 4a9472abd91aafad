import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { RecordingSource } from '../recordings/OpenRecording.ts';
import type { App } from '../store/apps.ts';
import type { Sql } from '../store/database.ts';
import { findRecording, RECORDING_KEPT_MS } from '../store/recordings.ts';
import { addressOf } from './addressOf.ts';
import { PartnerError } from './errorCodes.ts';
import { fieldCheck } from './fieldCheck.ts';
import { type Sign, signedPath } from './recordingAddress.ts';

/** Path below the partner API's prefix (facts 7.1). */
const RECORD_PATH = '/provision/voice/record/v1.0';
/** How long an address is good (facts 7.1). */
const ADDRESS_GOOD_MS = 3 * 86_400_000;

export interface RecordingRoutesOptions {
  readonly sql: Sql;
  readonly recordings: RecordingSource;
  readonly sign: Sign;
  /** Where customers reach this API, without a slash at its end; undefined: where the request came in. */
  readonly publicUrl: string | undefined;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

export const RecordingFields = Type.Object({
  fileName: Type.String({ maxLength: 128, description: 'the recordObjectName of a call record' }),
  recordDomain: Type.String({ maxLength: 128, description: 'the recordDomain of a call record' }),
});

/**
 * The address of a recording (facts 7.1): 301 exactly, with an address that needs no further credentials, is good for
 * three days and never outlives the recording. A recording that is unknown, another application's, too old, or whose
 * file is not there (yet: it is converted after the call) is one and the same error.
 * @param applicationOf the authenticated application of a request
 */
export function recordingRoutes(
  fastify: FastifyInstance,
  { sql, recordings, sign, publicUrl, clock }: RecordingRoutesOptions,
  applicationOf: (request: FastifyRequest) => App,
): void {
  const check = fieldCheck(RecordingFields);

  fastify.get(RECORD_PATH, async (request, reply) => {
    const { appKey } = applicationOf(request);
    const { fileName, recordDomain } = check(request.query);
    const now = clock();
    const recording = await findRecording(sql, appKey, fileName);
    const goneAt = (recording?.recordedAt.getTime() ?? 0) + RECORDING_KEPT_MS;
    if (recording?.domain !== recordDomain || goneAt <= now || !(await recordings.has(fileName))) {
      throw new PartnerError('no-such-record');
    }
    const path = signedPath(sign, fileName, Math.min(now + ADDRESS_GOOD_MS, goneAt));
    return (
      reply
        .code(301)
        .header('location', `${publicUrl ?? ownUrl(request)}${path}`)
        // A 301 may be remembered for ever, and this address will not last so long.
        .header('cache-control', 'no-store')
        .send()
    );
  });
}

/** Where this request came in. Not its Host header, which is whatever the client wrote there. */
function ownUrl({ protocol, socket }: FastifyRequest): string {
  const { localAddress = '', localPort = 0 } = socket;
  return addressOf(protocol, localAddress.replace(/^::ffff:(?=\d+\.)/, ''), localPort);
}
