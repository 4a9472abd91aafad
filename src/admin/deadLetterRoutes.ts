import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { type DeadLetterSearch, deleteDeadLetters, listDeadLetters } from '../store/deadLetters.ts';
import type { AdminApiOptions } from './adminApi.ts';
import { AppKey, Moment, SessionId } from './fields.ts';
import { inputCheck } from './inputCheck.ts';
import { existing } from './item.ts';
import { QueryLimit, USUAL_ITEMS } from './pages.ts';
import { Problem } from './problem.ts';

/** What a search may name; a letter is meant when all of it applies. */
const SEARCH = {
  appKey: Type.Optional(AppKey),
  sessionId: Type.Optional(SessionId),
  kind: Type.Optional(
    Type.Enum(['event', 'record', 'number'], {
      description: 'event (of a call), record (of calls) or number (states of X numbers)',
    }),
  ),
  error: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 128,
      description: 'a part of the last error, like ECONNREFUSED or status 503',
    }),
  ),
  from: Type.Optional(Moment),
  to: Type.Optional(Moment),
};

export const DeadLettersQuery = Type.Object(
  {
    ...SEARCH,
    offset: Type.Optional(Type.String({ pattern: '^\\d{1,9}$', description: 'a number from 0' })),
    limit: QueryLimit,
  },
  { additionalProperties: false, description: `${Object.keys(SEARCH).join(', ')}, offset and limit` },
);

export const ResendBody = Type.Object(
  {
    ...SEARCH,
    ids: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 128, description: 'the id of a dead letter' }), {
        minItems: 1,
        maxItems: 1000,
        description: 'an array of 1 to 1000 ids',
      }),
    ),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

/**
 * Notifications that were given up after their last attempt: searched, sent again, dropped. `from` and `to` are about
 * the moment when they were given up; `to` itself is not included. What was sent again stands in the history of its call.
 */
export function deadLetterRoutes(fastify: FastifyInstance, { sql, resend }: AdminApiOptions): void {
  const checkQuery = inputCheck(DeadLettersQuery, 'invalid-query');
  const checkResend = inputCheck(ResendBody);

  fastify.get('/dead-letters', async ({ query }) => {
    const { offset, limit, ...given } = checkQuery(query);
    const page = { offset: Number(offset ?? 0), limit: Number(limit ?? USUAL_ITEMS) };
    return { items: await listDeadLetters({ sql }, { ...searchOf(given), ...page }) };
  });

  fastify.post('/dead-letters/resend', async ({ body }) => {
    const given = checkResend(body);
    if (Object.keys(given).length === 0) {
      const names = Object.keys(ResendBody.properties).join(', ');
      throw new Problem('invalid-body', `The request: expected at least one of ${names}, got none.`);
    }
    return { resent: await resend(searchOf(given)) };
  });

  fastify.delete<{ Params: { appKey: string; id: string } }>(
    '/dead-letters/:appKey/:id',
    async ({ params: { appKey, id } }, reply) => {
      const deleted = await deleteDeadLetters({ sql }, appKey, [id]);
      existing('dead letter', id, deleted > 0 || undefined);
      return reply.code(204).send();
    },
  );
}

function searchOf({ from, to, ...given }: Static<typeof ResendBody>): DeadLetterSearch {
  return {
    ...given,
    ...(from !== undefined && { from: new Date(from) }),
    ...(to !== undefined && { to: new Date(to) }),
  };
}
