import type { FastifyInstance } from 'fastify';
import { deliveriesOf } from '../store/messageHistory.ts';
import { countOpenCalls } from '../store/openCalls.ts';
import type { AdminApiOptions } from './adminApi.ts';
import { existing } from './item.ts';

/** Calls in progress, of all nodes; and what the customer was told of a call, attempt by attempt. */
export function callRoutes(fastify: FastifyInstance, { sql, sealer }: AdminApiOptions): void {
  fastify.get('/calls', async () => {
    const byApp = await countOpenCalls(sql);
    return { open: byApp.reduce((sum, { open }) => sum + open, 0), byApp };
  });

  fastify.get<{ Params: { sessionId: string } }>(
    '/calls/:sessionId/deliveries',
    async ({ params: { sessionId } }) => {
      const told = existing('call with notifications', sessionId, await deliveriesOf(sql, sealer, sessionId));
      return { sessionId, ...told };
    },
  );
}
