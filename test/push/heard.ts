import type { SinkRequest } from '../kit/WebhookSink.ts';

/** What a request said: an event of one call, or the records of several. */
export interface Heard {
  /** The eventType: `callin` … `disconnect`, or `fee`. */
  readonly type: string;
  readonly sessions: readonly string[];
}

const read = new WeakMap<SinkRequest, Heard>();

function hear(request: SinkRequest): Heard {
  let heard = read.get(request);
  if (heard === undefined) {
    const body = JSON.parse(request.body);
    heard =
      body.eventType === 'fee'
        ? { type: 'fee', sessions: body.feeLst.map((fee: { sessionId: string }) => fee.sessionId) }
        : { type: body.eventType, sessions: [body.statusInfo.sessionId] };
    read.set(request, heard);
  }
  return heard;
}

/** What a customer makes of requests: each webhook-id once, the first time that it came. */
export function heard(requests: readonly SinkRequest[]): Heard[] {
  const seen = new Set<string>();
  return requests.filter(({ id }) => !seen.has(id) && seen.add(id)).map(hear);
}

/** The events of one call, in the order in which they were heard. */
export function eventsOf(requests: readonly SinkRequest[], sessionId: string): string[] {
  return heard(requests)
    .filter(({ type, sessions }) => type !== 'fee' && sessions[0] === sessionId)
    .map(({ type }) => type);
}

export function eventCount(requests: readonly SinkRequest[]): number {
  return heard(requests).filter(({ type }) => type !== 'fee').length;
}

/** The session of each record heard. */
export function recordsOf(requests: readonly SinkRequest[]): string[] {
  return heard(requests).flatMap(({ type, sessions }) => (type === 'fee' ? sessions : []));
}
