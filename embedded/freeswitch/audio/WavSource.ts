import { type FileHandle, open } from 'node:fs/promises';
import { AudioOpenError, type AudioSource } from './audioSource.ts';
import { decodeTable, SAMPLE_RATE_HZ } from './g711.ts';
import { Resampler } from './Resampler.ts';
import { readAt, readWavFormat, type WavFormat } from './wavFormat.ts';

/** How much sound is read from the disk at a time, and how far ahead of the listener the reading stays. */
const CHUNK_SECONDS = 0.5;
const READ_AHEAD_SAMPLES = SAMPLE_RATE_HZ;

/** Plays a WAV file from the disk: decoded, mixed down to one channel and brought to 8 kHz as it goes. */
export class WavSource implements AudioSource {
  readonly #handle: FileHandle;
  readonly #format: WavFormat;
  readonly #resampler: Resampler | undefined;
  readonly #chunkBytes: number;
  readonly #ready: Int16Array[] = [];
  #readySamples = 0;
  #headOffset = 0;
  #filePosition: number;
  #atEnd = false;
  #reading: Promise<void> | undefined;
  #closed = false;
  #position: number;

  /**
   * Opens `path` at `startSample` (counted at 8 kHz) and reads the first chunk, so that the first frame has sound.
   *
   * @throws AudioOpenError when there is no such file or it is not one that we play
   */
  static async open(path: string, startSample = 0): Promise<WavSource> {
    let handle: FileHandle;
    try {
      handle = await open(path, 'r');
    } catch (cause) {
      throw new AudioOpenError('not_found', 'no such sound file', { cause });
    }
    try {
      const source = new WavSource(handle, await readWavFormat(handle), startSample);
      await source.#fill();
      return source;
    } catch (cause) {
      await handle.close();
      if (cause instanceof AudioOpenError) throw cause;
      throw new AudioOpenError('unsupported_format', 'unreadable sound file', { cause });
    }
  }

  private constructor(handle: FileHandle, format: WavFormat, startSample: number) {
    this.#handle = handle;
    this.#format = format;
    const frameBytes = format.channels * format.bytesPerSample;
    const startFrame = Math.round((startSample * format.sampleRateHz) / SAMPLE_RATE_HZ);
    this.#filePosition = format.dataStart + startFrame * frameBytes;
    this.#position = startSample;
    this.#chunkBytes = Math.ceil(format.sampleRateHz * CHUNK_SECONDS) * frameBytes;
    if (format.sampleRateHz !== SAMPLE_RATE_HZ) {
      this.#resampler = new Resampler(format.sampleRateHz, SAMPLE_RATE_HZ);
    }
  }

  get position(): number {
    return this.#position;
  }

  read(frame: Int16Array): number {
    let written = 0;
    while (written < frame.length) {
      const head = this.#ready[0];
      if (!head) break;
      const take = Math.min(frame.length - written, head.length - this.#headOffset);
      frame.set(head.subarray(this.#headOffset, this.#headOffset + take), written);
      written += take;
      this.#headOffset += take;
      if (this.#headOffset === head.length) {
        this.#ready.shift();
        this.#headOffset = 0;
      }
    }
    this.#readySamples -= written;
    this.#position += written;
    if (!this.#atEnd && this.#readySamples < READ_AHEAD_SAMPLES) this.#readAhead();
    if (written < frame.length && !this.#atEnd) {
      frame.fill(0, written);
      return frame.length;
    }
    return written;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#atEnd = true;
    this.#ready.length = 0;
    const closing = () => this.#handle.close();
    // Closing must wait for a read in flight; a failure to close a file that was only read harms nobody.
    void (this.#reading ?? Promise.resolve()).then(closing).catch(() => undefined);
  }

  #readAhead(): void {
    if (this.#reading || this.#closed) return;
    this.#reading = this.#fill()
      .catch(() => {
        // A file that cannot be read any further ends where it stands.
        this.#atEnd = true;
      })
      .finally(() => {
        this.#reading = undefined;
      });
  }

  async #fill(): Promise<void> {
    const length = Math.min(this.#chunkBytes, this.#format.dataEnd - this.#filePosition);
    const bytes = length > 0 ? await readAt(this.#handle, this.#filePosition, length) : Buffer.alloc(0);
    if (this.#closed) return;
    this.#filePosition += bytes.length;
    const samples = decodeToMono(this.#format, bytes);
    if (bytes.length < length || this.#filePosition >= this.#format.dataEnd) this.#atEnd = true;
    this.#queue(this.#resampler ? this.#resampler.push(samples) : samples);
    if (this.#atEnd && this.#resampler) this.#queue(this.#resampler.flush());
  }

  #queue(samples: Int16Array): void {
    if (samples.length === 0) return;
    this.#ready.push(samples);
    this.#readySamples += samples.length;
  }
}

function decodeToMono(format: WavFormat, bytes: Buffer): Int16Array {
  const { channels, bytesPerSample } = format;
  const frames = Math.floor(bytes.length / (channels * bytesPerSample));
  const mono = new Int16Array(frames);
  const sampleAt = sampleReader(format, bytes);
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += sampleAt(frame * channels + channel);
    mono[frame] = channels === 1 ? sum : Math.round(sum / channels);
  }
  return mono;
}

function sampleReader(format: WavFormat, bytes: Buffer): (index: number) => number {
  switch (format.encoding) {
    case 'pcm16':
      return (index) => bytes.readInt16LE(2 * index);
    case 'pcm8':
      return (index) => ((bytes[index] ?? 128) - 128) << 8;
    case 'PCMA':
    case 'PCMU': {
      const table = decodeTable(format.encoding);
      return (index) => table[bytes[index] ?? 0] ?? 0;
    }
  }
}
