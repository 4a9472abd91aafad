import { AudioOpenError, type AudioSource } from './audioSource.ts';
import { SAMPLE_RATE_HZ } from './g711.ts';

/** One beat of a tone script: frequencies sounding together for a time, then silence. */
export interface ToneBeat {
  readonly onSamples: number;
  readonly offSamples: number;
  readonly frequenciesHz: readonly number[];
  readonly levelDbm0: number;
}

export interface ToneScript {
  readonly beats: readonly ToneBeat[];
  /** How often the beats are played; `Infinity` until something stops them. */
  readonly loops: number;
}

const DEFAULT_LEVEL_DBM0 = -7;
/** A sine that just fills the 16-bit range is +3.14 dBm0 in A-law terms (ITU-T G.711, table 5). */
const FULL_SCALE_DBM0 = 3.14;
const MAX_BEATS = 64;
const MAX_BEAT_MS = 3_600_000;

/**
 * Reads the part after `tone_stream://`: beats `%(on ms,off ms,Hz[,Hz…])`, `v=dB` for what follows, `loops=n`
 * (-1: for ever), separated by `;`.
 *
 * @throws AudioOpenError `unsupported_format` for anything else
 */
export function parseToneScript(text: string): ToneScript {
  const beats: ToneBeat[] = [];
  let levelDbm0 = DEFAULT_LEVEL_DBM0;
  let loops = 1;
  for (const part of text.split(';')) {
    const beat = /^%\((\d+),(\d+)((?:,\d+(?:\.\d+)?){1,4})\)$/.exec(part);
    const setting = /^(loops|v)=(-?\d+(?:\.\d+)?)$/.exec(part);
    if (beat) {
      beats.push({
        onSamples: milliseconds(beat[1]),
        offSamples: milliseconds(beat[2]),
        frequenciesHz: (beat[3] ?? '').slice(1).split(',').map(Number),
        levelDbm0,
      });
    } else if (setting?.[1] === 'loops') {
      const count = Number(setting[2]);
      loops = count < 0 ? Number.POSITIVE_INFINITY : count;
    } else if (setting) {
      levelDbm0 = Number(setting[2]);
    } else if (part !== '') {
      throw new AudioOpenError('unsupported_format', `tone script part "${part}" is not understood`);
    }
  }
  const length = beats.reduce((sum, beat) => sum + beat.onSamples + beat.offSamples, 0);
  if (length === 0 || beats.length > MAX_BEATS) {
    throw new AudioOpenError('unsupported_format', 'tone script without a beat, or with too many');
  }
  return { beats, loops };
}

function milliseconds(text: string | undefined): number {
  return Math.round((Math.min(Number(text), MAX_BEAT_MS) * SAMPLE_RATE_HZ) / 1000);
}

/** Plays a tone script. */
export class ToneSource implements AudioSource {
  readonly #script: ToneScript;
  #loop = 0;
  #beat = 0;
  #inBeat = 0;
  #position = 0;
  #closed = false;

  constructor(script: ToneScript) {
    this.#script = script;
  }

  get position(): number {
    return this.#position;
  }

  read(frame: Int16Array): number {
    for (let i = 0; i < frame.length; i++) {
      const beat = this.#currentBeat();
      if (!beat) {
        this.#position += i;
        return i;
      }
      frame[i] = this.#inBeat < beat.onSamples ? toneSample(beat, this.#inBeat) : 0;
      this.#inBeat++;
    }
    this.#position += frame.length;
    return frame.length;
  }

  close(): void {
    this.#closed = true;
  }

  #currentBeat(): ToneBeat | undefined {
    if (this.#closed) return undefined;
    const { beats, loops } = this.#script;
    while (this.#loop < loops) {
      const beat = beats[this.#beat];
      if (beat && this.#inBeat < beat.onSamples + beat.offSamples) return beat;
      this.#inBeat = 0;
      this.#beat++;
      if (this.#beat >= beats.length) {
        this.#beat = 0;
        this.#loop++;
      }
    }
    return undefined;
  }
}

function toneSample(beat: ToneBeat, index: number): number {
  const amplitude = 32767 * 10 ** ((beat.levelDbm0 - FULL_SCALE_DBM0) / 20);
  let sum = 0;
  for (const frequency of beat.frequenciesHz) {
    sum += Math.sin((2 * Math.PI * frequency * index) / SAMPLE_RATE_HZ);
  }
  return Math.max(-32768, Math.min(32767, Math.round(amplitude * sum)));
}

/** Silence for a time; `Infinity` samples until something stops it. */
export class SilenceSource implements AudioSource {
  #left: number;
  #position = 0;

  constructor(samples: number) {
    this.#left = samples;
  }

  get position(): number {
    return this.#position;
  }

  read(frame: Int16Array): number {
    const count = Math.min(frame.length, this.#left);
    frame.fill(0, 0, count);
    this.#left -= count;
    this.#position += count;
    return count;
  }

  close(): void {
    this.#left = 0;
  }
}
