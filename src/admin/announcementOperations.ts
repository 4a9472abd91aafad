import { Type } from 'typebox';
import type { Operation } from '../openapi/Operation.ts';
import { Count, list, makes, removes, shows, Text, Time } from './adminReplies.ts';
import { UploadQuery } from './announcementRoutes.ts';

const Announcement = Type.Object({
  name: Text,
  bytes: Count,
  seconds: Type.Number(),
  sha256: Text,
  createdAt: Time,
});

const announcements = { tag: 'Announcements', path: '/admin/v1/announcements' } as const;
const oneAnnouncement = {
  tag: 'Announcements',
  path: '/admin/v1/announcements/{name}',
  params: { name: 'The file.' },
} as const;

/** Files that callers hear. */
export const announcementOperations: readonly Operation[] = [
  {
    ...announcements,
    id: 'uploadAnnouncement',
    method: 'post',
    summary: 'Upload an announcement',
    description: 'A file of the same name is replaced at once.',
    query: UploadQuery,
    body: { contentType: 'audio/wav', schema: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) },
    replies: {
      200: { description: 'Replaced.', schema: Announcement },
      ...makes(Announcement, 'invalid-query', 'invalid-file'),
    },
  },
  {
    ...announcements,
    id: 'listAnnouncements',
    method: 'get',
    summary: 'List announcements',
    replies: shows(list(Announcement)),
  },
  {
    ...oneAnnouncement,
    id: 'getAnnouncement',
    method: 'get',
    summary: 'Read what is known of an announcement',
    replies: shows(Announcement, 'not-found'),
  },
  {
    ...oneAnnouncement,
    id: 'removeAnnouncement',
    method: 'delete',
    summary: 'Remove an announcement that nothing uses',
    replies: removes('not-found', 'in-use'),
  },
];
