import { type CommandGroup, field, needed } from './command.ts';
import { isRecord } from './isRecord.ts';
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
