import { Type } from 'typebox';
import type { Announcement, AnnouncementContent } from '../store/announcements.ts';
import { Count, Text, Time } from './adminReplies.ts';
import { AnnouncementName } from './fields.ts';

const Note = Type.String({ minLength: 1, maxLength: 256, description: 'a text of 1 to 256 characters' });
const By = Type.Optional(
  Type.String({ minLength: 1, maxLength: 64, description: 'who says so, a text of 1 to 64 characters' }),
);

/** Who has said so where nobody gave a name. */
export const OPERATOR = 'operator';

export const UploadQuery = Type.Object(
  { name: AnnouncementName, note: Type.Optional(Note) },
  { additionalProperties: false, description: 'the query ?name=<file name>.wav' },
);

const State = Type.Enum(['pending', 'approved', 'rejected'], {
  description: 'pending, approved or rejected',
});

export const AnnouncementsQuery = Type.Object(
  { state: Type.Optional(State) },
  { additionalProperties: false, description: 'state' },
);

export const AudioQuery = Type.Object(
  {
    which: Type.Optional(
      Type.Enum(['newest', 'approved'], {
        description: 'newest (what was uploaded last) or approved (what callers hear)',
      }),
    ),
  },
  { additionalProperties: false, description: 'which' },
);

export const Approval = Type.Object(
  {
    by: By,
    sha256: Type.Optional(
      Type.String({
        pattern: '^[0-9a-f]{64}$',
        description: 'the SHA-256 of what was listened to, in 64 hexadecimal digits',
      }),
    ),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

export const Rejection = Type.Object(
  { cause: Note, by: By },
  { additionalProperties: false, description: 'a JSON object' },
);

const content = {
  note: Type.Optional(Text),
  bytes: Count,
  seconds: Type.Number(),
  sha256: Text,
  createdAt: Time,
  reviewedAt: Type.Optional(Time),
  reviewedBy: Type.Optional(Text),
};

/** An announcement as an answer shows it: what was uploaded last, and in `approved` what callers hear. */
export const ShownAnnouncement = Type.Object({
  name: Text,
  state: State,
  ...content,
  cause: Type.Optional(Text),
  approved: Type.Optional(Type.Object(content)),
});

/** An announcement as an answer shows it. */
export function describeAnnouncement({ name, newest, approved }: Announcement): object {
  return { name, ...newest, ...(approved && { approved: withoutState(approved) }) };
}

function withoutState({ state: _, ...rest }: AnnouncementContent): object {
  return rest;
}
