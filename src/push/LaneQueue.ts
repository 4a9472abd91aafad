import type { OutboxKey, OutboxMessage } from '../store/outbox.ts';

/** What goes out in one request. */
export interface Parcel {
  /** The webhook-id. */
  readonly id: string;
  readonly body: string;
  /** The outbox rows that it stands for. */
  readonly rows: readonly OutboxKey[];
  /** Attempts made before this one. */
  readonly attempts: number;
}

/**
 * The part of a lane that is in memory, and the order in which it may go. A call is *held* from the moment when one of
 * its messages is added until the outcome of the last one is written to the outbox.
 */
export interface LaneQueue {
  /** Messages in memory, those on their way and those not yet settled included. */
  readonly size: number;
  readonly held: readonly string[];
  holds(sessionId: string): boolean;
  /**
   * Adds messages; one that is here already is ignored.
   * @returns false if some could not be added, because an attempt of their call failed and the call is being put off
   */
  add(messages: readonly OutboxMessage[]): boolean;
  /** Takes the next parcel that may be sent. */
  take(): Parcel | undefined;
  /** The parcel was delivered or given up: what waited for it may go. */
  passed(parcel: Parcel): void;
  /** The parcel failed and will be tried later: what waits for it leaves memory, the outbox keeps it. */
  putOff(parcel: Parcel): void;
  /** What waits leaves memory, the outbox keeps it; what is on its way or not yet settled stays. */
  unload(): void;
  /** The outcome is written. */
  settled(parcel: Parcel): void;
  /** Ends timers. */
  close(): void;
}
