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

/** What a customer's server knows: every call, by session, from the messages that it accepted. */
export function toldCalls(sink: WebhookSink): ToldCall[] {
  const calls = new Map<string, { events: ToldEvent[]; records: ToldRecord[] }>();
  const callOf = (sessionId: unknown) => {
    const key = String(sessionId);
    const known = calls.get(key) ?? { events: [], records: [] };
    calls.set(key, known);
    return known;
  };
  for (const request of sink.accepted) {
    const { events, records } = contentOf(request);
    for (const event of events) callOf(event.statusInfo.sessionId).events.push(event);
    for (const record of records) callOf(record.fields.sessionId).records.push(record);
  }
  return [...calls].map(([sessionId, told]) => ({ sessionId, ...told }));
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

/** What a message holds is read once, however often it is asked. */
const contents = new WeakMap<SinkRequest, { events: ToldEvent[]; records: ToldRecord[] }>();

function contentOf(request: SinkRequest): { events: ToldEvent[]; records: ToldRecord[] } {
  const known = contents.get(request);
  if (known !== undefined) return known;
  const { id, at, body } = request;
  const message = JSON.parse(body);
  const isRecord = message.eventType === 'fee';
  const content = {
    events: isRecord ? [] : [{ ...message, id, at }],
    records: isRecord ? message.feeLst.map((fields: ToldRecord['fields']) => ({ id, at, fields })) : [],
  };
  contents.set(request, content);
  return content;
}
