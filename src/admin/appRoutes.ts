import type { FastifyInstance } from 'fastify';
import { getAccount } from '../store/accounts.ts';
import {
  deleteApp,
  endOldSecret,
  getApp,
  insertApp,
  listApps,
  renewAppSecret,
  updateApp,
} from '../store/apps.ts';
import type { Sql } from '../store/database.ts';
import { listNumbers } from '../store/numbers.ts';
import { maskText } from '../telemetry/fault.ts';
import type { AdminApiOptions } from './adminApi.ts';
import {
  AppPatch,
  AppsQuery,
  changesOf,
  checkMode,
  describeApp,
  describeAppInList,
  NewAppBody,
  newAppOf,
  SecretRenewal,
} from './appFields.ts';
import { checkSwitches } from './appSwitches.ts';
import { inputCheck } from './inputCheck.ts';
import { existing, refuseEmpty } from './item.ts';
import { checkNamedAnnouncements } from './namedAnnouncements.ts';
import { Problem } from './problem.ts';

/** Applications. The secret is shown when it is made and never again. */
export function appRoutes(fastify: FastifyInstance, { sql, sealer, changes }: AdminApiOptions): void {
  const checkNew = inputCheck(NewAppBody);
  const checkPatch = inputCheck(AppPatch);
  const checkRenewal = inputCheck(SecretRenewal);
  const checkQuery = inputCheck(AppsQuery, 'invalid-query');

  fastify.post('/apps', async (request, reply) => {
    const given = checkNew(request.body);
    checkMode(given.mode, given);
    checkSwitches(given.mode, given);
    await checkAccountExists(sql, given.accountId);
    await checkNamedAnnouncements(sql, given);
    const { app, appSecret } = await insertApp(sql, sealer, newAppOf(given));
    changes.publish({ apps: [app.appKey] });
    reply.code(201).header('location', `/admin/v1/apps/${encodeURIComponent(app.appKey)}`);
    return { ...describeApp(app), appSecret };
  });

  fastify.get('/apps', async (request) => {
    const { accountId } = checkQuery(request.query);
    return { items: (await listApps(sql, sealer, accountId)).map(describeAppInList) };
  });

  fastify.get<{ Params: { appKey: string } }>('/apps/:appKey', async ({ params: { appKey } }) =>
    describeApp(existing('application', appKey, await getApp(sql, sealer, appKey))),
  );

  fastify.patch<{ Params: { appKey: string } }>('/apps/:appKey', async ({ params: { appKey }, body }) => {
    const patch = checkPatch(body);
    refuseEmpty(patch);
    const before = existing('application', appKey, await getApp(sql, sealer, appKey));
    checkMode(before.mode, patch);
    checkSwitches(before.mode, patch, before);
    await checkAccountExists(sql, patch.accountId);
    await checkNamedAnnouncements(sql, patch);
    const app = existing('application', appKey, await updateApp(sql, sealer, appKey, changesOf(patch)));
    changes.publish({ apps: [appKey] });
    return describeApp(app);
  });

  fastify.post<{ Params: { appKey: string } }>(
    '/apps/:appKey/secret',
    async ({ params: { appKey }, body }) => {
      const { keepOldSeconds = 0 } = checkRenewal(body ?? {});
      const renewed = await renewAppSecret(sql, sealer, appKey, keepOldSeconds);
      const { secret, oldSecretUntil } = existing('application', appKey, renewed);
      changes.publish({ apps: [appKey] });
      return { appKey, appSecret: secret, ...(oldSecretUntil && { oldSecretUntil }) };
    },
  );

  fastify.delete<{ Params: { appKey: string } }>(
    '/apps/:appKey/old-secret',
    async ({ params: { appKey } }, reply) => {
      existing('old secret of application', appKey, (await endOldSecret(sql, appKey)) || undefined);
      changes.publish({ apps: [appKey] });
      return reply.code(204).send();
    },
  );

  fastify.delete<{ Params: { appKey: string } }>('/apps/:appKey', async ({ params: { appKey } }, reply) => {
    const [number] = await listNumbers(sql, appKey, { limit: 1 });
    if (number !== undefined) {
      throw new Problem(
        'in-use',
        `Application ${appKey} has X numbers (${number.number} …): delete them first.`,
      );
    }
    existing('application', appKey, (await deleteApp(sql, appKey)) || undefined);
    changes.publish({ apps: [appKey] });
    return reply.code(204).send();
  });
}

async function checkAccountExists(sql: Sql, accountId: string | undefined): Promise<void> {
  if (accountId === undefined || (await getAccount(sql, accountId)) !== undefined) return;
  throw new Problem('invalid-body', `accountId: there is no account ${JSON.stringify(maskText(accountId))}.`);
}
