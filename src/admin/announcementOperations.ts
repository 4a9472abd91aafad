import { Type } from 'typebox';
import type { Operation } from '../openapi/Operation.ts';
import { list, makes, removes, shows } from './adminReplies.ts';
import {
  AnnouncementsQuery,
  Approval,
  AudioQuery,
  OPERATOR,
  Rejection,
  ShownAnnouncement,
  UploadQuery,
} from './announcementFields.ts';

const tag = 'Announcements';
const announcements = { tag, path: '/admin/v1/announcements' } as const;
const oneAnnouncement = {
  tag,
  path: '/admin/v1/announcements/{name}',
  params: { name: 'The file.' },
} as const;
const part = (name: string) => ({ ...oneAnnouncement, path: `${oneAnnouncement.path}/${name}` });

const AudioFile = Type.Unsafe<Buffer>({ type: 'string', format: 'binary' });

/** Files that callers hear. */
export const announcementOperations: readonly Operation[] = [
  {
    ...announcements,
    id: 'uploadAnnouncement',
    method: 'post',
    summary: 'Upload an announcement',
    description:
      'With `AXBRIDGE_ANNOUNCEMENT_REVIEW=on` the file waits until an operator approves it; otherwise it is approved ' +
      'at once. Of a name that exists, callers hear what was approved before until then.',
    query: UploadQuery,
    body: { contentType: 'audio/wav', schema: AudioFile },
    replies: {
      200: { description: 'Taken, under a name that existed.', schema: ShownAnnouncement },
      ...makes(ShownAnnouncement, 'invalid-query', 'invalid-file'),
    },
  },
  {
    ...announcements,
    id: 'listAnnouncements',
    method: 'get',
    summary: 'List announcements',
    description: '`state` is that of what was uploaded last; `approved` is what callers hear.',
    query: AnnouncementsQuery,
    replies: shows(list(ShownAnnouncement), 'invalid-query'),
  },
  {
    ...oneAnnouncement,
    id: 'getAnnouncement',
    method: 'get',
    summary: 'Read what is known of an announcement',
    replies: shows(ShownAnnouncement, 'not-found'),
  },
  {
    ...part('audio'),
    id: 'downloadAnnouncement',
    method: 'get',
    summary: 'Download an announcement',
    query: AudioQuery,
    defaults: { which: 'newest' },
    replies: {
      ...shows(ShownAnnouncement, 'invalid-query', 'not-found', 'file-missing'),
      200: {
        description: 'The file.',
        contentType: 'audio/wav',
        schema: AudioFile,
        headers: { etag: 'Its SHA-256, in quotes.' },
      },
    },
  },
  {
    ...part('approve'),
    id: 'approveAnnouncement',
    method: 'post',
    summary: 'Let callers hear what was uploaded last',
    description:
      'With `sha256` only if that is still what was uploaded last. What was rejected may be approved after all.',
    body: { schema: Approval, isOptional: true },
    defaults: { by: OPERATOR },
    replies: shows(ShownAnnouncement, 'not-found', 'content-changed', 'file-missing'),
  },
  {
    ...part('reject'),
    id: 'rejectAnnouncement',
    method: 'post',
    summary: 'Turn down what was uploaded last',
    description:
      'What was approved before it goes on being heard. What was itself approved is heard no longer, whoever names it: ' +
      "callers hear the product's own announcement of the scene, or nothing.",
    body: { schema: Rejection },
    defaults: { by: OPERATOR },
    replies: shows(ShownAnnouncement, 'not-found'),
  },
  {
    ...oneAnnouncement,
    id: 'removeAnnouncement',
    method: 'delete',
    summary: 'Remove an announcement that nothing uses',
    replies: removes('not-found', 'in-use'),
  },
];
