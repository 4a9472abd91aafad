import { randomInt } from 'node:crypto';
import { access, mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { toALaw } from '../../media/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { compactTime } from './callTimes.ts';

/** Nothing shorter is kept. */
export const SHORTEST_RECORDING_MS = 3000;
const OBJECT_NAME = /^(\d\d)(\d\d)(\d\d)\d{6,}\.wav$/;
/** Begins the name of what a media server writes. */
const RAW_PREFIX = 'raw-';
/** Files converted at a time: it is work for idle moments. */
const CONVERSIONS_AT_ONCE = 1;

/** A recording that may begin. */
export interface NewRecording {
  /** Name in the call record: `yyMMddHHmmss`, digits, `.wav` (facts 8.3). */
  readonly objectName: string;
  /** Where the media server writes it. */
  readonly path: string;
}

export interface RecordingsOptions {
  /** Folder that the media server writes to as well, under the same path. */
  readonly folder: string;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly logger: Logger;
}

/**
 * The recordings on disk. A media server writes 16-bit PCM beside the place where the recording will be; when the call
 * has ended it becomes A-law, 8 kHz, mono, under its final name. A recording lies in the folder of the day (UTC) on which
 * it began.
 */
export class Recordings {
  readonly #options: RecordingsOptions;
  readonly #folder: string;
  readonly #waiting: string[] = [];
  /** What waits, and what is being converted. */
  readonly #kept = new Set<string>();
  #converting: Promise<void>[] = [];
  #madeDay = '';

  constructor(options: RecordingsOptions) {
    this.#options = options;
    this.#folder = resolve(options.folder);
  }

  /** Resolves when what has been handed to `keep` is converted. */
  async stop(): Promise<void> {
    while (this.#converting.length > 0) await Promise.all(this.#converting);
  }

  /** A name and a place for a recording that begins now. */
  async begin(): Promise<NewRecording> {
    const stamp = compactTime(this.#options.clock());
    const objectName = `${stamp.slice(2)}${String(randomInt(1e9)).padStart(9, '0')}.wav`;
    const day = dayOf(objectName);
    if (day !== this.#madeDay) {
      await mkdir(join(this.#folder, day), { recursive: true });
      this.#madeDay = day;
    }
    return { objectName, path: this.#rawPath(objectName) };
  }

  /** Where a recording lies once it is converted. @throws RangeError for a name that is none of ours */
  pathOf(objectName: string): string {
    return join(this.#folder, dayOf(objectName), objectName);
  }

  /** The file of a converted recording; undefined when there is none of this name, whatever the name is. */
  async find(objectName: string): Promise<string | undefined> {
    if (!OBJECT_NAME.test(objectName)) return undefined;
    const path = this.pathOf(objectName);
    return access(path).then(
      () => path,
      () => undefined,
    );
  }

  /** Names of recordings that were begun and are neither converted nor about to be here: in progress, or left by a crash. */
  async unconverted(): Promise<string[]> {
    const names: string[] = [];
    for (const day of await this.#days()) {
      for (const file of await readdir(join(this.#folder, day)).catch(() => [])) {
        const name = file.slice(RAW_PREFIX.length);
        if (file.startsWith(RAW_PREFIX) && OBJECT_NAME.test(name) && !this.#kept.has(name)) names.push(name);
      }
    }
    return names;
  }

  /**
   * Removes the files to which nothing was written since a moment. Not by the day in their names: that is when the
   * recording began, and what counts is when it ended.
   * @param moment milliseconds since the epoch
   */
  async removeBefore(moment: number): Promise<void> {
    const lastDay = new Date(moment).toISOString().slice(0, 10);
    for (const day of await this.#days()) {
      if (day <= lastDay) await removeOldFiles(join(this.#folder, day), moment);
    }
  }

  /** Takes a recording that has ended: converts it, or removes it when it is too short. It does not wait. */
  keep(objectName: string): void {
    this.#kept.add(objectName);
    this.#waiting.push(objectName);
    if (this.#converting.length < CONVERSIONS_AT_ONCE) this.#converting.push(this.#convertWaiting());
  }

  /** Removes a recording that is not to be kept. */
  async discard(objectName: string): Promise<void> {
    await rm(this.#rawPath(objectName), { force: true });
  }

  async #convertWaiting(): Promise<void> {
    for (let name = this.#waiting.shift(); name !== undefined; name = this.#waiting.shift()) {
      await this.convert(name);
      this.#kept.delete(name);
    }
    this.#converting = [];
  }

  /**
   * Converts one recording now.
   * @returns its length in seconds; 0 when there is nothing worth keeping
   */
  async convert(objectName: string): Promise<number> {
    const raw = this.#rawPath(objectName);
    try {
      const { seconds } = await toALaw(raw, this.pathOf(objectName));
      await rm(raw, { force: true });
      if (seconds * 1000 >= SHORTEST_RECORDING_MS) return seconds;
      await rm(this.pathOf(objectName), { force: true });
    } catch (error) {
      this.#options.logger.warn({ err: error, objectName }, 'a recording could not be converted');
    }
    return 0;
  }

  #rawPath(objectName: string): string {
    return join(this.#folder, dayOf(objectName), `${RAW_PREFIX}${objectName}`);
  }

  /** Folders of days; none while nothing was ever recorded. */
  async #days(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => []);
    return names.filter((name) => /^\d{4}-\d\d-\d\d$/.test(name));
  }
}

/** What another node has removed in the meantime is gone, which is what was wanted. */
async function removeOldFiles(folder: string, moment: number): Promise<void> {
  const names = await readdir(folder);
  let left = names.length;
  for (const name of names) {
    const path = join(folder, name);
    const file = await stat(path).catch(() => undefined);
    if (file !== undefined && file.mtimeMs >= moment) continue;
    await rm(path, { force: true });
    left -= 1;
  }
  if (left === 0) await rmdir(folder).catch(() => undefined);
}

/** The folder of a recording: the day in its name, `yyMMddHHmmss…`. */
function dayOf(objectName: string): string {
  const found = OBJECT_NAME.exec(objectName);
  if (!found)
    throw new RangeError(`recording ${JSON.stringify(objectName)}: expected yyMMddHHmmss, digits, .wav`);
  return `20${found[1]}-${found[2]}-${found[3]}`;
}
