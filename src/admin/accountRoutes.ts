import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import {
  appKeysOf,
  deleteAccount,
  getAccount,
  insertAccount,
  listAccounts,
  updateAccount,
} from '../store/accounts.ts';
import type { Change } from '../store/changes.ts';
import type { AdminApiOptions } from './adminApi.ts';
import { AccountId, Title } from './fields.ts';
import { FrequencyLimit, FrequencyOrNull } from './guardFields.ts';
import { inputCheck } from './inputCheck.ts';
import { existing, refuseEmpty } from './item.ts';

/** With more applications, it is cheaper to forget everything once: as in migration 001. */
const MOST_APPS_IN_NEWS = 100;

export const NewAccountBody = Type.Object(
  { accountId: AccountId, name: Title, callFrequency: Type.Optional(FrequencyLimit) },
  { additionalProperties: false, description: 'a JSON object' },
);

export const AccountPatch = Type.Object(
  {
    name: Type.Optional(Title),
    state: Type.Optional(Type.Enum(['normal', 'frozen'], { description: 'normal or frozen' })),
    callFrequency: Type.Optional(FrequencyOrNull),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

/** Customers' accounts. Applications belong to them; the default one is there from the start. */
export function accountRoutes(fastify: FastifyInstance, { sql, changes }: AdminApiOptions): void {
  const checkNew = inputCheck(NewAccountBody);
  const checkPatch = inputCheck(AccountPatch);

  const newsOf = async (accountId: string): Promise<Change> => {
    const apps = await appKeysOf(sql, accountId, MOST_APPS_IN_NEWS + 1);
    return apps.length > MOST_APPS_IN_NEWS ? { everything: true } : { apps };
  };

  fastify.post('/accounts', async (request, reply) => {
    const account = await insertAccount(sql, checkNew(request.body));
    reply.code(201).header('location', `/admin/v1/accounts/${account.accountId}`);
    return account;
  });

  fastify.get('/accounts', async () => ({ items: await listAccounts(sql) }));

  fastify.get<{ Params: { accountId: string } }>('/accounts/:accountId', async ({ params: { accountId } }) =>
    existing('account', accountId, await getAccount(sql, accountId)),
  );

  fastify.patch<{ Params: { accountId: string } }>(
    '/accounts/:accountId',
    async ({ params: { accountId }, body }) => {
      const patch = checkPatch(body);
      refuseEmpty(patch);
      const account = existing('account', accountId, await updateAccount(sql, accountId, patch));
      changes.publish(await newsOf(accountId));
      return account;
    },
  );

  fastify.delete<{ Params: { accountId: string } }>(
    '/accounts/:accountId',
    async ({ params: { accountId } }, reply) => {
      existing('account', accountId, (await deleteAccount(sql, accountId)) || undefined);
      return reply.code(204).send();
    },
  );
}
