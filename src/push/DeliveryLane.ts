import { type AppDirectory, type KnownApp, signingSecrets } from '../store/AppDirectory.ts';
import type { StoredMessage } from '../store/journal.ts';
import {
  dueInOrder,
  dueRecords,
  giveUpOverdue,
  type Lane,
  nextDueMs,
  type OutboxContext,
} from '../store/outbox.ts';
import type { Settlement } from '../store/settlements.ts';
import { faultFields } from '../telemetry/fault.ts';
import type { Logger } from '../telemetry/logger.ts';
import { Circuit } from './Circuit.ts';
import type { Courier, Delivery } from './Courier.ts';
import type { LaneQueue, Parcel } from './LaneQueue.ts';
import { notificationHeaders } from './notificationHeaders.ts';
import { targetOf } from './targetOf.ts';

/** Most requests under way to one target, and so most connections to it. */
export const MOST_IN_FLIGHT = 32;
/** Messages in memory for each request that the target may have under way. */
const ROOM_PER_REQUEST = 256;
/** Most calls read from the outbox at once. */
const LARGEST_LOAD = 256;
const LOAD_AGAIN_MS = 100;
const DATABASE_AWAY_MS = 1_000;
/** Longest time that a timer of Node can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** A message waits for its target at least so long, however short the retries are. */
const SHORTEST_PATIENCE_SECONDS = 3_600;

/** One attempt of a parcel. */
export interface Attempt {
  readonly lane: Lane;
  readonly parcel: Parcel;
  readonly delivery: Delivery;
  /** Milliseconds since the epoch, when it began. */
  readonly at: number;
  /** Milliseconds that it took. */
  readonly ms: number;
}

export interface DeliveryLaneOptions {
  readonly lane: Lane;
  readonly queue: LaneQueue;
  readonly courier: Courier;
  readonly outbox: OutboxContext;
  readonly apps: Pick<AppDirectory, 'get'>;
  /** Seconds before each further attempt; after the last one the message is given up. */
  readonly retrySeconds: readonly number[];
  /** Failures in a row after which the target is left alone; 0: it never is. */
  readonly mostFailures: number;
  /** Seconds before each probe of a target that is left alone. */
  readonly probeSeconds: readonly number[];
  readonly clock: () => number;
  readonly logger: Logger;
  /** Writes an outcome to the outbox and calls `written` when it is durable. */
  readonly settle: (settlement: Settlement, written: () => void) => void;
  readonly onAttempt: (attempt: Attempt) => void;
  /** Hears how many messages were given up without a further attempt, or after their last one. */
  readonly onGivenUp: (messages: number) => void;
}

/**
 * One application's notifications of one kind, on their way to one URL. A lane shares nothing with other lanes: its
 * own queue, connections and timers, so that a dead target delays nobody else.
 *
 * *Direct*: everything pending is in memory; what becomes durable is handed over and sent without reading the outbox.
 * *Backlog*: more lies in the outbox than in memory, because the target is failing or slow or because another life left
 * something. What becomes durable is not taken (except for calls that are in memory already) but read from the outbox
 * when there is room and it is due. A lane falls to backlog on the first failure, and is direct again once the outbox
 * holds nothing that is not in memory.
 *
 * How much may be under way, and wait in memory, halves with each failure and grows by one with each success: a dead
 * target of a customer with much traffic holds one connection and a few messages.
 *
 * A target that fails again and again is left alone (Circuit): its messages wait in the outbox, without using up their
 * attempts, until one of them, sent as a probe, gets through; then all that is due goes. What has waited for that as long as all
 * retries together would have taken is given up.
 */
