import { deleteExpiredBindings } from '../store/axbBindings.ts';
import type { Duties } from '../store/Duties.ts';
import type { Sql } from '../store/database.ts';
import { EXPIRING_TABLES, sweepExpired } from '../store/expiredBindings.ts';
import { Sweeper } from '../store/Sweeper.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface ExpiredBindingSweeperOptions {
  readonly sql: Sql;
  readonly log: Logger;
  /** Of all nodes that sweep one does at a time. Absent: this one always does. */
  readonly duties?: Pick<Duties, 'hold'> | undefined;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Milliseconds between sweeps. */
  readonly everyMs?: number;
}

const EVERY_MS = 10_000;
const LARGEST_SWEEP = 500;

/**
 * Takes rows of expired bindings away, in every mode that has such. Only to keep tables small: an expired binding routes
 * no call and blocks no number, swept or not.
 */
export class ExpiredBindingSweeper {
  readonly #options: ExpiredBindingSweeperOptions;
  readonly #sweeper: Sweeper;

  constructor(options: ExpiredBindingSweeperOptions) {
    this.#options = options;
    const { log, duties, everyMs = EVERY_MS } = options;
    this.#sweeper = new Sweeper({
      name: 'expired bindings',
      sweep: () => this.#sweep(),
      everyMs,
      duties,
      log,
    });
  }

  start(): void {
    this.#sweeper.start();
  }

  stop(): Promise<void> {
    return this.#sweeper.stop();
  }

  /** @returns whether there may be more to sweep */
  async #sweep(): Promise<boolean> {
    const { sql, clock } = this.#options;
    const at = new Date(clock());
    const ended = [await deleteExpiredBindings(sql, at, LARGEST_SWEEP)];
    for (const table of EXPIRING_TABLES) ended.push(await sweepExpired(sql, table, at, LARGEST_SWEEP));
    return ended.includes(LARGEST_SWEEP);
  }
}
