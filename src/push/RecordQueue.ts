import { randomUUID } from 'node:crypto';
import type { Composition, OutboxMessage } from '../store/outbox.ts';
import type { LaneQueue, Parcel } from './LaneQueue.ts';

/** Most call records in one message (facts 8.1). */
const MOST_RECORDS = 50;

export interface RecordQueueOptions {
  readonly appKey: string;
  /** Milliseconds in which ended calls share one message, counted from the first. */
  readonly mergeMs: number;
  /** Makes a composition durable; resolves with the session ids of the records that are part of it. */
  readonly compose: (composition: Composition) => Promise<ReadonlySet<string>>;
  /** Called when a message has become ready. */
  readonly onReady: () => void;
}

function parcelOf(messageId: string, records: readonly OutboxMessage[]): Parcel {
  // The same order on every attempt and in every process: the body's bytes must not change.
  const rows = records.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  return {
    id: messageId,
    body: `{"eventType":"fee","feeLst":[${rows.map((record) => record.text).join(',')}]}`,
    rows,
    attempts: Math.max(...rows.map((record) => record.attempts)),
  };
}

/**
 * Call records: those of calls that end at about the same time go out together, at most 50.
 *
 * Which records a message holds is written to the outbox before it is sent for the first time. From then on it is the
 * same message under the same webhook-id on every attempt, whatever dies in between, so that no record can ever reach
 * the customer under two ids.
 */
export class RecordQueue implements LaneQueue {
  readonly #options: RecordQueueOptions;
  readonly #held = new Set<string>();
  readonly #ready: Parcel[] = [];
  #gathering: OutboxMessage[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: RecordQueueOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#held.size;
  }

  get held(): readonly string[] {
    return [...this.#held];
  }

  holds(sessionId: string): boolean {
    return this.#held.has(sessionId);
  }

  add(messages: readonly OutboxMessage[]): boolean {
    for (const message of messages.filter(({ messageId }) => messageId === undefined)) {
      if (this.#held.has(message.sessionId)) continue;
      this.#held.add(message.sessionId);
      this.#gather(message);
    }
    const composed = Map.groupBy(messages, ({ messageId }) => messageId);
    for (const [messageId, records] of composed) {
      if (messageId === undefined || records.some(({ sessionId }) => this.#held.has(sessionId))) continue;
      for (const { sessionId } of records) this.#held.add(sessionId);
      this.#ready.push(parcelOf(messageId, records));
    }
    return true;
  }

  take(): Parcel | undefined {
    return this.#ready.shift();
  }

  passed(): void {}

  putOff(): void {}

  unload(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#release(this.#gathering.splice(0));
    for (const { rows } of this.#ready.splice(0)) this.#release(rows);
  }

  settled(parcel: Parcel): void {
    this.#release(parcel.rows);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #gather(message: OutboxMessage): void {
    if (this.#closed) return;
    this.#gathering.push(message);
    if (this.#gathering.length >= MOST_RECORDS) this.#seal();
    else this.#timer ??= setTimeout(() => this.#seal(), this.#options.mergeMs);
  }

  #seal(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const records = this.#gathering.splice(0);
    const messageId = randomUUID();
    this.#options.compose({ appKey: this.#options.appKey, messageId, records }).then(
      (taken) => this.#composed(messageId, records, taken),
      // Only a stop ends a composition without an answer; the outbox knows what became of it.
      () => this.#release(records),
    );
  }

  #composed(messageId: string, records: readonly OutboxMessage[], taken: ReadonlySet<string>): void {
    const mine = records.filter((record) => taken.has(record.sessionId));
    this.#release(records.filter((record) => !taken.has(record.sessionId)));
    if (mine.length === 0 || this.#closed) return;
    this.#ready.push(parcelOf(messageId, mine));
    this.#options.onReady();
  }

  #release(records: readonly Pick<OutboxMessage, 'sessionId'>[]): void {
    for (const record of records) this.#held.delete(record.sessionId);
  }
}
