import { ladderText } from './callLadder.ts';
import { type Command, field, needed } from './command.ts';
import { fieldTable } from './fieldTable.ts';
import { type Fields, isRecord } from './isRecord.ts';
import { formatTable } from './table.ts';

/** `call show`: everything that is known of one call. */
export const SHOW_CALL: Command = {
  purpose: 'show everything that is known of a call: why, when, who was told, its SIP ladder, its media',
  more: 'The sessionId stands in each notification and call record. Times are UTC, and people’s numbers are masked.',
  options: { session: { value: 'SESSIONID', meaning: 'the call' } },
  subject: 'session',
  examples: ['call show 1200_77_0_20260105040001@ce1.example.com'],
  ask: async (admin, options) => {
    const sessionId = needed('call show', options, 'session', 'the sessionId of a call');
    return admin.get(`/calls/${encodeURIComponent(sessionId)}`);
  },
  present: presentCall,
};

function presentCall(answer: unknown): string {
  if (!isRecord(answer)) return 'no answer';
  const { because, events, deliveries, media, ladder, ...call } = answer;
  return [
    fieldTable(call),
    section('WHY', because, (reasons) => reasons.map((reason) => `  because ${String(reason)}`).join('\n')),
    section('MOMENTS', events, (moments) =>
      formatTable(
        [
          { heading: 'EVENT', show: field('event') },
          { heading: 'AT', show: field('at') },
        ],
        moments.filter(isRecord),
      ),
    ),
    section('TOLD THE CUSTOMER', deliveries, (messages) =>
      formatTable(
        [
          { heading: 'EVENT', show: field('event') },
          { heading: 'STATE', show: field('state') },
          { heading: 'ATTEMPTS', show: ({ attempts }) => (Array.isArray(attempts) ? attempts.length : 0) },
          { heading: 'WEBHOOK-ID', show: field('id') },
        ],
        messages.filter(isRecord),
      ),
    ),
    isRecord(media) ? `MEDIA, AS THE MEDIA SERVER COUNTED\n${mediaTable(media)}` : undefined,
    isRecord(ladder)
      ? `SIP LADDER\n${ladderText(ladder)}`
      : 'no SIP ladder is kept of this call, or not here',
  ]
    .filter((part) => part !== undefined)
    .join('\n\n');
}

function section(
  heading: string,
  list: unknown,
  present: (items: readonly unknown[]) => string,
): string | undefined {
  return Array.isArray(list) && list.length > 0 ? `${heading}\n${present(list)}` : undefined;
}

function mediaTable(media: Fields): string {
  const legs = ['caller', 'callee'].flatMap((leg) => {
    const figures = media[leg];
    return isRecord(figures) ? [{ leg, ...figures }] : [];
  });
  return formatTable(
    [
      { heading: 'LEG', show: field('leg') },
      { heading: 'CODEC', show: field('codec') },
      { heading: 'PACKETS IN', show: field('packetsIn') },
      { heading: 'LOST', show: field('lost') },
      { heading: 'JITTER MS', show: field('jitterMs') },
      { heading: 'MOS', show: field('mos') },
      { heading: 'PACKETS OUT', show: field('packetsOut') },
    ],
    legs,
  );
}
