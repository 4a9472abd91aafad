import type { Duties } from '../store/Duties.ts';
import type { Sql } from '../store/database.ts';
import { type DeliveryAttempt, deleteDeliveriesBefore, insertAttempts } from '../store/deliveries.ts';
import { GroupCommit } from '../store/GroupCommit.ts';
import { QUESTION } from '../store/messageHistory.ts';
import { Sweeper } from '../store/Sweeper.ts';
import type { CallSpans } from '../telemetry/callSpans.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { EndedQuestion } from './CustomerControl.ts';

export interface DeliveryHistoryOptions {
  readonly sql: Sql;
  /** Days for which attempts are kept; with 0 none are written. */
  readonly keptDays: number;
  /** Takes each attempt as a part of its call's trace. */
  readonly spans?: CallSpans;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly logger: Logger;
  /** Of all nodes that sweep one does at a time. Absent: this one always does. */
  readonly duties?: Pick<Duties, 'hold'> | undefined;
  /** Milliseconds in which the attempts of a call share a row. */
  readonly gatherMs?: number;
  /** Attempts that may wait for the database; what comes then is not kept. */
  readonly mostWaiting?: number;
}

const GATHER_MS = 1_000;
const MOST_WAITING = 20_000;
const LARGEST_GROUP = 5_000;
const LARGEST_SWEEP = 5_000;
const SWEEP_EVERY_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * Remembers what became of each attempt to tell a customer something, for people who ask. Nobody waits for it and
 * nothing depends on it: attempts gather for a second, so that what happens to a call at about the same time is one
 * row, and a crash forgets that second. While the database is away only so many wait.
 */
export class DeliveryHistory {
  readonly #options: DeliveryHistoryOptions;
  readonly #attempts: GroupCommit<DeliveryAttempt>;
  readonly #sweeper: Sweeper;
  #lost = 0;

  constructor(options: DeliveryHistoryOptions) {
    const { sql, clock, keptDays, logger, duties, gatherMs = GATHER_MS } = options;
    this.#options = options;
    this.#attempts = new GroupCommit<DeliveryAttempt>({
      name: 'delivery history',
      largestGroup: LARGEST_GROUP,
      gatherMs,
      logger,
      write: (group) => insertAttempts(sql, group),
      onRefused: () => {
        this.#lost += 1;
      },
    });
    this.#sweeper = new Sweeper({
      name: 'delivery history',
      sweep: async () => {
        const before = new Date(clock() - keptDays * DAY_MS);
        return (await deleteDeliveriesBefore(sql, before, LARGEST_SWEEP)) === LARGEST_SWEEP;
      },
      everyMs: SWEEP_EVERY_MS,
      duties,
      log: logger,
    });
  }

  /** Attempts that are not kept because too many waited, or because the database refused them. */
  get lost(): number {
    return this.#lost;
  }

  /** Begins to take away what is too old. */
  start(): void {
    this.#sweeper.start();
  }

  add(attempt: DeliveryAttempt): void {
    const { keptDays, mostWaiting = MOST_WAITING, spans } = this.#options;
    this.#log(attempt);
    if (spans) trace(spans, attempt);
    if (keptDays === 0) return;
    if (this.#attempts.depth < mostWaiting) this.#attempts.add(attempt);
    else this.#lost += 1;
  }

  #log({ sessionIds, id, event, ms, status, error }: DeliveryAttempt): void {
    const { logger } = this.#options;
    for (const sessionId of sessionIds) {
      logger.debug(
        { sessionId, part: 'push', event, webhookId: id, ms, status, error },
        'the customer was told',
      );
    }
  }

  /** A question of mode X is an attempt that is made once. */
  addQuestion({ appKey, question, at, seconds, status, why }: EndedQuestion): void {
    const { id, sessionId } = question;
    const ms = Math.round(seconds * 1000);
    this.add({ appKey, sessionIds: [sessionId], id, event: QUESTION, at, ms, status, error: why });
  }

  /** Writes what it has, if the database is there. */
  async stop(): Promise<void> {
    await this.#sweeper.stop();
    if (!this.#attempts.failing) await this.#attempts.flush();
    await this.#attempts.stop();
  }
}

function trace(spans: CallSpans, { sessionIds, id, event, at, ms, status, error }: DeliveryAttempt): void {
  const attributes = {
    'axbridge.event': event,
    'axbridge.webhook_id': id,
    ...(status !== undefined && { 'http.response.status_code': status }),
  };
  const failure = error === undefined ? {} : { failure: error };
  for (const sessionId of sessionIds) {
    spans.add({ sessionId, name: 'push', startMs: at, endMs: at + ms, attributes, ...failure });
  }
}
