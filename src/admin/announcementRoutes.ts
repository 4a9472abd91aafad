import type { FastifyInstance, FastifyRequest } from 'fastify';
import { getAnnouncement, listAnnouncements } from '../store/announcements.ts';
import { AnnouncementDesk } from './AnnouncementDesk.ts';
import type { AdminApiOptions } from './adminApi.ts';
import {
  AnnouncementsQuery,
  Approval,
  AudioQuery,
  describeAnnouncement,
  OPERATOR,
  Rejection,
  UploadQuery,
} from './announcementFields.ts';
import { ANNOUNCEMENT_BYTES } from './announcementFile.ts';
import { inputCheck } from './inputCheck.ts';
import { existing } from './item.ts';
import { Problem } from './problem.ts';

/** Announcements: their files, and the word of who has listened to them. */
export async function announcementRoutes(
  fastify: FastifyInstance,
  { sql, changes, announcementsDir, reviewsAnnouncements }: AdminApiOptions,
): Promise<void> {
  const desk = new AnnouncementDesk({
    sql,
    changes,
    folder: announcementsDir,
    reviews: reviewsAnnouncements,
  });
  const checkQuery = inputCheck(AnnouncementsQuery, 'invalid-query');
  const checkAudioQuery = inputCheck(AudioQuery, 'invalid-query');
  const checkApproval = inputCheck(Approval);
  const checkRejection = inputCheck(Rejection);

  fastify.get('/announcements', async ({ query }) => {
    const { state } = checkQuery(query);
    return { items: (await listAnnouncements(sql, state)).map(describeAnnouncement) };
  });

  fastify.get<{ Params: { name: string } }>('/announcements/:name', async ({ params: { name } }) =>
    describeAnnouncement(existing('announcement', name, await getAnnouncement(sql, name))),
  );

  fastify.get<{ Params: { name: string } }>(
    '/announcements/:name/audio',
    async ({ params: { name }, query }, reply) => {
      const { which = 'newest' } = checkAudioQuery(query);
      const { file, sha256 } = await desk.open(name, which);
      return reply
        .type('audio/wav')
        .header('content-disposition', `attachment; filename="${name}"`)
        .header('etag', `"${sha256}"`)
        .send(file);
    },
  );

  fastify.post<{ Params: { name: string } }>(
    '/announcements/:name/approve',
    async ({ params: { name }, body }) => {
      const { by = OPERATOR, sha256 } = checkApproval(body ?? {});
      return describeAnnouncement(await desk.approve(name, by, sha256));
    },
  );

  fastify.post<{ Params: { name: string } }>(
    '/announcements/:name/reject',
    async ({ params: { name }, body }) => {
      const { by = OPERATOR, cause } = checkRejection(body);
      return describeAnnouncement(await desk.reject(name, { by, cause }));
    },
  );

  fastify.delete<{ Params: { name: string } }>(
    '/announcements/:name',
    async ({ params: { name } }, reply) => {
      await desk.remove(name);
      return reply.code(204).send();
    },
  );

  await fastify.register(async (files) => uploadRoute(files, desk));
}

/** The body of an upload is the file itself, whatever `Content-Type` says. */
function uploadRoute(fastify: FastifyInstance, desk: AnnouncementDesk): void {
  const checkUpload = inputCheck(UploadQuery, 'invalid-query');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: ANNOUNCEMENT_BYTES },
    async (_request: FastifyRequest, body: Buffer) => body,
  );

  fastify.post('/announcements', { bodyLimit: ANNOUNCEMENT_BYTES }, async ({ query, body }, reply) => {
    const { name, note } = checkUpload(query);
    if (!Buffer.isBuffer(body))
      throw new Problem('invalid-file', 'The body: expected a WAV file, got nothing.');
    const { announcement, isNew } = await desk.upload(name, body, note);
    reply.code(isNew ? 201 : 200).header('location', `/admin/v1/announcements/${encodeURIComponent(name)}`);
    return describeAnnouncement(announcement);
  });
}
