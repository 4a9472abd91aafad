import { randomUUID } from 'node:crypto';
import { faultFields } from '../telemetry/fault.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type Sql, storeErrorOf } from './database.ts';

export interface DutiesOptions {
  readonly sql: Sql;
  readonly log: Logger;
}

/** A lease outlives its renewal by this: half of the interval, and what a slow round may take. */
const SLACK = 1.5;
const LEAST_SLACK_MS = 10_000;

/**
 * What one process at a time does for all nodes on a database: sweeps, retention, uploads of one folder.
 *
 * A duty is a lease by PostgreSQL's clock, renewed each time the duty is done. It only saves work: a process that stalls
 * beyond its lease and goes on beside its successor does no harm, because whatever is done under a duty may be done twice.
 */
export class Duties {
  readonly #options: DutiesOptions;
  readonly #holder = randomUUID();

  constructor(options: DutiesOptions) {
    this.#options = options;
  }

  /**
   * Takes or keeps a duty, where no other process has it.
   * @param everyMs how often the duty is done; it falls to another when it was not for half as long again
   * @returns whether it is this process's now
   * @throws StoreError
   */
  async hold(name: string, everyMs: number): Promise<boolean> {
    const leaseSeconds = Math.max(everyMs * SLACK, everyMs + LEAST_SLACK_MS) / 1000;
    const { count } = await this.#options.sql`
      INSERT INTO duties AS d (name, holder, until)
      VALUES (${name}, ${this.#holder}, now() + make_interval(secs => ${leaseSeconds}::float8))
      ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
      WHERE d.holder = excluded.holder OR d.until < now()`.catch((error: unknown) => {
      throw storeErrorOf(error);
    });
    return count === 1;
  }

  /** Gives every duty back, so that another process takes it at its next look. */
  async stop(): Promise<void> {
    const { sql, log } = this.#options;
    try {
      await sql`DELETE FROM duties WHERE holder = ${this.#holder}`;
    } catch (error) {
      log.warn(faultFields(storeErrorOf(error)), 'duties stay ours until their leases end');
    }
  }
}
