import { decodeTable, type Law, SAMPLE_RATE_HZ } from '../audio/g711.ts';
import { FRAME_MS, type MediaClock } from '../rtp/MediaClock.ts';
import { JITTER_BUFFER_SAMPLES, RecordingLane } from './RecordingLane.ts';
import { type RecordingError, WavWriter } from './WavWriter.ts';

/** Sound is handed to the file in slices of this length. */
const SLICE_SAMPLES = SAMPLE_RATE_HZ / 10;
const FRAME_SAMPLES = (SAMPLE_RATE_HZ * FRAME_MS) / 1000;

/** Why a recording ended by itself. */
export type RecordingEnd = 'limit' | 'silence' | 'error';

export interface RecorderOptions {
  readonly path: string;
  /** The leg's voice on the left, what it hears on the right; else both are mixed. */
  readonly stereo: boolean;
  /** Records what the leg says. */
  readonly heard: boolean;
  /** Records what is said to the leg. */
  readonly said: boolean;
  /** Ends the recording after this time; 0: no limit. */
  readonly limitSeconds: number;
  /** Ends the recording when the mean level stays below `threshold` for so many frames; a threshold of 0: never. */
  readonly silenceThreshold: number;
  readonly silenceFrames: number;
  /** Called once when the recording ends by itself. `stop()` is still to be called. */
  readonly onEnd: (end: RecordingEnd) => void;
}

/**
 * Records a leg into a file. Packets of both directions are put in their place in time; a slice behind the clock,
 * so that late and reordered ones are in it, the two are mixed and written.
 */
export class Recorder {
  masked = false;
  readonly path: string;
  readonly #options: RecorderOptions;
  readonly #clock: MediaClock;
  readonly #file: WavWriter;
  readonly #startedAtMs = performance.now();
  readonly #heard = new RecordingLane();
  readonly #said = new RecordingLane();
  readonly #left = new Int16Array(SLICE_SAMPLES);
  readonly #right = new Int16Array(SLICE_SAMPLES);
  readonly #output: Int16Array;
  #written = 0;
  #quietFrames = 0;
  #ended = false;
  #stopping: Promise<void> | undefined;

  /** @throws RecordingError when the file cannot be made */
  static async start(clock: MediaClock, options: RecorderOptions): Promise<Recorder> {
    let recorder: Recorder | undefined;
    let failure: RecordingError | undefined;
    const file = await WavWriter.create(options.path, options.stereo ? 2 : 1, (error) => {
      failure = error;
      recorder?.end('error');
    });
    recorder = new Recorder(clock, options, file);
    if (failure) throw failure;
    clock.add(recorder);
    return recorder;
  }

  private constructor(clock: MediaClock, options: RecorderOptions, file: WavWriter) {
    this.path = options.path;
    this.#clock = clock;
    this.#options = options;
    this.#file = file;
    this.#output = new Int16Array(SLICE_SAMPLES * (options.stereo ? 2 : 1));
  }

  /** Length of what has been recorded, in samples. */
  get samples(): number {
    return this.#written;
  }

  /** Takes a packet that came from the leg. */
  noteHeard(
    packet: Buffer,
    start: number,
    end: number,
    law: Law,
    timestamp: number,
    ssrc: number,
    nowMs: number,
  ): void {
    if (!this.#options.heard) return;
    this.#heard.write(packet, start, end, decodeTable(law), timestamp, ssrc, this.#place(nowMs));
  }

  /** Takes a packet that went to the leg. */
  noteSaid(
    packet: Buffer,
    start: number,
    end: number,
    law: Law,
    timestamp: number,
    ssrc: number,
    nowMs: number,
  ): void {
    if (!this.#options.said) return;
    this.#said.write(packet, start, end, decodeTable(law), timestamp, ssrc, this.#place(nowMs));
  }

  tick(nowMs: number): void {
    if (this.#ended) return;
    const { limitSeconds } = this.#options;
    const limit = limitSeconds > 0 ? limitSeconds * SAMPLE_RATE_HZ : Number.POSITIVE_INFINITY;
    const due = Math.min(limit, this.#place(nowMs) - JITTER_BUFFER_SAMPLES);
    while (this.#written + SLICE_SAMPLES <= due && !this.#ended) this.#write(SLICE_SAMPLES);
    if (this.#written + SLICE_SAMPLES > limit && due >= limit && !this.#ended) {
      this.#write(limit - this.#written);
      this.end('limit');
    }
  }

  /** Ends the recording on its own account; the owner is told and then stops it. */
  end(end: RecordingEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#clock.delete(this);
    this.#options.onEnd(end);
  }

  /** Writes everything up to now and closes the file. Safe to call twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#finish();
    return this.#stopping;
  }

  async #finish(): Promise<void> {
    this.#clock.delete(this);
    if (!this.#ended) {
      const until = this.#place(performance.now());
      while (this.#written < until) this.#write(Math.min(SLICE_SAMPLES, until - this.#written));
    }
    this.#ended = true;
    await this.#file.close();
  }

  #place(nowMs: number): number {
    return Math.round(((nowMs - this.#startedAtMs) * SAMPLE_RATE_HZ) / 1000);
  }

  #write(count: number): void {
    const { stereo, silenceThreshold } = this.#options;
    this.#heard.take(this.#left, count);
    this.#said.take(this.#right, count);
    this.#written += count;
    if (silenceThreshold > 0) this.#watchForSilence(count);
    if (this.masked) {
      this.#left.fill(0);
      this.#right.fill(0);
    }
    if (stereo) this.#interleave(count);
    else this.#mix(count);
    this.#file.append(this.#output.subarray(0, stereo ? 2 * count : count));
  }

  #interleave(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#output[2 * i] = this.#left[i] ?? 0;
      this.#output[2 * i + 1] = this.#right[i] ?? 0;
    }
  }

  #mix(count: number): void {
    for (let i = 0; i < count; i++) {
      const sum = (this.#left[i] ?? 0) + (this.#right[i] ?? 0);
      this.#output[i] = Math.max(-32768, Math.min(32767, sum));
    }
  }

  #watchForSilence(count: number): void {
    for (let start = 0; start + FRAME_SAMPLES <= count; start += FRAME_SAMPLES) {
      let level = 0;
      for (let i = start; i < start + FRAME_SAMPLES; i++) level += Math.abs(this.#left[i] ?? 0);
      this.#quietFrames = level / FRAME_SAMPLES < this.#options.silenceThreshold ? this.#quietFrames + 1 : 0;
      if (this.#quietFrames >= this.#options.silenceFrames) {
        this.end('silence');
        return;
      }
    }
  }
}
