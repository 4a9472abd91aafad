import { STATE_CODE } from '../../routing/stateCodes.ts';
import type { Frequency } from '../../routing/types.ts';
import type { SharedUse } from '../processes/SharedUse.ts';
import type { Logger } from '../telemetry/logger.ts';
import { admitCalls, type LimitedCall, sweepCallCounts } from './admitCalls.ts';
import { BatchedStatement } from './BatchedStatement.ts';
import { hasLimits, limitsOf, type OutgoingCall } from './callLimits.ts';
import type { Duties } from './Duties.ts';
import type { Sql } from './database.ts';
import { Sweeper } from './Sweeper.ts';
import type { Sealer } from './sealing.ts';

export interface AdmissionOptions {
  readonly sql: Sql;
  readonly sealer: Pick<Sealer, 'digest'>;
  /** Calls that the processes of a group together forward at the same time; undefined for any number. */
  readonly maxCalls: number | undefined;
  /** Calls of an account that has no limit of its own; undefined for any number. */
  readonly callFrequency: Frequency | undefined;
  readonly log: Logger;
  /** What the other processes of the group forward counts too. Absent: there are none. */
  readonly shared?: SharedUse | undefined;
  /** Of all nodes that sweep one does at a time. Absent: this one always does. */
  readonly duties?: Pick<Duties, 'hold'> | undefined;
}

export interface AdmissionRequest extends OutgoingCall {
  readonly sessionId: string;
}

const LARGEST_BATCH = 32;
const LARGEST_SWEEP = 5000;
const SWEEP_EVERY_MS = 60_000;

/**
 * Whether one more call may go out: ports of the platform (522: this process, or the group that it is one of) and of the
 * application (7109: all processes of all nodes), and how often calls may come, by customer account, application, shown
 * number, caller, callee and X (7001 to 7003, 8047 to 8049).
 *
 * A call is counted when it is let through, whatever becomes of it then. One that a limit refuses is counted
 * nowhere: who runs into one limit does not use up the others. "So many calls in so many seconds" holds for each span
 * of that length, not for fixed windows; calls that came within a sixtieth of the span leave it together, with the last
 * of them. Time is PostgreSQL's, which is one for all processes; numbers are counted by their digests.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #batches: BatchedStatement<LimitedCall, number>;
  readonly #sweeper: Sweeper;
  /** Calls of this process that were let through and go on; empty when there is no limit to them. */
  readonly #forwarded = new Set<string>();

  constructor(options: AdmissionOptions) {
    const { sql, sealer, log, duties } = options;
    this.#options = options;
    this.#batches = new BatchedStatement({
      largest: LARGEST_BATCH,
      run: (calls) => admitCalls(sql, sealer, calls),
    });
    this.#sweeper = new Sweeper({
      name: 'counts of calls',
      sweep: () => sweepCallCounts(sql, LARGEST_SWEEP),
      everyMs: SWEEP_EVERY_MS,
      duties,
      log,
    });
  }

  /** Begins to sweep old counts away. */
  start(): void {
    this.#sweeper.start();
  }

  /** Resolves when no statement is under way. */
  async stop(): Promise<void> {
    await this.#sweeper.stop();
    await this.#batches.idle();
  }

  /**
   * To be asked once for each call.
   * @returns the stateCode of the limit that the call would exceed, undefined when it is let through; without a promise
   * where nothing is counted in the database
   * @throws StoreError (as a rejection): the call is then not counted
   */
  check(call: AdmissionRequest): number | undefined | Promise<number | undefined> {
    const { maxCalls, callFrequency } = this.#options;
    if (maxCalls !== undefined) {
      if (this.#forwarded.size + this.#forwardedElsewhere >= maxCalls) return STATE_CODE.platformFull;
      this.#forwarded.add(call.sessionId);
      this.#tellForwarded();
    }
    if (callFrequency === undefined && !hasLimits(call.connect.app)) return undefined;
    return this.#count(call);
  }

  /** A call has ended, whether it was let through or not. */
  ended(sessionId: string): void {
    if (this.#forwarded.delete(sessionId)) this.#tellForwarded();
  }

  get #forwardedElsewhere(): number {
    return this.#options.shared?.heldElsewhere('calls', '') ?? 0;
  }

  #tellForwarded(): void {
    this.#options.shared?.hold('calls', '', this.#forwarded.size);
  }

  async #count(call: AdmissionRequest): Promise<number | undefined> {
    const { sessionId } = call;
    const limits = limitsOf(call, this.#options.callFrequency);
    if (limits.length === 0) return undefined;
    let exceeded: number | undefined;
    try {
      exceeded = await this.#batches.submit({ sessionId, limits });
    } finally {
      if (exceeded !== 0) this.ended(sessionId);
    }
    return exceeded === 0 ? undefined : exceeded;
  }
}
