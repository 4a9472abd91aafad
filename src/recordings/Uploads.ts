import type { Duties } from '../store/Duties.ts';
import type { Sql } from '../store/database.ts';
import { filedRecordings, RECORDING_KEPT_MS } from '../store/recordings.ts';
import { Sweeper } from '../store/Sweeper.ts';
import { faultFields } from '../telemetry/fault.ts';
import type { Logger } from '../telemetry/logger.ts';
import { BucketError } from './BucketError.ts';
import type { RecordingBucket } from './RecordingBucket.ts';
import type { RecordingFolder } from './RecordingFolder.ts';

const EVERY_MS = 5000;
const AT_ONCE = 4;
const LARGEST_QUESTION = 500;

export interface UploadsOptions {
  readonly sql: Sql;
  readonly folder: Pick<RecordingFolder, 'id' | 'finishedNames' | 'pathOf' | 'remove'>;
  readonly bucket: Pick<RecordingBucket, 'put'>;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly log: Logger;
  /** Of all nodes that share the folder one does at a time. Absent: this one always does. */
  readonly duties?: Pick<Duties, 'hold'> | undefined;
  /** Milliseconds between two looks into the folder. */
  readonly everyMs?: number;
}

/**
 * Moves finished recordings from the folder to the bucket.
 *
 * What is to be moved is read from the folder and the database each time, and nothing is remembered: after a crash, or
 * days without the bucket, the next look finds the same. A recording goes once its call is closed, so that there is none
 * in the bucket that nothing refers to and nobody would remove; it leaves the folder after the bucket has said that it
 * has it. A crash in between sends the same octets to the same place again.
 */
export class Uploads {
  readonly #options: UploadsOptions;
  readonly #sweeper: Sweeper;
  #waiting = 0;
  #failures = 0;
  #isAway = false;

  constructor(options: UploadsOptions) {
    this.#options = options;
    const { log, everyMs = EVERY_MS } = options;
    this.#sweeper = new Sweeper({
      name: 'recordings for the bucket',
      sweep: () => this.#lookInTurn(),
      everyMs,
      log,
    });
  }

  /** Recordings that the folder held at the last look. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Attempts that the bucket did not take. */
  get failures(): number {
    return this.#failures;
  }

  start(): void {
    this.#sweeper.start();
  }

  /** Resolves after a last look, so that nothing stays behind on a machine that does not come back. */
  async stop(): Promise<void> {
    await this.#sweeper.stop();
    await this.#look().catch((error: unknown) =>
      this.#options.log.warn(faultFields(error), 'recordings stay in the folder'),
    );
  }

  /** What another process of the folder moves does not wait for this one. */
  async #lookInTurn(): Promise<false> {
    const { folder, duties, everyMs = EVERY_MS } = this.#options;
    if (!duties || (await duties.hold(`uploads from ${await folder.id()}`, everyMs))) return this.#look();
    this.#waiting = 0;
    return false;
  }

  async #look(): Promise<false> {
    const { sql, folder, clock } = this.#options;
    const names = await folder.finishedNames();
    this.#waiting = names.length;
    for (let start = 0; start < names.length; start += LARGEST_QUESTION) {
      const now = clock();
      const filed = await filedRecordings(sql, names.slice(start, start + LARGEST_QUESTION), {
        from: new Date(now - RECORDING_KEPT_MS),
        until: new Date(now + 1),
      });
      if (!(await this.#uploadAll(filed))) break;
    }
    return false;
  }

  /** @returns false when the bucket is away */
  async #uploadAll(objectNames: string[]): Promise<boolean> {
    let isTaken = true;
    const uploadNext = async (): Promise<void> => {
      for (let name = objectNames.pop(); name !== undefined && isTaken; name = objectNames.pop()) {
        if (!(await this.#upload(name))) isTaken = false;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, uploadNext));
    return isTaken;
  }

  /** @returns false when the bucket did not take it */
  async #upload(objectName: string): Promise<boolean> {
    const { folder, bucket, log } = this.#options;
    try {
      await bucket.put(objectName, folder.pathOf(objectName));
      await folder.remove(objectName);
      this.#waiting -= 1;
      this.#noteBack();
    } catch (error) {
      if (error instanceof BucketError) {
        this.#noteAway(error);
        return false;
      }
      // Gone to the bucket by another node that shares the folder, or a fault of this file alone.
      log.warn({ ...faultFields(error), objectName }, 'a recording could not be read for the bucket');
    }
    return true;
  }

  #noteAway(error: BucketError): void {
    this.#failures += 1;
    if (this.#isAway) return;
    this.#isAway = true;
    this.#options.log.error(faultFields(error), 'the bucket takes no recordings; they wait in the folder');
  }

  #noteBack(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#options.log.warn({ waiting: this.#waiting }, 'the bucket takes recordings again');
  }
}
