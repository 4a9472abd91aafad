import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { BindingError } from '../bindings/BindingError.ts';
import type { Bindings } from '../bindings/Bindings.ts';
import type { App } from '../store/apps.ts';
import { faultFields } from '../telemetry/fault.ts';
import type { Logger } from '../telemetry/logger.ts';
import { answerInTime } from './answerInTime.ts';
import { axbRoutes } from './axbRoutes.ts';
import { axeRoutes } from './axeRoutes.ts';
import { axRoutes } from './axRoutes.ts';
import { axybRoutes } from './axybRoutes.ts';
import { meaningOf } from './bindingErrors.ts';
import { callStopRoutes, type StopCall } from './callStopRoutes.ts';
import { PartnerError, type PartnerErrorName } from './errorCodes.ts';
import { type JsonLimits, readJson } from './jsonBody.ts';
import type { PartnerGate } from './PartnerGate.ts';
import { type RecordingRoutesOptions, recordingRoutes } from './recordingRoutes.ts';

export interface PartnerApiOptions {
  readonly gate: PartnerGate;
  readonly json: JsonLimits;
  readonly bindings: Bindings;
  readonly stopCall: StopCall;
  readonly recordings: RecordingRoutesOptions;
  readonly log: Logger;
  /** Hears why each request is refused that is. */
  readonly onRefused?: (reason: PartnerErrorName) => void;
}

/** An answer takes no longer, whatever the database does. */
const ANSWER_WITHIN_MS = 5_000;

/** Where all paths of the partner API begin. */
const PARTNER_PREFIX = '/rest';

/**
 * The partner REST API under `/rest`: every answer, whatever the request, is the envelope of facts 1.4.
 *
 * A request is authenticated from its headers before its body is read. The body is taken for JSON in UTF-8 whatever
 * `Content-Type` says, because clients forget it; nothing in it is believed before it has passed the field check.
 */
export async function partnerApi(fastify: FastifyInstance, options: PartnerApiOptions): Promise<void> {
  const { gate, json, bindings, stopCall, recordings, log, onRefused } = options;
  const applications = new WeakMap<FastifyRequest, App>();

  await fastify.register(
    async (partner) => {
      answerInTime(partner, ANSWER_WITHIN_MS);
      partner.removeAllContentTypeParsers();
      partner.addContentTypeParser(
        '*',
        { parseAs: 'buffer', bodyLimit: json.largestBody },
        async (_request: FastifyRequest, body: Buffer) => readJson(body, json),
      );
      partner.setErrorHandler((error, request, reply) => {
        const partnerError = partnerErrorOf(error, applications.get(request)?.mode, request.method, json);
        onRefused?.(partnerError.code);
        return refuse(partnerError, error, request, reply, log);
      });
      partner.setNotFoundHandler((_request, reply) => send(reply, new PartnerError('no-such-route')));
      partner.addHook('onRequest', async (request) => {
        // fastify refuses a Content-Type that it cannot parse before any parser of ours is asked.
        delete request.raw.headers['content-type'];
        if (request.is404) return;
        applications.set(
          request,
          await gate.admit({ headers: request.raw.headers, address: request.ip ?? '' }),
        );
      });

      const applicationOf = (request: FastifyRequest, mode?: App['mode']): App => {
        const app = applications.get(request);
        if (app === undefined) throw new PartnerError('authorization-missing');
        if (mode !== undefined && app.mode !== mode) throw new PartnerError('other-mode');
        return app;
      };
      axbRoutes(partner, bindings.axb, applicationOf);
      axRoutes(partner, bindings.ax, applicationOf);
      axeRoutes(partner, bindings.axe, applicationOf);
      axybRoutes(partner, bindings.axyb, applicationOf);
      recordingRoutes(partner, recordings, applicationOf);
      callStopRoutes(partner, stopCall, applicationOf);
    },
    { prefix: PARTNER_PREFIX },
  );
}

function refuse(
  partnerError: PartnerError,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Logger,
): FastifyReply {
  const where = { method: request.method, route: request.routeOptions.url };
  if (partnerError.code === 'internal-error') {
    log.error({ ...where, ...faultFields(error) }, 'partner API failed');
  } else {
    log.info({ ...where, from: request.ip, ...partnerError.envelope }, 'partner request refused');
  }
  return send(reply, partnerError);
}

/** What a failure means to the client: every error has exactly one row of the table. */
function partnerErrorOf(
  error: unknown,
  mode: App['mode'] | undefined,
  method: string,
  { largestBody }: JsonLimits,
): PartnerError {
  if (error instanceof PartnerError) return error;
  if (error instanceof BindingError) return meaningOf(error, mode, method);
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status === 413)
    return new PartnerError('invalid-request', `The body: expected at most ${largestBody} bytes.`);
  if (status >= 400 && status < 500) return new PartnerError('invalid-request');
  return new PartnerError('internal-error');
}

function send(reply: FastifyReply, error: PartnerError): FastifyReply {
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds);
  return reply.code(error.httpStatus).send(error.envelope);
}
