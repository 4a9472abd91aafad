import type { SinkRequest, WebhookSink } from './WebhookSink.ts';

/** One call event as a customer's server got it (facts 8.2). */
export interface ToldEvent {
  readonly eventType: string;
  readonly statusInfo: Readonly<Record<string, unknown>>;
  readonly id: string;
  readonly at: number;
}

/** One call record (facts 8.3), with the id of the message that brought it. */
export interface ToldRecord {
  readonly id: string;
  readonly at: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** All that a customer's server was told of one call. */
export interface ToldCall {
  readonly sessionId: string;
  readonly events: readonly ToldEvent[];
  readonly records: readonly ToldRecord[];
}

/** What was made of a sink's requests so far: there may be thousands of them, and hundreds who ask about each. */
interface Digest {
  readonly calls: Map<string, { sessionId: string; events: ToldEvent[]; records: ToldRecord[] }>;
  read: number;
}

const digests = new WeakMap<WebhookSink, Digest>();

/** What a customer's server knows: every call, by session, from the messages that it accepted. */
export function toldCalls(sink: WebhookSink): readonly ToldCall[] {
  const known = digests.get(sink);
  const digest =
    known !== undefined && known.read <= sink.requests.length ? known : { calls: new Map(), read: 0 };
  digests.set(sink, digest);
  const callOf = (id: unknown) => {
    const sessionId = String(id);
    const call = digest.calls.get(sessionId) ?? { sessionId, events: [], records: [] };
    digest.calls.set(sessionId, call);
    return call;
  };
  for (const request of sink.requests.slice(digest.read)) {
    if (request.status !== 200) continue;
    for (const event of eventsOf(request)) callOf(event.statusInfo.sessionId).events.push(event);
    for (const record of recordsOf(request)) callOf(record.fields.sessionId).records.push(record);
  }
  digest.read = sink.requests.length;
  return [...digest.calls.values()];
}

/**
 * Waits until the customer was told of `count` calls on this X to their end: their disconnect event and their record.
 * @returns those calls, in the order in which they came in
 */
export async function toldOf(
  sink: WebhookSink,
  x: string,
  { count = 1, patienceMs = 20_000 } = {},
): Promise<readonly ToldCall[]> {
  const complete = (): ToldCall[] =>
    toldCalls(sink).filter(
      ({ events, records }) =>
        records.some(({ fields }) => fields.bindNum === x) &&
        events.some(({ eventType }) => eventType === 'disconnect'),
    );
  await sink.waitFor(() => complete().length >= count, patienceMs);
  return complete();
}

function eventsOf({ id, at, body }: SinkRequest): ToldEvent[] {
  const message = JSON.parse(body);
  return message.eventType === 'fee' ? [] : [{ ...message, id, at }];
}

function recordsOf({ id, at, body }: SinkRequest): ToldRecord[] {
  const message = JSON.parse(body);
  if (message.eventType !== 'fee') return [];
  return message.feeLst.map((fields: ToldRecord['fields']) => ({ id, at, fields }));
}
