import type { Logger } from '../telemetry/logger.ts';
import { deleteExpiredCallBacks } from './callBacks.ts';
import type { Duties } from './Duties.ts';
import type { Sql } from './database.ts';
import { freeForgottenLines } from './lines.ts';
import { Sweeper } from './Sweeper.ts';

export interface LineSweeperOptions {
  readonly sql: Sql;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly log: Logger;
  /** Of all nodes that sweep one does at a time. Absent: this one always does. */
  readonly duties?: Pick<Duties, 'hold'> | undefined;
  /** Milliseconds between sweeps. */
  readonly everyMs?: number;
}

const EVERY_MS = 60_000;
const LARGEST_SWEEP = 500;

/**
 * Clears up after calls in AX and AXE: frees lines that nobody else can free any more, and removes expired records of
 * who called. Several nodes may sweep.
 */
export class LineSweeper {
  readonly #options: LineSweeperOptions;
  readonly #sweeper: Sweeper;

  constructor(options: LineSweeperOptions) {
    this.#options = options;
    const { log, duties, everyMs = EVERY_MS } = options;
    this.#sweeper = new Sweeper({ name: 'lines', sweep: () => this.#sweep(), everyMs, duties, log });
  }

  start(): void {
    this.#sweeper.start();
  }

  stop(): Promise<void> {
    return this.#sweeper.stop();
  }

  /** @returns whether there may be more to sweep */
  async #sweep(): Promise<boolean> {
    const { sql, clock, log } = this.#options;
    const freed = await freeForgottenLines(sql);
    if (freed > 0) log.warn({ lines: freed }, 'freed lines that belonged to no call in the journal');
    return (await deleteExpiredCallBacks(sql, new Date(clock()), LARGEST_SWEEP)) === LARGEST_SWEEP;
  }
}
