import { faultFields } from '../telemetry/fault.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { OpenRecording, RecordingSource } from './OpenRecording.ts';
import { isObjectName, newObjectName } from './objectNames.ts';
import type { RecordingBucket } from './RecordingBucket.ts';
import { RecordingError } from './RecordingError.ts';
import type { RecordingFolder } from './RecordingFolder.ts';

/** Nothing shorter is kept. */
const SHORTEST_RECORDING_MS = 3000;
/** What a media server writes: 16-bit samples, 8 kHz, mono, behind a header of this length. */
const RAW_BYTES_PER_MS = 16;
const RAW_HEADER_BYTES = 44;
/** What a media server may count and not write in good health. */
const LOST_AT_MOST_MS = 500;
/** Files converted at a time: it is work for idle moments. */
const CONVERSIONS_AT_ONCE = 1;

/** A recording that may begin. */
export interface NewRecording {
  /** Name in the call record: `yyMMddHHmmss`, digits, `.wav` (facts 8.3). */
  readonly objectName: string;
  /** Where the media server writes it. */
  readonly path: string;
}

/** What a media server says of a recording at its end. */
export type RecordingEnd =
  /** It took down so much. Not what is missing because nothing was sent: while a party is held, time may stand still. */
  | { readonly kind: 'ended'; readonly ms: number }
  /** It had given up before. */
  | { readonly kind: 'broken' }
  /** It is not there any more, or does not answer. */
  | { readonly kind: 'unknown' };

/**
 * What a call's recording came to. `too-short`: it lasted less than is kept; `incomplete`: not all of what the media
 * server took down is on the disk.
 */
export type RecordingOutcome = 'complete' | 'too-short' | 'incomplete';

export interface RecordingsOptions {
  readonly folder: RecordingFolder;
  /** Where finished recordings are kept for good; undefined: in the folder. */
  readonly bucket: Pick<RecordingBucket, 'open' | 'has'> | undefined;
  /** Octets that must be free on the disk for a recording to begin. */
  readonly freeBytes: number;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly logger: Logger;
}

/**
 * The recordings of calls, from their first octet to the reader.
 *
 *     begin -> (a media server writes) -> outcome -> keep (converted to A-law) -> [Uploads: to the bucket] -> open
 *                                            +-----> discard
 *
 * A finished recording is read from the folder while it is there, else from the bucket.
 */
export class Recordings implements RecordingSource {
  readonly #options: RecordingsOptions;
  readonly #waiting: string[] = [];
  /** What waits, and what is being converted. */
  readonly #kept = new Set<string>();
  #converting: Promise<void>[] = [];

  constructor(options: RecordingsOptions) {
    this.#options = options;
  }

  /** Resolves when what has been handed to `keep` is converted. */
  async stop(): Promise<void> {
    while (this.#converting.length > 0) await Promise.all(this.#converting);
  }

  /**
   * A name and a place for a recording that begins now.
   * @throws RecordingError when the disk is too full, errors of the file system when nothing can be written there
   */
  async begin(): Promise<NewRecording> {
    const { folder, freeBytes, clock } = this.#options;
    const objectName = newObjectName(clock());
    const free = await folder.prepare(objectName);
    if (free < freeBytes) {
      throw new RecordingError(
        'RECORDING_DISK_FULL',
        `${Math.floor(free / 1e6)} MB are free for recordings: expected ${Math.ceil(freeBytes / 1e6)} MB`,
      );
    }
    return { objectName, path: folder.rawPathOf(objectName) };
  }

  /**
   * Says what a recording came to that has ended. Its file tells, measured by what the media server says.
   * @param ms how long it ran
   * @throws errors of the file system
   */
  async outcome(objectName: string, ms: number, end: RecordingEnd): Promise<RecordingOutcome> {
    if (ms < SHORTEST_RECORDING_MS) return 'too-short';
    if (end.kind === 'broken') return 'incomplete';
    const takenMs = end.kind === 'ended' ? end.ms : SHORTEST_RECORDING_MS;
    // A media server keeps nothing that is too short itself.
    if (takenMs < SHORTEST_RECORDING_MS) return 'too-short';
    const bytes = await this.#options.folder.rawBytes(objectName);
    const writtenMs = (bytes - RAW_HEADER_BYTES) / RAW_BYTES_PER_MS;
    if (writtenMs < takenMs - LOST_AT_MOST_MS) return 'incomplete';
    return writtenMs < SHORTEST_RECORDING_MS ? 'too-short' : 'complete';
  }

  has(objectName: string): Promise<boolean> {
    return this.#inEither((place) => place.has(objectName), objectName, false);
  }

  open(objectName: string): Promise<OpenRecording | undefined> {
    return this.#inEither((place) => place.open(objectName), objectName, undefined);
  }

  /** Names of recordings that were begun and are neither converted nor about to be here: in progress, or left by a crash. */
  async unconverted(): Promise<string[]> {
    return (await this.#options.folder.rawNames()).filter((name) => !this.#kept.has(name));
  }

  /** Takes a recording that has ended: converts it, or removes it when it is too short. It does not wait. */
  keep(objectName: string): void {
    this.#kept.add(objectName);
    this.#waiting.push(objectName);
    if (this.#converting.length < CONVERSIONS_AT_ONCE) this.#converting.push(this.#convertWaiting());
  }

  /** Removes a recording that is not to be kept. */
  async discard(objectName: string): Promise<void> {
    await this.#options.folder.removeRaw(objectName);
  }

  /**
   * Converts one recording now.
   * @returns its length in seconds; 0 when there is nothing worth keeping
   */
  async convert(objectName: string): Promise<number> {
    const { folder, logger } = this.#options;
    try {
      return await folder.convert(objectName, SHORTEST_RECORDING_MS);
    } catch (error) {
      logger.warn({ ...faultFields(error), objectName }, 'a recording could not be converted');
      return 0;
    }
  }

  async #convertWaiting(): Promise<void> {
    for (let name = this.#waiting.shift(); name !== undefined; name = this.#waiting.shift()) {
      await this.convert(name);
      this.#kept.delete(name);
    }
    this.#converting = [];
  }

  /** Asks the folder first: what goes to the bucket leaves the folder only once it is there. */
  async #inEither<T>(
    ask: (place: RecordingSource) => Promise<T>,
    objectName: string,
    nothing: T,
  ): Promise<T> {
    const { folder, bucket } = this.#options;
    if (!isObjectName(objectName)) return nothing;
    const found = await ask(folder);
    return found || bucket === undefined ? found : ask(bucket);
  }
}
