import type { AppDirectory } from '../store/AppDirectory.ts';
import { type DeadLetterSearch, reviveDeadLetters } from '../store/deadLetters.ts';
import { eventTypeOf } from '../store/deliveries.ts';
import { GroupCommit } from '../store/GroupCommit.ts';
import type { DurableMessages, Journal } from '../store/journal.ts';
import {
  type Composition,
  composeMessages,
  type Lane,
  type OutboxContext,
  pendingLanes,
  takeOver,
} from '../store/outbox.ts';
import { deleteDelivered, putOffFailed, type Settlement } from '../store/settlements.ts';
import type { Logger } from '../telemetry/logger.ts';
import { AddressPolicy } from './addressPolicy.ts';
import { Courier } from './Courier.ts';
import type { DeliveryHistory } from './DeliveryHistory.ts';
import { type Attempt, DeliveryLane, MOST_IN_FLIGHT } from './DeliveryLane.ts';
import { EventQueue } from './EventQueue.ts';
import { guardedConnector } from './guardedConnector.ts';
import { RecordQueue } from './RecordQueue.ts';

export interface PusherOptions extends OutboxContext {
  readonly journal: Pick<Journal, 'onDurable'>;
  readonly apps: Pick<AppDirectory, 'get'>;
  /** Seconds without a heartbeat after which the messages of another node are taken over. */
  readonly deadSeconds: number;
  /** Address ranges that are open although they are closed by default. */
  readonly allow: readonly string[];
  /** Limit of one attempt, seconds. */
  readonly timeoutSeconds: number;
  /** Seconds before each further attempt. */
  readonly retrySeconds: readonly number[];
  /** Failures in a row after which a target is left alone; 0: it never is. */
  readonly mostFailures: number;
  /** Seconds before each probe of a target that is left alone. */
  readonly probeSeconds: readonly number[];
  /** Hears of every attempt that is about a call. */
  readonly history: Pick<DeliveryHistory, 'add'>;
  /** Milliseconds in which ended calls share one record message. */
  readonly mergeMs: number;
  readonly logger: Logger;
  readonly clock?: () => number;
}

/** Figures for metrics; `depth` and `oldestAgeSeconds` of lanes with a backlog are as old as the last look into the outbox. */
export interface PushStats {
  /** Messages not yet delivered (dead letters not counted). */
  readonly depth: number;
  readonly oldestAgeSeconds: number;
  readonly delivered: number;
  /** Failed attempts by reason (FailureReason). */
  readonly failed: Readonly<Record<string, number>>;
  /** Messages that became dead letters. */
  readonly givenUp: number;
  /** Targets that are left alone because they keep failing; one application has up to three. */
  readonly targetsLeftAlone: number;
}

/** Longest time between two looks for what dead nodes have left. */
const LOOK_EVERY_MS = 5_000;
const STOP_GRACE_MS = 3_000;
const LARGEST_SETTLEMENT = 2_000;
/** A crash before a delivered message is deleted sends it again under the same id, so deleting may wait for company. */
const SETTLE_GATHER_MS = 50;

interface PendingSettlement {
  readonly settlement: Settlement;
  readonly written: () => void;
}

interface PendingComposition {
  readonly composition: Composition;
  readonly taken: PromiseWithResolvers<ReadonlySet<string>>;
}

/**
 * Tells customers' servers what the journal made durable: one lane for each application and kind (DeliveryLane).
 *
 * On the good path a message goes from the journal's commit to the socket without a read of the outbox; the outbox is
 * read at the start, after failures and for what a dead life has left, its own node's earlier ones at once and those of
 * other nodes when their heartbeat has stopped. Outcomes are written in groups.
 */
