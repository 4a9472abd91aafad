import { setTimeout as delay } from 'node:timers/promises';
import type { Sql } from '../store/database.ts';
import { deleteRecordingsBefore, RECORDING_KEPT_MS, recordingsClosedBefore } from '../store/recordings.ts';
import { faultFields } from '../telemetry/fault.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Recordings } from './recordings.ts';

export interface RecordingSweeperOptions {
  readonly sql: Sql;
  readonly recordings: Pick<Recordings, 'removeBefore' | 'unconverted' | 'keep'>;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly logger: Logger;
  /** Milliseconds between sweeps. */
  readonly everyMs?: number;
}

const EVERY_MS = 600_000;
/** A recording is converted within seconds of its call's end; one that still waits so much later is waiting for nobody. */
const FORGOTTEN_MS = 600_000;

/**
 * Removes recordings seven days after the record of their call: first what tells whose they are, so that no address is
 * given for a file that is about to go, then the files. And has those converted that a process left behind which died
 * between the end of the call and the conversion. Several nodes may sweep one folder.
 */
export class RecordingSweeper {
  readonly #options: RecordingSweeperOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: RecordingSweeperOptions) {
    this.#options = options;
  }

  /** Sweeps at once and at intervals until `stop`. */
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
      await this.#sweep();
      await delay(this.#options.everyMs ?? EVERY_MS, undefined, { signal, ref: false }).catch(
        () => undefined,
      );
    }
  }

  async #sweep(): Promise<void> {
    const { sql, recordings, clock, logger } = this.#options;
    const now = clock();
    const oldest = now - RECORDING_KEPT_MS;
    try {
      await deleteRecordingsBefore(sql, new Date(oldest));
      await recordings.removeBefore(oldest);
      const unconverted = await recordings.unconverted();
      if (unconverted.length === 0) return;
      const forgotten = await recordingsClosedBefore(sql, unconverted, new Date(now - FORGOTTEN_MS));
      for (const objectName of forgotten) recordings.keep(objectName);
    } catch (error) {
      logger.warn(faultFields(error), 'recordings could not be swept; will be tried again');
    }
  }
}
