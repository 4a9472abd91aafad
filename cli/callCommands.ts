import { type CommandGroup, field, needed, queryOf, tableOf } from './command.ts';
import { isRecord } from './isRecord.ts';
import { SHOW_CALL } from './showCall.ts';
import { formatTable } from './table.ts';

/** Options of a search, and their names in the admin API. */
const SEARCH = { x: 'x', app: 'appKey', 'state-code': 'stateCode', from: 'from', to: 'to', limit: 'limit' };

/** Calls, and what customers were told of them. */
export const CALLS: CommandGroup = {
  purpose: 'calls, and what customers were told of them',
  commands: {
    count: {
      purpose: 'count the calls in progress, of all nodes',
      options: {},
      examples: ['call count'],
      ask: (admin) => admin.get('/calls'),
      present: presentCount,
    },
    find: {
      purpose: 'find calls by X, application, stateCode and time, the latest first',
      more: 'Without --from, of the day before --to. A shorter time is searched sooner.',
      options: {
        x: { value: 'E164', meaning: 'to this X number' },
        app: { value: 'APPKEY', meaning: 'of this application' },
        'state-code': { value: 'CODE', meaning: 'that ended with this stateCode' },
        from: { value: 'TIME', meaning: 'that came in at this time or later, as 2026-01-31T08:00:00Z' },
        to: { value: 'TIME', meaning: 'that came in before this time; leave it out for now' },
        limit: { value: 'NUMBER', meaning: 'list so many, at most 1000; 100 without it' },
      },
      examples: [
        'call find --x +8617000000001',
        'call find --state-code 8035 --from 2026-01-31T08:00:00Z --to 2026-01-31T09:00:00Z',
      ],
      ask: (admin, options) => admin.get(`/calls/search?${queryOf(options, SEARCH)}`),
      present: tableOf('no call was found', [
        { heading: 'CAME IN', show: field('at') },
        { heading: 'SESSION ID', show: field('sessionId') },
        { heading: 'APP KEY', show: field('appKey') },
        { heading: 'MODE', show: field('mode') },
        { heading: 'X', show: field('x') },
        { heading: 'CALLER', show: field('caller') },
        { heading: 'CALLEE', show: field('callee') },
        { heading: 'STATE', show: field('state') },
        { heading: 'STATE CODE', show: field('stateCode') },
      ]),
    },
    show: SHOW_CALL,
    deliveries: {
      purpose: 'show what the customer was told of a call, attempt by attempt',
      options: { session: { value: 'SESSIONID', meaning: 'the call' } },
      subject: 'session',
      examples: ['call deliveries 1200_77_0_20260105040001@ce1.example.com'],
      ask: async (admin, options) => {
        const sessionId = needed('call deliveries', options, 'session', 'the sessionId of a call');
        return admin.get(`/calls/${encodeURIComponent(sessionId)}/deliveries`);
      },
      present: presentDeliveries,
    },
  },
};

function presentCount(answer: unknown): string {
  if (!isRecord(answer) || !Array.isArray(answer.byApp)) return 'no answer';
  return formatTable(
    [
      { heading: 'APP KEY', show: field('appKey') },
      { heading: 'CALLS', show: field('open') },
    ],
    [...answer.byApp.filter(isRecord), { appKey: 'all', open: answer.open }],
  );
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
