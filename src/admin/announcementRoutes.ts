import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  announcementUsers,
  deleteAnnouncement,
  getAnnouncement,
  listAnnouncements,
  putAnnouncement,
} from '../store/announcements.ts';
import type { AdminApiOptions } from './adminApi.ts';
import { ANNOUNCEMENT_BYTES, checkAnnouncement } from './announcementFile.ts';
import { AnnouncementName } from './fields.ts';
import { inputCheck } from './inputCheck.ts';
import { existing } from './item.ts';
import { Problem } from './problem.ts';

export const UploadQuery = Type.Object(
  { name: AnnouncementName },
  { additionalProperties: false, description: 'the query ?name=<file name>.wav' },
);

/**
 * Announcement files. The body of an upload is the file itself, whatever `Content-Type` says. A file of the same
 * name is replaced at once and whole; what plays the old one goes on with it.
 * The folder belongs to one machine: nodes on several machines must share it.
 */
export function announcementRoutes(
  fastify: FastifyInstance,
  { sql, announcementsDir }: AdminApiOptions,
): void {
  const checkUpload = inputCheck(UploadQuery, 'invalid-query');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: ANNOUNCEMENT_BYTES },
    async (_request: FastifyRequest, body: Buffer) => body,
  );

  fastify.post('/announcements', { bodyLimit: ANNOUNCEMENT_BYTES }, async (request, reply) => {
    const { name } = checkUpload(request.query);
    const { body } = request;
    if (!Buffer.isBuffer(body))
      throw new Problem('invalid-file', 'The body: expected a WAV file, got nothing.');
    const { seconds } = checkAnnouncement(body);
    const known = await getAnnouncement(sql, name);
    await replaceFile(announcementsDir, name, body);
    const sha256 = createHash('sha256').update(body).digest('hex');
    const announcement = await putAnnouncement(sql, { name, bytes: body.length, seconds, sha256 });
    reply.code(known === undefined ? 201 : 200).header('location', `/admin/v1/announcements/${name}`);
    return announcement;
  });

  fastify.get('/announcements', async () => ({ items: await listAnnouncements(sql) }));

  fastify.get<{ Params: { name: string } }>('/announcements/:name', async ({ params: { name } }) =>
    existing('announcement', name, await getAnnouncement(sql, name)),
  );

  fastify.delete<{ Params: { name: string } }>(
    '/announcements/:name',
    async ({ params: { name } }, reply) => {
      existing('announcement', name, await getAnnouncement(sql, name));
      const { apps, bindings } = await announcementUsers(sql, name);
      if (apps.length > 0 || bindings > 0) {
        const users = [
          ...(apps.length > 0 ? [`applications ${apps.join(', ')}`] : []),
          ...(bindings > 0 ? [`${bindings} bindings`] : []),
        ];
        throw new Problem('in-use', `${name} is in use by ${users.join(' and ')}.`);
      }
      await deleteAnnouncement(sql, name);
      await rm(join(announcementsDir, name), { force: true });
      return reply.code(204).send();
    },
  );
}

/** Writes a file so that a reader sees the old one or the new one, and a crash leaves one of them. */
async function replaceFile(folder: string, name: string, content: Buffer): Promise<void> {
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `.${randomUUID()}.part`);
  try {
    const file = await open(draft, 'wx', 0o644);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, join(folder, name));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
