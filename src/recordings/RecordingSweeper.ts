import type { Duties } from '../store/Duties.ts';
import type { Sql } from '../store/database.ts';
import { filedRecordings, forgetRecordings, oldRecordings, RECORDING_KEPT_MS } from '../store/recordings.ts';
import { Sweeper } from '../store/Sweeper.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { RecordingBucket } from './RecordingBucket.ts';
import type { RecordingFolder } from './RecordingFolder.ts';
import type { Recordings } from './Recordings.ts';

export interface RecordingSweeperOptions {
  readonly sql: Sql;
  readonly recordings: Pick<Recordings, 'unconverted' | 'keep'>;
  readonly folder: Pick<RecordingFolder, 'id' | 'removeBefore'>;
  readonly bucket: Pick<RecordingBucket, 'remove'> | undefined;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly logger: Logger;
  /** Of all nodes that share the folder one does at a time. Absent: this one always does. */
  readonly duties?: Pick<Duties, 'hold'> | undefined;
  /** Milliseconds between sweeps. */
  readonly everyMs?: number;
}

const EVERY_MS = 600_000;
const LARGEST_SWEEP = 500;
const REMOVED_AT_ONCE = 8;
/** A recording is converted within seconds of its call's end; one that still waits so much later is waiting for nobody. */
const FORGOTTEN_MS = 600_000;

/**
 * Removes recordings seven days after the record of their call; addresses end before. And has those converted that a
 * process left behind which died, or whose disk was full, between the end of the call and the conversion. Several
 * nodes may sweep one folder and one bucket.
 */
export class RecordingSweeper {
  readonly #options: RecordingSweeperOptions;
  readonly #sweeper: Sweeper;

  constructor(options: RecordingSweeperOptions) {
    this.#options = options;
    const { logger: log, everyMs = EVERY_MS } = options;
    this.#sweeper = new Sweeper({ name: 'recordings', sweep: () => this.#sweep(), everyMs, log });
  }

  start(): void {
    this.#sweeper.start();
  }

  stop(): Promise<void> {
    return this.#sweeper.stop();
  }

  /** @returns whether there may be more to sweep */
  async #sweep(): Promise<boolean> {
    const { folder, duties, clock, everyMs = EVERY_MS } = this.#options;
    if (duties && !(await duties.hold(`recordings in ${await folder.id()}`, everyMs))) return false;
    const now = clock();
    const oldest = now - RECORDING_KEPT_MS;
    await this.#convertForgotten(now);
    await folder.removeBefore(oldest);
    return this.#removeOld(new Date(oldest));
  }

  async #convertForgotten(now: number): Promise<void> {
    const { sql, recordings } = this.#options;
    const unconverted = await recordings.unconverted();
    if (unconverted.length === 0) return;
    const span = { from: new Date(now - RECORDING_KEPT_MS), until: new Date(now - FORGOTTEN_MS) };
    for (const objectName of await filedRecordings(sql, unconverted, span)) recordings.keep(objectName);
  }

  /** What tells whose it is goes last: as long as it is there the bucket will be asked again. */
  async #removeOld(oldest: Date): Promise<boolean> {
    const { sql, bucket } = this.#options;
    const names = await oldRecordings(sql, oldest, LARGEST_SWEEP);
    if (bucket) {
      const left = [...names];
      const removeNext = async (): Promise<void> => {
        for (let name = left.pop(); name !== undefined; name = left.pop()) await bucket.remove(name);
      };
      await Promise.all(Array.from({ length: REMOVED_AT_ONCE }, removeNext));
    }
    if (names.length > 0) await forgetRecordings(sql, names);
    return names.length === LARGEST_SWEEP;
  }
}