export class DeliveryLane {
  readonly #options: DeliveryLaneOptions;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #circuit: Circuit;
  #limit = MOST_IN_FLIGHT;
  #mode: 'direct' | 'backlog' = 'direct';
  /** Something came into the outbox that the load under way may not have seen. */
  #moreInOutbox = false;
  #load: Promise<void> | undefined;
  /** What became durable during a load. */
  readonly #arrivals: StoredMessage[] = [];
  /** The last seq of each call that the load under way has brought. */
  readonly #loaded = new Map<string, number>();
  #wakeTimer: NodeJS.Timeout | undefined;
  #probeTimer: NodeJS.Timeout | undefined;
  #givingUp: Promise<void> | undefined;
  /** Where the last attempt went. */
  #url: string | undefined;
  #stopped = false;

  constructor(options: DeliveryLaneOptions) {
    this.#options = options;
    this.#circuit = new Circuit(options);
  }

  /** The target is being left alone. */
  get isHeldBack(): boolean {
    return this.#circuit.state !== 'closed';
  }

  /** Messages in memory. */
  get size(): number {
    return this.#options.queue.size;
  }

  get mode(): 'direct' | 'backlog' {
    return this.#mode;
  }

  /** Nothing is in memory and nothing of this lane is known to lie in the outbox. */
  get idle(): boolean {
    return this.#mode === 'direct' && this.size === 0;
  }

