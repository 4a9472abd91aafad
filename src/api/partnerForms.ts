import type { FastifyRequest } from 'fastify';
import type { CallDirection } from '../../routing/types.ts';

/** How every answer begins that is no refusal (facts 1.4). */
export const SUCCESS = { resultcode: '0', resultdesc: 'Success' };

/** Some clients send the fields of a DELETE as a JSON body (facts 2.2); the query wins where both name one. */
export function queryOrBody({ query, body }: FastifyRequest): unknown {
  return body !== null && typeof body === 'object' && query !== null && typeof query === 'object'
    ? { ...body, ...query }
    : query;
}

/** A `callDirection` that has passed its field check. */
export function directionOf(value: number): CallDirection {
  return value === 1 || value === 2 ? value : 0;
}

/** `subscribeTime`: UTC as `yyyy-MM-dd HH:mm:ss` (facts 2.4). */
export function utcTime(time: Date): string {
  return time.toISOString().slice(0, 19).replace('T', ' ');
}
