import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { maskNumber } from '../../routing/numbers.ts';
import { getApp } from '../store/apps.ts';
import {
  type BlackListEntry,
  deleteBlackListEntry,
  deleteBlockedNumber,
  getBlackListEntry,
  listBlackList,
  putBlackListEntry,
} from '../store/blackListEntries.ts';
import { maskText } from '../telemetry/fault.ts';
import type { AdminApiOptions } from './adminApi.ts';
import { AppKey, E164 } from './fields.ts';
import { inputCheck } from './inputCheck.ts';
import { existing } from './item.ts';
import { MOST_ITEMS, QueryLimit } from './pages.ts';
import { Problem } from './problem.ts';

/** Ids of the database are integers of 32 bits. */
const LARGEST_ID = 2_147_483_647;

const BlockedNumber = { number: E164, appKey: Type.Optional(AppKey) };

export const NewEntryBody = Type.Object(
  {
    ...BlockedNumber,
    blocks: Type.Enum(['caller', 'callee', 'both'], { description: 'caller, callee or both' }),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

export const EntryToDeleteBody = Type.Object(BlockedNumber, {
  additionalProperties: false,
  description: 'a JSON object with number, and with appKey where it is blocked in one application only',
});

export const ListQuery = Type.Object(
  {
    appKey: Type.Optional(AppKey),
    after: Type.Optional(Type.String({ pattern: '^\\d{1,9}$', description: 'the id of an entry' })),
    limit: QueryLimit,
  },
  { additionalProperties: false, description: 'appKey, after and limit' },
);

/**
 * Numbers that may not call (7005) or not be called (7004), through one application or through any. An entry is named
 * by its id, or by its number in a body: a person's number does not belong into a path, where logs of proxies find it.
 * Calls of this node see a change before it is answered, those of others well within a second.
 */
export function blackListRoutes(fastify: FastifyInstance, { sql, sealer, blackList }: AdminApiOptions): void {
  const checkNew = inputCheck(NewEntryBody);
  const checkToDelete = inputCheck(EntryToDeleteBody);
  const checkQuery = inputCheck(ListQuery, 'invalid-query');

  fastify.post('/blacklist', async (request, reply) => {
    const given = checkNew(request.body);
    const { appKey } = given;
    if (appKey !== undefined && (await getApp(sql, sealer, appKey)) === undefined) {
      throw new Problem(
        'invalid-body',
        `appKey: there is no application ${JSON.stringify(maskText(appKey))}.`,
      );
    }
    const { entry, isNew } = await putBlackListEntry(sql, sealer, given);
    await blackList.reload();
    reply.code(isNew ? 201 : 200).header('location', `/admin/v1/blacklist/${entry.id}`);
    return describe(entry);
  });

  fastify.get('/blacklist', async (request) => {
    const { appKey, after = 0, limit = MOST_ITEMS } = checkQuery(request.query);
    const page = { after: Number(after), limit: Number(limit) };
    const items = (await listBlackList(sql, sealer, appKey, page)).map(describe);
    return { items, ...(items.length === page.limit && { next: items.at(-1)?.id }) };
  });

  fastify.get<{ Params: { id: string } }>('/blacklist/:id', async ({ params: { id } }) =>
    describe(existing('entry of the black list', id, await getBlackListEntry(sql, sealer, idOf(id)))),
  );

  fastify.delete<{ Params: { id: string } }>('/blacklist/:id', async ({ params: { id } }, reply) => {
    existing('entry of the black list', id, (await deleteBlackListEntry(sql, idOf(id))) || undefined);
    await blackList.reload();
    return reply.code(204).send();
  });

  fastify.delete('/blacklist', async ({ body }, reply) => {
    const blocked = checkToDelete(body);
    const { number, appKey } = blocked;
    if (!(await deleteBlockedNumber(sql, sealer, blocked))) {
      const where = appKey === undefined ? 'for every application' : `for application ${appKey}`;
      throw new Problem('not-found', `${maskNumber(number)} is not blocked ${where}.`);
    }
    await blackList.reload();
    return reply.code(204).send();
  });
}

/** 0 is no entry's id. */
function idOf(text: string): number {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  return id <= LARGEST_ID ? id : 0;
}

function describe({
  number,
  ...entry
}: BlackListEntry): Omit<BlackListEntry, 'number'> & { readonly number: string } {
  return { ...entry, number: maskNumber(number) };
}
