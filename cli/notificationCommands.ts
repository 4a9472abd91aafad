import { type Command, field, needed, type Options, tableOf, UsageError } from './command.ts';
import { isRecord } from './explanation.ts';
import { formatTable } from './table.ts';

/** Options that say which dead letters are meant, and the names under which the admin API knows them. */
const SEARCH: Readonly<
  Record<string, { readonly name: string; readonly value: string; readonly meaning: string }>
> = {
  app: { name: 'appKey', value: 'APPKEY', meaning: 'of this application' },
  session: { name: 'sessionId', value: 'SESSIONID', meaning: 'about this call' },
  kind: { name: 'kind', value: 'KIND', meaning: 'event, record or number' },
  error: { name: 'error', value: 'TEXT', meaning: 'whose last error holds this, like "status 503"' },
  from: { name: 'from', value: 'TIME', meaning: 'given up at this time or later, as 2026-01-31T08:00:00Z' },
  to: { name: 'to', value: 'TIME', meaning: 'given up before this time' },
};

function searchOf(options: Options): Record<string, string> {
  const search: Record<string, string> = {};
  for (const [option, { name }] of Object.entries(SEARCH)) {
    const typed = options[option];
    if (typeof typed === 'string') search[name] = typed;
  }
  return search;
}

/** What customers were told, and what they could not be told. */
export const NOTIFICATION_COMMANDS: Readonly<Record<string, Command>> = {
  deliveries: {
    purpose: 'show what the customer was told of a call, attempt by attempt',
    options: { session: { value: 'SESSIONID', meaning: 'the call' } },
    ask: (admin, options) => {
      const sessionId = needed('deliveries', options, 'session', 'the sessionId of a call');
      return admin.get(`/calls/${encodeURIComponent(sessionId)}/deliveries`);
    },
    present: presentDeliveries,
  },
  'dead-letters': {
    purpose: 'list notifications that were given up, the latest first, 100 at a time',
    options: {
      ...SEARCH,
      offset: { value: 'NUMBER', meaning: 'leave out so many of the latest' },
      limit: { value: 'NUMBER', meaning: 'list so many, at most 1000' },
    },
    ask: (admin, options) => {
      const query = new URLSearchParams(searchOf(options));
      for (const name of ['offset', 'limit']) {
        const typed = options[name];
        if (typeof typed === 'string') query.set(name, typed);
      }
      return admin.get(`/dead-letters?${query}`);
    },
    present: tableOf('no notification was given up', [
      { heading: 'GIVEN UP', show: field('givenUpAt') },
      { heading: 'APP KEY', show: field('appKey') },
      { heading: 'KIND', show: field('kind') },
      { heading: 'ATTEMPTS', show: field('attempts') },
      { heading: 'LAST ERROR', show: field('lastError') },
      { heading: 'ID', show: field('id') },
      { heading: 'CALLS', show: ({ sessionIds }) => callsOf(sessionIds) },
    ]),
  },
  resend: {
    purpose: 'send notifications that were given up again: all to which the options apply',
    options: { ...SEARCH, id: { value: 'ID', meaning: 'this one; several with commas' } },
    ask: (admin, options) => {
      const { id } = options;
      const search = { ...searchOf(options), ...(typeof id === 'string' && { ids: id.split(',') }) };
      if (Object.keys(search).length === 0) {
        const known = ['id', ...Object.keys(SEARCH)].map((name) => `--${name}`);
        throw new UsageError(`resend: expected at least one of ${known.join(', ')}`);
      }
      return admin.post('/dead-letters/resend', search);
    },
    present: (answer) =>
      isRecord(answer) ? `notifications on their way again: ${answer.resent}` : 'no answer',
  },
};

function callsOf(sessionIds: unknown): unknown {
  if (!Array.isArray(sessionIds) || sessionIds.length <= 1) return sessionIds;
  return `${sessionIds[0]} and ${sessionIds.length - 1} more`;
}

function presentDeliveries(answer: unknown): string {
  if (!isRecord(answer) || !Array.isArray(answer.messages)) return 'no answer';
  return formatTable(
    [
      { heading: 'EVENT', show: field('event') },
      { heading: 'STATE', show: field('state') },
      { heading: 'AT', show: field('at') },
      { heading: 'SECONDS', show: field('seconds') },
      { heading: 'STATUS', show: field('status') },
      { heading: 'ERROR', show: field('error') },
      { heading: 'NEXT ATTEMPT', show: field('nextAttemptAt') },
      { heading: 'WEBHOOK-ID', show: field('id') },
    ],
    answer.messages.filter(isRecord).flatMap(attemptsOf),
  );
}

/** A line for each attempt; what stands for the whole message stands in its last line. */
function attemptsOf(
  message: Readonly<Record<string, unknown>>,
): readonly Readonly<Record<string, unknown>>[] {
  const attempts = Array.isArray(message.attempts) ? message.attempts.filter(isRecord) : [];
  const { event, id } = message;
  const earlier = attempts.slice(0, -1).map((attempt) => ({ event, id, state: 'failed', ...attempt }));
  return [...earlier, { ...message, ...attempts.at(-1) }];
}