  /** Takes a message that has just become durable. Messages of one call must come in their order. */
  hand(message: StoredMessage): void {
    if (this.#stopped) return;
    if (this.#load !== undefined) this.#arrivals.push(message);
    else if (this.#mode === 'backlog') this.#takeIfHeld(message);
    else if (this.size >= this.#room) this.readOutbox();
    else this.#add(message);
    this.pump();
  }

  /** Says that the outbox holds messages of this lane that were not handed over. */
  readOutbox(): void {
    this.#mode = 'backlog';
    this.#moreInOutbox = true;
    this.#refill();
  }

  /** Takes nothing more; waits for requests under way up to the limit, then breaks them off. The outbox keeps them. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#wakeTimer);
    clearTimeout(this.#probeTimer);
    this.#options.queue.close();
    const { promise: grace, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, graceMs);
    await Promise.race([Promise.all([...this.#inFlight, this.#load, this.#givingUp]), grace]);
    clearTimeout(timer);
    await this.#options.courier.destroy();
    await Promise.all(this.#inFlight);
  }

  #mayBeInFlight(): number {
    switch (this.#circuit.state) {
      case 'closed':
        return this.#limit;
      case 'half-open':
        return 1;
      case 'open':
        return 0;
    }
  }

  get #room(): number {
    return this.#limit * ROOM_PER_REQUEST;
  }

  #add(message: StoredMessage): void {
    if (this.#options.queue.add([{ ...message, attempts: 0, messageId: undefined }])) return;
    this.#mode = 'backlog';
    this.#moreInOutbox = true;
  }

  #takeIfHeld(message: StoredMessage): void {
    if (this.#options.queue.holds(message.sessionId)) this.#add(message);
    else this.#moreInOutbox = true;
    if (this.#moreInOutbox) this.#refill();
  }

  /** Does not wait any longer for a target that is left alone: the next message that is due is its probe. */
  probeNow(): void {
    this.#circuit.probeNow();
    this.#probe();
  }

  /** Where the operator has given the application another URL, the new target is not made to wait for the old one. */
  async lookAtTarget(): Promise<void> {
    const { lane, apps } = this.#options;
    if (!this.isHeldBack) return;
    const known = await apps.get(lane.appKey);
    if ((known && targetOf(known.app, lane.kind)) !== this.#url) this.probeNow();
  }

  /** Sends what may go now. */
  pump(): void {
    while (!this.#stopped && this.#inFlight.size < this.#mayBeInFlight()) {
      const parcel = this.#options.queue.take();
      if (parcel === undefined) return;
      const sending: Promise<void> = this.#send(parcel).finally(() => {
        this.#inFlight.delete(sending);
        this.pump();
      });
      this.#inFlight.add(sending);
    }
  }

  async #send(parcel: Parcel): Promise<void> {
    const { lane, clock, onAttempt } = this.#options;
    const at = clock();
    const startedAtMs = performance.now();
    const delivery = await this.#attempt(parcel, at);
    if (delivery === undefined) {
      this.#settle(parcel, {
        outcome: 'retry',
        attempts: parcel.attempts,
        retrySeconds: DATABASE_AWAY_MS / 1000,
      });
      return;
    }
    if (this.#stopped && !delivery.ok) return;
    onAttempt({ lane, parcel, delivery, at, ms: Math.round(performance.now() - startedAtMs) });
    if (delivery.ok) {
      this.#limit = Math.min(this.#limit + 1, MOST_IN_FLIGHT);
      if (this.#circuit.succeeded()) this.#isBack();
      this.#settle(parcel, { outcome: 'delivered', attempts: parcel.attempts + 1, retrySeconds: 0 });
    } else {
      if (this.#circuit.failed()) this.#leaveAlone(delivery.detail);
      this.#failed(parcel, delivery.detail);
    }
  }

  /** @returns undefined if the application cannot be read just now, and then nothing was sent */
  async #attempt(parcel: Parcel, now: number): Promise<Delivery | undefined> {
    const { lane, courier } = this.#options;
    let known: KnownApp | undefined;
    try {
      const found = this.#options.apps.get(lane.appKey);
      known = found instanceof Promise ? await found : found;
    } catch {
      return undefined;
    }
    const url = known && targetOf(known.app, lane.kind);
    this.#url = url;
    if (known === undefined || url === undefined)
      return { ok: false, status: undefined, reason: 'url', detail: 'no URL' };
    const headers = notificationHeaders({
      appKey: lane.appKey,
      secrets: signingSecrets(known, now),
      webhookId: parcel.id,
      now,
      body: parcel.body,
    });
    return courier.deliver(url, headers, parcel.body);
  }

  #failed(parcel: Parcel, detail: string): void {
    this.#limit = Math.max(1, this.#limit >> 1);
    this.#mode = 'backlog';
    this.#moreInOutbox = true;
    const attempts = parcel.attempts + 1;
    const retrySeconds = this.#options.retrySeconds[parcel.attempts];
    if (retrySeconds === undefined) {
      const { lane, logger, onGivenUp } = this.#options;
      logger.warn({ ...lane, webhookId: parcel.id, detail }, 'notification given up');
      this.#settle(parcel, { outcome: 'given-up', attempts, retrySeconds: 0, error: detail });
      onGivenUp(1);
    } else {
      this.#settle(parcel, { outcome: 'retry', attempts, retrySeconds, error: detail });
    }
  }

  #leaveAlone(detail: string): void {
    const { lane, logger } = this.#options;
    const { waitMs } = this.#circuit;
    const waitSeconds = Math.round(waitMs / 1000);
    logger.warn({ ...lane, detail, waitSeconds }, 'notifications wait: their target keeps failing');
    this.#options.queue.unload();
    this.#givingUp ??= this.#giveUpOverdue(detail).finally(() => {
      this.#givingUp = undefined;
    });
    clearTimeout(this.#probeTimer);
    // A timer may fire a moment early, when no probe is due yet.
    if (!this.#stopped)
      this.#probeTimer = setTimeout(() => this.#probe(), Math.min(waitMs + 1, LONGEST_TIMER_MS));
  }

  /** Sends one message if one is due, be it in memory or not. */
  #probe(): void {
    this.readOutbox();
    this.pump();
  }

  #isBack(): void {
    clearTimeout(this.#probeTimer);
    this.#options.logger.info(this.#options.lane, 'notifications go on: their target answers again');
    this.readOutbox();
  }

  async #giveUpOverdue(detail: string): Promise<void> {
    const { lane, queue, outbox, retrySeconds, logger, onGivenUp } = this.#options;
    const schedule = retrySeconds.reduce((sum, seconds) => sum + seconds, 0);
    const patienceSeconds = Math.max(schedule, SHORTEST_PATIENCE_SECONDS);
    const error = `not tried: ${detail}`;
    let messages = 0;
    try {
      messages = await giveUpOverdue(outbox, lane, queue.held, patienceSeconds, error);
    } catch (fault) {
      logger.warn({ ...lane, ...faultFields(fault) }, 'outbox not writable, will retry');
    }
    if (messages === 0) return;
    logger.warn({ ...lane, messages, detail }, 'notifications given up: their target kept failing');
    onGivenUp(messages);
  }

  #settle(parcel: Parcel, settlement: Omit<Settlement, 'rows'>): void {
    const { lane, queue, settle } = this.#options;
    const { outcome } = settlement;
    if (outcome === 'retry') queue.putOff(parcel);
    else queue.passed(parcel);
    settle({ rows: parcel.rows, ...settlement }, () => {
      queue.settled(parcel);
      // Only now does the outbox say when the next attempt is due; a load before would have missed it. Messages about
      // numbers are never handed over, and what was filed behind this one was passed by as long as it was in memory.
      if (outcome === 'retry' || lane.kind === 'number') this.readOutbox();
      else if (this.#moreInOutbox) this.#refill();
    });
  }

  #wakeIn(ms: number): void {
    clearTimeout(this.#wakeTimer);
    if (this.#stopped) return;
    this.#wakeTimer = setTimeout(() => this.readOutbox(), Math.min(ms, LONGEST_TIMER_MS));
  }

  #refill(): void {
    if (this.#stopped || this.#load !== undefined || this.size > this.#room / 2) return;
    // One message is enough for a probe.
    const { state } = this.#circuit;
    if (state === 'open' || (state === 'half-open' && this.size > 0)) return;
    this.#load = this.#loadDue()
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#options.logger.warn(
          { reason, appKey: this.#options.lane.appKey },
          'outbox not readable, will retry',
        );
        return DATABASE_AWAY_MS;
      })
      .then((againInMs) => {
        this.#load = undefined;
        this.#takeArrivals();
        if (againInMs !== undefined) this.#wakeIn(againInMs);
        this.pump();
      });
  }

  /** @returns milliseconds until the next load, or undefined if the lane is direct or a settlement will ask for it */
  async #loadDue(): Promise<number | undefined> {
    const { lane, queue, outbox } = this.#options;
    this.#moreInOutbox = false;
    const load = lane.kind === 'record' ? dueRecords : dueInOrder;
    const mostCalls = this.#circuit.state === 'closed' ? LARGEST_LOAD : 1;
    const messages = await load(outbox, lane, queue.held, mostCalls);
    if (this.#stopped) return undefined;
    if (this.#circuit.state === 'open') {
      this.#moreInOutbox = true;
      return undefined;
    }
    for (const { sessionId, seq } of messages) this.#loaded.set(sessionId, seq);
    if (!queue.add(messages)) this.#moreInOutbox = true;
    this.pump();
    const nextMs = await nextDueMs(outbox, lane, queue.held);
    if (nextMs === undefined) {
      if (!this.#moreInOutbox) this.#mode = 'direct';
      return undefined;
    }
    return nextMs === 0 && messages.length === 0 ? LOAD_AGAIN_MS : nextMs;
  }

  /** What came during the load goes the way of the mode that the load ended in. */
  #takeArrivals(): void {
    const arrivals = this.#arrivals
      .splice(0)
      .filter(({ sessionId, seq }) => seq > (this.#loaded.get(sessionId) ?? -1));
    this.#loaded.clear();
    for (const message of arrivals) {
      if (this.#mode === 'direct' || this.#options.queue.holds(message.sessionId)) this.#add(message);
      else this.#moreInOutbox = true;
    }
    if (this.#mode === 'backlog' && this.#moreInOutbox) this.#refill();
  }
}
