import type { FastifyInstance } from 'fastify';
import { callDetailOf } from '../store/callDetails.ts';
import { journaledCall } from '../store/journaledCall.ts';
import { deliveriesOf } from '../store/messageHistory.ts';
import { countOpenCalls } from '../store/openCalls.ts';
import type { AdminApiOptions } from './adminApi.ts';
import { describeCall } from './describeCall.ts';
import { existing } from './item.ts';

interface CallPath {
  readonly Params: { readonly sessionId: string };
}

/** Calls in progress, of all nodes; one call with all that is known of it; and what its customer was told of it. */
export function callRoutes(fastify: FastifyInstance, { sql, sealer, ladderOf }: AdminApiOptions): void {
  fastify.get('/calls', async () => {
    const byApp = await countOpenCalls(sql);
    return { open: byApp.reduce((sum, { open }) => sum + open, 0), byApp };
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
