import { AFTER, type CommandGroup, field, LIMIT, needed, queryOf, tableOf } from './command.ts';
import { type Fields, isRecord } from './isRecord.ts';
import { count, personsNumber } from './readings.ts';
import { SHOW_CALL } from './showCall.ts';
import { formatTable } from './table.ts';

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
    list: {
      purpose: 'list calls, the latest first, 100 at a time: of the last day, unless --from says otherwise',
      more:
        'Numbers of people are shown masked. In search of a person 20,000 calls are looked at; "more" says where to go on, ' +
        'also where none of them was his. With --number - his number is read from standard input.',
      options: {
        app: { value: 'APPKEY', meaning: 'of this application' },
        x: { value: 'E164', meaning: 'to this X' },
        number: { value: 'E164', meaning: 'of this person, as caller or callee' },
        'state-code': { value: 'CODE', meaning: 'that ended with this stateCode, like 8014' },
        from: { value: 'TIME', meaning: 'that came in at this time or later, as 2026-01-31T08:00:00Z' },
        to: { value: 'TIME', meaning: 'that came in before this time' },
        after: AFTER,
        limit: LIMIT,
      },
      examples: [
        'call list --x +8617000005001',
        'call list --app ride-1 --state-code 8014 --limit 20',
        'call list --number +8613900001001 --from 2026-01-31T08:00:00Z --to 2026-01-31T09:00:00Z',
      ],
      ask: async (admin, options) => {
        const { number, limit, 'state-code': code } = options;
        const names = { app: 'appKey', x: 'x', from: 'from', to: 'to', after: 'after' };
        return admin.post('/calls/search', {
          ...Object.fromEntries(queryOf(options, names)),
          ...(typeof number === 'string' && { number: personsNumber(number, 'call list: --number') }),
          ...(typeof code === 'string' && { stateCode: count(code, 'call list: --state-code') }),
          ...(typeof limit === 'string' && { limit: count(limit, 'call list: --limit') }),
        });
      },
      present: tableOf('no calls', [
        { heading: 'CAME IN', show: field('callInAt') },
        { heading: 'X', show: field('x') },
        { heading: 'EXT', show: field('extension') },
        { heading: 'CALLER', show: field('caller') },
        { heading: 'CALLEE', show: field('callee') },
        { heading: 'ANSWERED', show: field('answeredAt') },
        { heading: 'ENDED', show: ({ endedAt, state }) => endedAt ?? state },
        { heading: 'CODE', show: field('stateCode') },
        { heading: 'SESSION', show: field('sessionId') },
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
function attemptsOf(message: Fields): readonly Fields[] {
  const attempts = Array.isArray(message.attempts) ? message.attempts.filter(isRecord) : [];
  const { event, id } = message;
  const earlier = attempts.slice(0, -1).map((attempt) => ({ event, id, state: 'failed', ...attempt }));
  return [...earlier, { ...message, ...attempts.at(-1) }];
}
