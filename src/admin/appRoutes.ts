import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { getAnnouncement } from '../store/announcements.ts';
import { deleteApp, getApp, insertApp, listApps, renewAppSecret, updateApp } from '../store/apps.ts';
import type { Sql } from '../store/database.ts';
import { listNumbers } from '../store/numbers.ts';
import type { AdminApiOptions } from './adminApi.ts';
import { AnnouncementName, Title, WebUrl } from './fields.ts';
import { inputCheck } from './inputCheck.ts';
import { existing, refuseEmpty } from './item.ts';
import { Problem } from './problem.ts';

const recording = Type.Boolean({ description: 'true or false' });

/** Own announcements in place of the product's, by scene. */
const Announcements = Type.Object(
  { 'no-binding': Type.Optional(AnnouncementName), 'no-permission': Type.Optional(AnnouncementName) },
  { additionalProperties: false, description: 'an object of announcement file names by scene' },
);

const UrlOrNull = Type.Union([WebUrl, Type.Null()], {
  description: 'an http or https URL without user name and fragment, or null',
});

const NewAppBody = Type.Object(
  {
    name: Title,
    mode: Type.Enum(['AXB', 'AX', 'AXE', 'AXYB', 'X'], { description: 'AXB, AX, AXE, AXYB or X' }),
    recording: Type.Optional(recording),
    statusUrl: Type.Optional(WebUrl),
    feeUrl: Type.Optional(WebUrl),
    numberStatusUrl: Type.Optional(WebUrl),
    announcements: Type.Optional(Announcements),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

const AppPatch = Type.Object(
  {
    name: Type.Optional(Title),
    state: Type.Optional(Type.Enum(['normal', 'frozen'], { description: 'normal or frozen' })),
    recording: Type.Optional(recording),
    statusUrl: Type.Optional(UrlOrNull),
    feeUrl: Type.Optional(UrlOrNull),
    numberStatusUrl: Type.Optional(UrlOrNull),
    announcements: Type.Optional(Announcements),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

/** Applications. The secret is shown when it is made and never again. */
export function appRoutes(fastify: FastifyInstance, { sql, sealer, changes }: AdminApiOptions): void {
  const checkNew = inputCheck(NewAppBody);
  const checkPatch = inputCheck(AppPatch);

  fastify.post('/apps', async (request, reply) => {
    const given = checkNew(request.body);
    await checkFilesExist(sql, given.announcements);
    const { app, appSecret } = await insertApp(sql, sealer, given);
    changes.publish({ apps: [app.appKey] });
    reply.code(201).header('location', `/admin/v1/apps/${encodeURIComponent(app.appKey)}`);
    return { ...app, appSecret };
  });

  fastify.get('/apps', async () => ({ items: await listApps(sql) }));

  fastify.get<{ Params: { appKey: string } }>('/apps/:appKey', async ({ params: { appKey } }) =>
    existing('application', appKey, await getApp(sql, appKey)),
  );

  fastify.patch<{ Params: { appKey: string } }>('/apps/:appKey', async ({ params: { appKey }, body }) => {
    const patch = checkPatch(body);
    refuseEmpty(patch);
    await checkFilesExist(sql, patch.announcements);
    const app = existing('application', appKey, await updateApp(sql, appKey, patch));
    changes.publish({ apps: [appKey] });
    return app;
  });

  fastify.post<{ Params: { appKey: string } }>('/apps/:appKey/secret', async ({ params: { appKey } }) => {
    const appSecret = existing('application', appKey, await renewAppSecret(sql, sealer, appKey));
    changes.publish({ apps: [appKey] });
    return { appKey, appSecret };
  });

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

async function checkFilesExist(
  sql: Sql,
  announcements: Readonly<Record<string, string>> = {},
): Promise<void> {
  for (const [scene, name] of Object.entries(announcements)) {
    if ((await getAnnouncement(sql, name)) === undefined) {
      throw new Problem(
        'invalid-body',
        `announcements.${scene}: there is no announcement "${name}"; upload it first.`,
      );
    }
  }
}
