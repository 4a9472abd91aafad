import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { deleteDeadLetters, listDeadLetters } from '../store/deadLetters.ts';
import type { AdminApiOptions } from './adminApi.ts';
import { inputCheck } from './inputCheck.ts';
import { existing } from './item.ts';

const USUAL_LIMIT = 100;

const AppKey = Type.String({ minLength: 1, maxLength: 64, description: 'the appKey of an application' });

const DeadLettersQuery = Type.Object(
  {
    appKey: Type.Optional(AppKey),
    offset: Type.Optional(Type.String({ pattern: '^\\d{1,9}$', description: 'a number from 0' })),
    limit: Type.Optional(
      Type.String({ pattern: '^([1-9]\\d{0,2}|1000)$', description: 'a number from 1 to 1000' }),
    ),
  },
  { additionalProperties: false, description: 'appKey, offset and limit' },
);

const ResendBody = Type.Object(
  {
    appKey: AppKey,
    ids: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 128, description: 'the id of a dead letter' }), {
        minItems: 1,
        maxItems: 1000,
        description: 'an array of 1 to 1000 ids; absent for all of the application',
      }),
    ),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

/** Notifications that were given up after their last attempt: read, send again, drop. */
export function deadLetterRoutes(fastify: FastifyInstance, { sql, resend }: AdminApiOptions): void {
  const checkQuery = inputCheck(DeadLettersQuery, 'invalid-query');
  const checkResend = inputCheck(ResendBody);

  fastify.get('/dead-letters', async (request) => {
    const { appKey, offset, limit } = checkQuery(request.query);
    const items = await listDeadLetters(
      { sql },
      { appKey, offset: Number(offset ?? 0), limit: Number(limit ?? USUAL_LIMIT) },
    );
    return { items };
  });

  fastify.post('/dead-letters/resend', async (request) => {
    const { appKey, ids } = checkResend(request.body);
    return { resent: await resend(appKey, ids) };
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
