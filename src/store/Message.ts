/**
 * What a notification tells of: a call's event, a call's record, or the states of X numbers. Each kind has its own URL,
 * and goes its own way.
 */
export type NotificationKind = Message['kind'] | 'number';

/** Something the customer's server must hear of a call: one call event, or one call record (several of which may be merged). */
export interface Message {
  /** `webhook-id` of an event; for a record the id of the record, which keeps it unique before it is merged. Derived from sessionId and seq, so writing it twice is harmless. */
  readonly id: string;
  readonly appKey: string;
  readonly kind: 'event' | 'record';
  readonly sessionId: string;
  /** Order inside the call, from 0. */
  readonly seq: number;
  /** An event: the whole body, `{eventType, statusInfo}`. A record: one FeeInfo, an item of `feeLst`. */
  readonly body: Readonly<Record<string, unknown>>;
}
