import { isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { listBlockedAddresses, unblockAddress } from '../store/blockedAddresses.ts';
import { sourceOf } from '../store/sourceOf.ts';
import { maskText } from '../telemetry/fault.ts';
import type { AdminApiOptions } from './adminApi.ts';
import { existing } from './item.ts';
import { Problem } from './problem.ts';

const MOST_LISTED = 1000;

/** Addresses that sent wrong credentials to the partner API too often. */
export function blockedAddressRoutes(fastify: FastifyInstance, { sql, blocks }: AdminApiOptions): void {
  fastify.get('/blocked-addresses', async () => ({ items: await listBlockedAddresses(sql, MOST_LISTED) }));

  fastify.delete<{ Params: { address: string } }>(
    '/blocked-addresses/:address',
    async ({ params: { address } }, reply) => {
      // The list names the network of an IPv6 address.
      const plain = address.replace(/::\/64$/, '::');
      if (isIP(plain) === 0) {
        throw new Problem('invalid-query', `${JSON.stringify(maskText(address))}: expected an IP address.`);
      }
      existing('blocked address', address, (await unblockAddress(sql, sourceOf(plain))) || undefined);
      await blocks.reload();
      return reply.code(204).send();
    },
  );
}
