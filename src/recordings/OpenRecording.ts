import type { Readable } from 'node:stream';

/** A finished recording, wherever it lies, open for reading. `read` or `close` must follow, once. */
export interface OpenRecording {
  /** Length of the whole WAV file. */
  readonly bytes: number;
  /**
   * Its octets from `first` to `last`, both included. What is held open is given back when the stream ends or is
   * destroyed.
   * @throws BucketError, errors of the file system
   */
  read(first: number, last: number): Promise<Readable>;
  close(): Promise<void>;
}

/** Where recordings are read, by those who hand them out. A name may be any text. */
export interface RecordingSource {
  /** Whether a finished recording of this name is there. @throws BucketError when that cannot be said now */
  has(objectName: string): Promise<boolean>;
  /** @returns undefined when there is none of this name @throws BucketError when that cannot be said now */
  open(objectName: string): Promise<OpenRecording | undefined>;
}
