import { randomUUID } from 'node:crypto';
import {
  access,
  constants,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { toALaw } from '../../media/index.ts';
import type { OpenRecording } from './OpenRecording.ts';
import { dayOf, isObjectName } from './objectNames.ts';

/** Holds the name of the folder itself, by which nodes find out that they share it. */
const ID_FILE = '.folder-id';
/** Begins the name of what a media server writes. */
const RAW_PREFIX = 'raw-';
/** Begins the name of a recording that is converted, and may still turn out to be too short. */
const NEW_PREFIX = 'new-';

/**
 * The recordings on disk. A recording lies in the folder of the day (UTC) on which it began: `raw-…` while a media
 * server writes it and until it is converted, then under its own name. What has its own name is whole.
 */
export class RecordingFolder {
  readonly #folder: string;

  /** @param folder that media servers write to as well, under the same path */
  constructor(folder: string) {
    this.#folder = resolve(folder);
  }

  /** The same for every node that has this folder, and for no other folder. @throws errors of the file system */
  async id(): Promise<string> {
    const path = join(this.#folder, ID_FILE);
    await mkdir(this.#folder, { recursive: true });
    const known = await readFile(path, 'utf8').catch(undefinedIfGone);
    if (known !== undefined) return known.trim();
    // Nobody reads it before it is whole. Of two nodes that make it at the same moment one is right from the next time on.
    const id = randomUUID();
    const draft = `${path}-${id}`;
    try {
      await writeFile(draft, `${id}\n`, { flag: 'wx', flush: true });
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    return id;
  }

  /** Where a finished recording lies. @throws RangeError for a name that is none of ours */
  pathOf(objectName: string): string {
    return this.#path('', objectName);
  }

  /** Where a media server writes it. @throws RangeError for a name that is none of ours */
  rawPathOf(objectName: string): string {
    return this.#path(RAW_PREFIX, objectName);
  }

  /**
   * Makes room for a recording.
   * @returns the octets that are free on the disk
   * @throws errors of the file system, when nothing can be written there
   */
  async prepare(objectName: string): Promise<number> {
    const dayFolder = join(this.#folder, dayOf(objectName));
    await mkdir(dayFolder, { recursive: true });
    await access(dayFolder, constants.W_OK);
    const { bavail, bsize } = await statfs(dayFolder);
    return bavail * bsize;
  }

  /** Octets that the media server has written; 0 when there is no such file. */
  async rawBytes(objectName: string): Promise<number> {
    return (await statOf(this.rawPathOf(objectName)))?.size ?? 0;
  }

  /**
   * Makes the finished recording out of what the media server wrote: A-law, 8 kHz, mono. It keeps the time of the raw
   * file, which is when the call ended.
   * @param shortestMs below this nothing is left
   * @returns its length in seconds; 0 when it was too short
   * @throws WavError, errors of the file system; the raw file is still there then
   */
  async convert(objectName: string, shortestMs: number): Promise<number> {
    const raw = this.rawPathOf(objectName);
    const converted = this.#path(NEW_PREFIX, objectName);
    const { seconds } = await toALaw(raw, converted);
    const isKept = seconds * 1000 >= shortestMs;
    if (isKept) {
      const { mtime } = await stat(raw);
      await utimes(converted, mtime, mtime);
      await rename(converted, this.pathOf(objectName));
    } else {
      await rm(converted, { force: true });
    }
    await this.removeRaw(objectName);
    return isKept ? seconds : 0;
  }

  /** Names of recordings that are not converted: in progress, about to be converted, or left by a crash. */
  async rawNames(): Promise<string[]> {
    return (await this.#files())
      .filter((file) => file.startsWith(RAW_PREFIX))
      .map((file) => file.slice(RAW_PREFIX.length))
      .filter(isObjectName);
  }

  /** Names of finished recordings. */
  async finishedNames(): Promise<string[]> {
    return (await this.#files()).filter(isObjectName);
  }

  /** @returns undefined when there is no finished recording of this name, whatever the name is */
  async open(objectName: string): Promise<OpenRecording | undefined> {
    if (!isObjectName(objectName)) return undefined;
    const file = await open(this.pathOf(objectName)).catch(undefinedIfGone);
    if (file === undefined) return undefined;
    return openFile(file, (await file.stat()).size);
  }

  async has(objectName: string): Promise<boolean> {
    return isObjectName(objectName) && (await statOf(this.pathOf(objectName))) !== undefined;
  }

  async remove(objectName: string): Promise<void> {
    await rm(this.pathOf(objectName), { force: true });
  }

  async removeRaw(objectName: string): Promise<void> {
    await rm(this.rawPathOf(objectName), { force: true });
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

  #path(prefix: string, objectName: string): string {
    return join(this.#folder, dayOf(objectName), `${prefix}${objectName}`);
  }

  /** Names of all files, of every day. */
  async #files(): Promise<string[]> {
    const days = await this.#days();
    const files = await Promise.all(days.map((day) => readdir(join(this.#folder, day)).catch(() => [])));
    return files.flat();
  }

  /** Folders of days; none while nothing was ever recorded. */
  async #days(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => []);
    return names.filter((name) => /^\d{4}-\d\d-\d\d$/.test(name));
  }
}

function openFile(file: FileHandle, bytes: number): OpenRecording {
  return {
    bytes,
    read: async (first, last) => file.createReadStream({ start: first, end: last }),
    close: () => file.close(),
  };
}

async function statOf(path: string) {
  return stat(path).catch(undefinedIfGone);
}

function undefinedIfGone(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
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
