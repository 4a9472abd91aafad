import type { FastifyInstance } from 'fastify';
import { countOpenCalls } from '../store/openCalls.ts';
import type { AdminApiOptions } from './adminApi.ts';

/** Calls in progress, of all nodes. */
export function callRoutes(fastify: FastifyInstance, { sql }: AdminApiOptions): void {
  fastify.get('/calls', async () => {
    const byApp = await countOpenCalls(sql);
    return { open: byApp.reduce((sum, { open }) => sum + open, 0), byApp };
  });
}
