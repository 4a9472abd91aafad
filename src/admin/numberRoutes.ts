import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { getApp } from '../store/apps.ts';
import type { Sql } from '../store/database.ts';
import {
  deleteNumber,
  getNumber,
  insertNumbers,
  listNumbers,
  type NewNumber,
  type StoredNumber,
  updateNumber,
} from '../store/numbers.ts';
import { StoreError } from '../store/StoreError.ts';
import type { AdminApiOptions } from './adminApi.ts';
import { AppKey, AreaCode, E164 } from './fields.ts';
import { inputCheck } from './inputCheck.ts';
import { existing, refuseEmpty } from './item.ts';
import { Problem } from './problem.ts';

/** Most numbers of one request or one page. */
const MOST_NUMBERS = 1000;

const NewNumbersBody = Type.Object(
  {
    appKey: AppKey,
    numbers: Type.Array(
      Type.Object(
        { number: E164, areaCode: Type.Optional(AreaCode) },
        {
          additionalProperties: false,
          description: 'an object like {"number":"+8617000005001","areaCode":"0571"}',
        },
      ),
      { minItems: 1, maxItems: MOST_NUMBERS, description: `an array of 1 to ${MOST_NUMBERS} numbers` },
    ),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

const NumberPatch = Type.Object(
  {
    areaCode: Type.Optional(AreaCode),
    state: Type.Optional(
      Type.Enum(['normal', 'suspended', 'unavailable', 'bind-frozen'], {
        description: 'normal, suspended, unavailable or bind-frozen',
      }),
    ),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

const NumbersQuery = Type.Object(
  {
    appKey: Type.Optional(AppKey),
    after: Type.Optional(E164),
    limit: Type.Optional(
      Type.String({ pattern: '^([1-9]\\d{0,2}|1000)$', description: `a number from 1 to ${MOST_NUMBERS}` }),
    ),
  },
  { additionalProperties: false, description: 'appKey, after and limit' },
);

/** X numbers. */
export function numberRoutes(fastify: FastifyInstance, { sql, sealer, changes }: AdminApiOptions): void {
  const checkNew = inputCheck(NewNumbersBody);
  const checkPatch = inputCheck(NumberPatch);
  const checkQuery = inputCheck(NumbersQuery, 'invalid-query');

  fastify.post('/numbers', async (request, reply) => {
    const { appKey, numbers } = checkNew(request.body);
    if ((await getApp(sql, sealer, appKey)) === undefined) {
      throw new Problem('invalid-body', `appKey: there is no application ${JSON.stringify(appKey)}.`);
    }
    const items = await insertAll(sql, appKey, numbers);
    changes.publish({ numbers: items.map((item) => item.number) });
    reply.code(201);
    return { items };
  });

  fastify.get('/numbers', async (request) => {
    const { appKey, after, limit } = checkQuery(request.query);
    const most = Number(limit ?? MOST_NUMBERS);
    const items = await listNumbers(sql, appKey, { ...(after !== undefined && { after }), limit: most });
    return { items, ...(items.length === most && { next: items.at(-1)?.number }) };
  });

  fastify.get<{ Params: { number: string } }>('/numbers/:number', async ({ params: { number } }) =>
    existing('number', number, await getNumber(sql, number)),
  );

  fastify.patch<{ Params: { number: string } }>('/numbers/:number', async ({ params: { number }, body }) => {
    const patch = checkPatch(body);
    refuseEmpty(patch);
    const item = existing('number', number, await updateNumber(sql, number, patch));
    changes.publish({ numbers: [number] });
    return item;
  });

  fastify.delete<{ Params: { number: string } }>(
    '/numbers/:number',
    async ({ params: { number } }, reply) => {
      switch (await deleteNumber(sql, number)) {
        case 'unknown':
          return existing('number', number, undefined);
        case 'in-use':
          throw new Problem('in-use', `Bindings stand on ${number}: unbind them first.`);
        case 'deleted':
          changes.publish({ numbers: [number] });
          return reply.code(204).send();
      }
    },
  );
}

async function insertAll(sql: Sql, appKey: string, numbers: readonly NewNumber[]): Promise<StoredNumber[]> {
  const seen = new Set<string>();
  for (const { number } of numbers) {
    if (seen.has(number)) throw new Problem('invalid-body', `numbers: ${number} is named twice.`);
    seen.add(number);
  }
  try {
    return await insertNumbers(sql, appKey, numbers);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'ALREADY_EXISTS') throw error;
    for (const number of seen) {
      const owner = (await getNumber(sql, number))?.appKey;
      if (owner !== undefined)
        throw new Problem('already-exists', `${number} belongs to application ${owner}.`);
    }
    throw error;
  }
}
