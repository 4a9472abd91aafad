import { setTimeout as delay } from 'node:timers/promises';
import { deleteExpiredBindings } from '../store/axbBindings.ts';
import type { Sql } from '../store/database.ts';
import { EXPIRING_TABLES, sweepExpired } from '../store/expiredBindings.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface ExpiredBindingSweeperOptions {
  readonly sql: Sql;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Milliseconds between sweeps. */
  readonly everyMs?: number;
}

const EVERY_MS = 10_000;
const LARGEST_SWEEP = 500;

/**
 * Takes rows of expired bindings away, in every mode that has such. Only to keep tables small: an expired binding routes no call and blocks no
 * number, swept or not. Every node may sweep; what one has taken the others do not find.
 */
export class ExpiredBindingSweeper {
  readonly #options: ExpiredBindingSweeperOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: ExpiredBindingSweeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      if (await this.#sweep()) continue;
      await delay(this.#options.everyMs ?? EVERY_MS, undefined, { signal, ref: false }).catch(
        () => undefined,
      );
    }
  }

  /** @returns whether there may be more to sweep */
  async #sweep(): Promise<boolean> {
    const { sql, clock, log } = this.#options;
    const at = new Date(clock());
    try {
      const ended = [await deleteExpiredBindings(sql, at, LARGEST_SWEEP)];
      for (const table of EXPIRING_TABLES) ended.push(await sweepExpired(sql, table, at, LARGEST_SWEEP));
      return ended.includes(LARGEST_SWEEP);
    } catch (err) {
      log.warn({ err }, 'expired bindings could not be swept');
      return false;
    }
  }
}
