import {
  type CommandGroup,
  done,
  field,
  needed,
  type Option,
  queryOf,
  tableOf,
  UsageError,
} from './command.ts';
import { isRecord } from './isRecord.ts';

/** Options that say which dead letters are meant, and the names under which the admin API knows them. */
const SEARCH: Readonly<Record<string, Option & { readonly name: string }>> = {
  app: { name: 'appKey', value: 'APPKEY', meaning: 'of this application' },
  session: { name: 'sessionId', value: 'SESSIONID', meaning: 'about this call' },
  kind: { name: 'kind', value: 'KIND', meaning: 'event, record or number' },
  error: { name: 'error', value: 'TEXT', meaning: 'whose last error holds this, like "status 503"' },
  from: { name: 'from', value: 'TIME', meaning: 'given up at this time or later, as 2026-01-31T08:00:00Z' },
  to: { name: 'to', value: 'TIME', meaning: 'given up before this time' },
};

const NAMES = Object.fromEntries(Object.entries(SEARCH).map(([option, { name }]) => [option, name]));

/** Notifications that were given up after their last attempt. */
export const DEAD_LETTERS: CommandGroup = {
  purpose: 'notifications that were given up',
  commands: {
    list: {
      purpose: 'list notifications that were given up, the latest first, 100 at a time',
      options: {
        ...SEARCH,
        offset: { value: 'NUMBER', meaning: 'leave out so many of the latest' },
        limit: { value: 'NUMBER', meaning: 'list so many, at most 1000' },
      },
      examples: ['dead-letter list', "dead-letter list --app ride-1 --error 'status 503'"],
      ask: (admin, options) =>
        admin.get(`/dead-letters?${queryOf(options, { ...NAMES, offset: 'offset', limit: 'limit' })}`),
      present: tableOf('no notification was given up', [
        { heading: 'GIVEN UP', show: field('givenUpAt') },
        { heading: 'APP KEY', show: field('appKey') },
        { heading: 'KIND', show: field('kind') },
        { heading: 'ATTEMPTS', show: field('attempts') },
        { heading: 'LAST ERROR', show: field('lastError') },
        { heading: 'ID', show: field('id') },
        {
          heading: 'CALLS',
          show: ({ kind, sessionIds }) => (kind === 'number' ? undefined : callsOf(sessionIds)),
        },
      ]),
    },
    resend: {
      purpose: 'send notifications that were given up again: all to which the options apply',
      options: {
        ...SEARCH,
        id: { value: 'ID', meaning: 'this one; several with commas' },
      },
      subject: 'id',
      examples: [
        'dead-letter resend event_1200_77_0_20260105040001_3',
        'dead-letter resend --from 2026-01-05T04:00:00Z --to 2026-01-05T09:30:00Z',
      ],
      ask: (admin, options) => {
        const { id } = options;
        const search = {
          ...Object.fromEntries(queryOf(options, NAMES)),
          ...(typeof id === 'string' && { ids: id.split(',') }),
        };
        if (Object.keys(search).length === 0) {
          const known = ['id', ...Object.keys(SEARCH)].map((name) => `--${name}`);
          throw new UsageError(`dead-letter resend: expected at least one of ${known.join(', ')}`);
        }
        return admin.post('/dead-letters/resend', search);
      },
      present: (answer) =>
        isRecord(answer) ? `notifications on their way again: ${answer.resent}` : 'no answer',
    },
    remove: {
      purpose: 'drop a notification that was given up: it is never sent',
      options: {
        id: { value: 'ID', meaning: 'the notification' },
        app: { value: 'APPKEY', meaning: 'its application' },
      },
      subject: 'id',
      examples: ['dead-letter remove event_1200_77_0_20260105040001_3 --app ride-1'],
      ask: async (admin, options) => {
        const app = needed('dead-letter remove', options, 'app', 'the key of its application');
        const id = needed('dead-letter remove', options, 'id', 'the id of a notification');
        return admin.delete(`/dead-letters/${encodeURIComponent(app)}/${encodeURIComponent(id)}`);
      },
      present: done,
    },
  },
};

function callsOf(sessionIds: unknown): unknown {
  if (!Array.isArray(sessionIds) || sessionIds.length <= 1) return sessionIds;
  return `${sessionIds[0]} and ${sessionIds.length - 1} more`;
}
