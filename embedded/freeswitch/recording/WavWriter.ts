import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SAMPLE_RATE_HZ } from '../audio/g711.ts';

const HEADER_BYTES = 44;
/** The disk may lag behind by four minutes of sound; beyond that it is taken for dead. */
const MAX_PENDING_BYTES = 4_000_000;
/** The header is brought up to date this often, so that a recording whose process dies can still be played. */
const HEADER_EVERY_BYTES = 160_000;

/** Writing a recording failed. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
  readonly code = 'recording_failed';
}

/** A 16-bit PCM WAV file at 8 kHz, written as the sound comes. Writes follow each other; nothing waits for them. */
export class WavWriter {
  readonly #handle: FileHandle;
  readonly #channels: number;
  readonly #onError: (error: RecordingError) => void;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #dataBytes = 0;
  #headerAtBytes = 0;
  #writing: Promise<void> | undefined;
  #failed = false;

  /**
   * Makes the file and the folders above it.
   *
   * @param onError called at most once, when the file can no longer be written
   * @throws RecordingError
   */
  static async create(
    path: string,
    channels: 1 | 2,
    onError: (error: RecordingError) => void,
  ): Promise<WavWriter> {
    let handle: FileHandle | undefined;
    try {
      await mkdir(dirname(path), { recursive: true });
      handle = await open(path, 'w');
      await handle.write(wavHeader(channels, 0), 0, HEADER_BYTES, 0);
      return new WavWriter(handle, channels, onError);
    } catch (cause) {
      await handle?.close();
      throw new RecordingError('the recording file cannot be created', { cause });
    }
  }

  private constructor(handle: FileHandle, channels: number, onError: (error: RecordingError) => void) {
    this.#handle = handle;
    this.#channels = channels;
    this.#onError = onError;
  }

  get dataBytes(): number {
    return this.#dataBytes + this.#pendingBytes;
  }

  /** Adds samples, interleaved when there are two channels. The array may be reused at once. */
  append(samples: Int16Array): void {
    if (this.#failed || samples.length === 0) return;
    const bytes = Buffer.from(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes > MAX_PENDING_BYTES) {
      this.#fail(new RecordingError('the disk does not keep up with the recording'));
    } else {
      this.#writing ??= this.#drain();
    }
  }

  /** Writes what is left, completes the header and closes the file. Never throws: `onError` tells what went wrong. */
  async close(): Promise<void> {
    await this.#writing;
    try {
      if (!this.#failed) await this.#writeHeader();
    } catch (cause) {
      this.#fail(new RecordingError('the recording could not be completed', { cause }));
    }
    try {
      await this.#handle.close();
    } catch (cause) {
      this.#fail(new RecordingError('the recording could not be closed', { cause }));
    }
  }

  async #drain(): Promise<void> {
    try {
      while (this.#pending.length > 0 && !this.#failed) {
        const bytes = this.#pending.length === 1 ? this.#pending[0] : Buffer.concat(this.#pending);
        this.#pending = [];
        if (!bytes) break;
        await this.#handle.write(bytes, 0, bytes.length, HEADER_BYTES + this.#dataBytes);
        this.#dataBytes += bytes.length;
        this.#pendingBytes -= bytes.length;
        if (this.#dataBytes - this.#headerAtBytes >= HEADER_EVERY_BYTES) await this.#writeHeader();
      }
    } catch (cause) {
      this.#fail(new RecordingError('the recording could not be written', { cause }));
    } finally {
      this.#writing = undefined;
    }
  }

  async #writeHeader(): Promise<void> {
    this.#headerAtBytes = this.#dataBytes;
    await this.#handle.write(wavHeader(this.#channels, this.#dataBytes), 0, HEADER_BYTES, 0);
  }

  #fail(error: RecordingError): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#onError(error);
  }
}

/** The header of a PCM WAV file: RIFF, `fmt ` with format tag 1, and `data` of the given length. */
function wavHeader(channels: number, dataBytes: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const frameBytes = 2 * channels;
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + dataBytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  header.writeUInt32LE(SAMPLE_RATE_HZ * frameBytes, 28);
  header.writeUInt16LE(frameBytes, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes, 40);
  return header;
}