export class Pusher {
  readonly #options: PusherOptions;
  readonly #lanes = new Map<string, DeliveryLane>();
  readonly #settlements: GroupCommit<PendingSettlement>;
  readonly #compositions: GroupCommit<PendingComposition>;
  readonly #connect: ReturnType<typeof guardedConnector>;
  readonly #failed: Record<string, number> = {};
  readonly #closing = new Set<Promise<void>>();
  #delivered = 0;
  #givenUp = 0;
  #pending: Awaited<ReturnType<typeof pendingLanes>> = [];
  #pendingAt = 0;
  #unsubscribe: (() => void) | undefined;
  #lookTimer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  /** @throws AddressRangeError if `allow` holds something that is no address range */
  constructor(options: PusherOptions) {
    this.#options = options;
    const { logger } = options;
    this.#connect = guardedConnector(new AddressPolicy(options.allow), options.timeoutSeconds * 1000);
    this.#settlements = new GroupCommit<PendingSettlement>({
      name: 'notification outcomes',
      largestGroup: LARGEST_SETTLEMENT,
      gatherMs: SETTLE_GATHER_MS,
      logger,
      write: (group) => this.#writeSettlements(group),
      onRefused: ({ written }) => written(),
    });
    this.#compositions = new GroupCommit<PendingComposition>({
      name: 'record messages',
      largestGroup: 100,
      logger,
      write: (group) => this.#writeCompositions(group),
      onRefused: ({ taken }, error) => taken.reject(error),
    });
  }

  /** Takes what the journal says from now on, and what earlier lives have left. @throws the database's error when it is away */
  async start(): Promise<void> {
    this.#unsubscribe = this.#options.journal.onDurable((messages) => this.#hand(messages));
    await this.#look();
    const lookEveryMs = Math.min(LOOK_EVERY_MS, (this.#options.deadSeconds * 1000) / 3);
    this.#lookTimer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#lookOrWarn());
    }, lookEveryMs);
  }

  /** Ends in about three seconds. What is not delivered stays in the outbox for the next life or another node. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unsubscribe?.();
    clearInterval(this.#lookTimer);
    await this.#looking;
    await Promise.all([...this.#lanes.values()].map((lane) => lane.stop(STOP_GRACE_MS)));
    await Promise.all(this.#closing);
    if (!this.#settlements.failing) await this.#settlements.flush();
    await this.#settlements.stop();
    for (const { taken } of await this.#compositions.stop()) taken.reject(new Error('stopped'));
    this.#lanes.clear();
  }

  /**
   * Sends dead letters again, as if they had never been tried, under the same webhook-ids; also to a target that is
   * being left alone.
   * @returns how many letters are on their way again
   * @throws StoreError
   */
  async resend(search: DeadLetterSearch): Promise<number> {
    const revived = await reviveDeadLetters(this.#options, search);
    for (const lane of revived) {
      this.#lane(lane).readOutbox();
      this.#lane(lane).probeNow();
    }
    return revived.reduce((sum, { letters }) => sum + letters, 0);
  }

  /** Sends what this life has filed in the outbox past the journal: messages about an application's numbers. */
  sendFiled(appKey: string): void {
    if (!this.#stopped) this.#lane({ appKey, kind: 'number' }).readOutbox();
  }

  stats(): PushStats {
    const found = new Map(this.#pending.map((lane) => [laneKey(lane), lane]));
    let depth = 0;
    let oldest = 0;
    for (const [key, lane] of this.#lanes) {
      // What fell to backlog since the last look is not among what that found.
      const waiting = lane.mode === 'backlog' ? (found.get(key)?.depth ?? 0) : 0;
      depth += Math.max(waiting, lane.size);
    }
    for (const [key, { oldestAgeSeconds }] of found) {
      if (this.#lanes.get(key)?.idle !== true)
        oldest = Math.max(oldest, oldestAgeSeconds + (performance.now() - this.#pendingAt) / 1000);
    }
    const targetsLeftAlone = [...this.#lanes.values()].filter((lane) => lane.isHeldBack).length;
    return {
      ...{ depth, oldestAgeSeconds: oldest, targetsLeftAlone },
      ...{ delivered: this.#delivered, failed: this.#failed, givenUp: this.#givenUp },
    };
  }

  #hand({ fresh, elsewhere }: DurableMessages): void {
    for (const message of fresh) this.#lane(message).hand(message);
    for (const message of elsewhere) this.#lane(message).readOutbox();
  }

  #lane(lane: Lane): DeliveryLane {
    const key = laneKey(lane);
    const standing = this.#lanes.get(key);
    if (standing !== undefined) return standing;
    const made = this.#makeLane({ appKey: lane.appKey, kind: lane.kind });
    this.#lanes.set(key, made);
    return made;
  }

  #makeLane(lane: Lane): DeliveryLane {
    const { apps, timeoutSeconds, mergeMs, logger, clock = Date.now } = this.#options;
    const { retrySeconds, mostFailures, probeSeconds } = this.#options;
    const made: DeliveryLane = new DeliveryLane({
      lane,
      queue:
        lane.kind === 'record'
          ? new RecordQueue({
              appKey: lane.appKey,
              mergeMs,
              compose: (composition) => this.#compose(composition),
              onReady: () => made.pump(),
            })
          : new EventQueue(),
      courier: new Courier({
        connect: this.#connect,
        timeoutMs: timeoutSeconds * 1000,
        connections: MOST_IN_FLIGHT,
      }),
      outbox: this.#options,
      apps,
      ...{ retrySeconds, mostFailures, probeSeconds },
      clock,
      logger,
      settle: (settlement, written) => this.#settlements.add({ settlement, written }),
      onAttempt: (attempt) => this.#note(attempt),
      onGivenUp: (messages) => {
        this.#givenUp += messages;
      },
    });
    return made;
  }

  #note({ lane: { appKey, kind }, parcel, delivery, at, ms }: Attempt): void {
    if (delivery.ok) this.#delivered += 1;
    else this.#failed[delivery.reason] = (this.#failed[delivery.reason] ?? 0) + 1;
    if (kind === 'number') return;
    this.#options.history.add({
      ...{ appKey, at, ms, id: parcel.id, event: eventTypeOf(parcel.body), status: delivery.status },
      sessionIds: parcel.rows.map(({ sessionId }) => sessionId),
      error: delivery.ok ? undefined : delivery.detail,
    });
  }

  async #writeSettlements(group: readonly PendingSettlement[]): Promise<void> {
    const { sql, life } = this.#options;
    const settlements = group.map(({ settlement }) => settlement);
    await deleteDelivered(sql, settlements);
    if (settlements.some(({ outcome }) => outcome !== 'delivered')) {
      await putOffFailed(sql, life, settlements);
    }
    for (const { written } of group) written();
  }

  #compose(composition: Composition): Promise<ReadonlySet<string>> {
    const taken = Promise.withResolvers<ReadonlySet<string>>();
    this.#compositions.add({ composition, taken });
    return taken.promise;
  }

  async #writeCompositions(group: readonly PendingComposition[]): Promise<void> {
    const taken = await composeMessages(
      this.#options,
      group.map(({ composition }) => composition),
    );
    for (const pending of group) pending.taken.resolve(taken);
  }

  async #look(): Promise<void> {
    const idleBefore = new Set([...this.#lanes].filter(([, lane]) => lane.idle).map(([key]) => key));
    let tookOver = false;
    while (!this.#stopped && (await takeOver(this.#options, this.#options.deadSeconds)) > 0) tookOver = true;
    this.#pending = await pendingLanes(this.#options);
    this.#pendingAt = performance.now();
    for (const lane of this.#pending) {
      const key = laneKey(lane);
      const overlooked =
        this.#lanes.get(key) === undefined || (idleBefore.has(key) && this.#lanes.get(key)?.idle);
      if (tookOver || overlooked) this.#lane(lane).readOutbox();
    }
    this.#dropIdle(idleBefore);
    for (const lane of this.#lanes.values()) await lane.lookAtTarget();
  }

  async #lookOrWarn(): Promise<void> {
    try {
      await this.#look();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.logger.warn({ reason }, 'outbox not readable');
    }
  }

  /** A lane that had nothing to do since the look before gives its connections back. */
  #dropIdle(idleBefore: ReadonlySet<string>): void {
    for (const [key, lane] of this.#lanes) {
      if (!idleBefore.has(key) || !lane.idle) continue;
      this.#lanes.delete(key);
      const closing: Promise<void> = lane.stop(0).finally(() => this.#closing.delete(closing));
      this.#closing.add(closing);
    }
  }
}

/** A space cannot stand in an application key, so two lanes never share a key. */
function laneKey({ appKey, kind }: Lane): string {
  return `${kind} ${appKey}`;
}
