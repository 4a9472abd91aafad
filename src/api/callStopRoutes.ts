import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { App } from '../store/apps.ts';
import { PartnerError } from './errorCodes.ts';
import { fieldCheck } from './fieldCheck.ts';

/** Path below the partner API's prefix (facts 7.2). */
const STOP_PATH = '/httpsessions/callStop/v2.0';

/**
 * Asks for the end of an application's call, whichever node carries it.
 * @returns false when the application has no such call, or it is over
 */
export type StopCall = (appKey: string, sessionId: string) => Promise<boolean>;

/** The session id has a small i here, unlike in events and records (facts 7.2). */
export const StopFields = Type.Object({
  sessionid: Type.String({ maxLength: 256, description: 'the sessionId of a call' }),
  signal: Type.Enum(['call_stop'], { description: '"call_stop"' }),
});

/**
 * Ends a call in progress, in whatever state it is (facts 7.2): both sides are cut, with stateCode 8017.
 * @param applicationOf the authenticated application of a request
 */
export function callStopRoutes(
  fastify: FastifyInstance,
  stopCall: StopCall,
  applicationOf: (request: FastifyRequest) => App,
): void {
  const check = fieldCheck(StopFields);

  fastify.post(STOP_PATH, async (request) => {
    const { appKey } = applicationOf(request);
    const { sessionid } = check(request.body);
    if (!(await stopCall(appKey, sessionid))) throw new PartnerError('no-such-record');
    return { resultcode: '0', resultdesc: 'Success' };
  });
}
