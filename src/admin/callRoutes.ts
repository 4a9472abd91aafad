import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { callDetailOf } from '../store/callDetails.ts';
import { findCalls, journaledCall } from '../store/journaledCall.ts';
import { deliveriesOf } from '../store/messageHistory.ts';
import { countOpenCalls } from '../store/openCalls.ts';
import type { AdminApiOptions } from './adminApi.ts';
import { describeCall, describeFoundCall } from './describeCall.ts';
import { AppKey, E164, Moment } from './fields.ts';
import { inputCheck } from './inputCheck.ts';
import { existing } from './item.ts';

const USUAL_LIMIT = 100;
const USUAL_WINDOW_MS = 86_400_000;

export const CallsQuery = Type.Object(
  {
    appKey: Type.Optional(AppKey),
    x: Type.Optional(E164),
    stateCode: Type.Optional(Type.String({ pattern: '^\\d{1,5}$', description: 'a stateCode, like 8035' })),
    from: Type.Optional(Moment),
    to: Type.Optional(Moment),
    limit: Type.Optional(
      Type.String({ pattern: '^([1-9]\\d{0,2}|1000)$', description: 'a number from 1 to 1000' }),
    ),
  },
  { additionalProperties: false, description: 'appKey, x, stateCode, from, to and limit' },
);

interface CallPath {
  readonly Params: { readonly sessionId: string };
}

/** Calls in progress, of all nodes; calls by X and time; one call with all that is known of it; and what its customer was told of it. */
export function callRoutes(
  fastify: FastifyInstance,
  { sql, sealer, ladderOf, clock }: AdminApiOptions,
): void {
  const checkQuery = inputCheck(CallsQuery, 'invalid-query');

  fastify.get('/calls', async () => {
    const byApp = await countOpenCalls(sql);
    return { open: byApp.reduce((sum, { open }) => sum + open, 0), byApp };
  });

  fastify.get('/calls/search', async ({ query }) => {
    const { from, to, limit, stateCode, ...named } = checkQuery(query);
    const before = to === undefined ? new Date(clock()) : new Date(to);
    const found = await findCalls(sql, sealer, {
      ...named,
      ...(stateCode !== undefined && { stateCode: Number(stateCode) }),
      from: from === undefined ? new Date(before.getTime() - USUAL_WINDOW_MS) : new Date(from),
      to: before,
      limit: Number(limit ?? USUAL_LIMIT),
    });
    return { items: found.map(describeFoundCall) };
  });

  fastify.get<CallPath>('/calls/:sessionId', async ({ params: { sessionId } }) => {
    const journaled = existing('call', sessionId, await journaledCall(sql, sealer, sessionId));
    const [told, kept] = await Promise.all([
      deliveriesOf(sql, sealer, sessionId),
      callDetailOf(sql, journaled.call.appKey, sessionId),
    ]);
    const ladder = kept?.ladder ?? ladderOf(sessionId);
    return describeCall({ ...journaled, deliveries: told?.messages ?? [], ladder, media: kept?.media });
  });

  fastify.get<CallPath>('/calls/:sessionId/deliveries', async ({ params: { sessionId } }) => {
    const told = existing('call with notifications', sessionId, await deliveriesOf(sql, sealer, sessionId));
    return { sessionId, ...told };
  });
}
