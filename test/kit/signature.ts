import { createHash } from 'node:crypto';
import { aLawWav, fromALaw, readWav, SAMPLES_PER_SECOND, toALaw } from './audio.ts';

/** A recording that a phone can tell from all others. */
export interface Sound {
  readonly name: string;
  readonly samples: Float64Array;
}

/** An announcement of a test: the file to upload, and what is heard when it plays. */
export interface Announcement extends Sound {
  readonly wav: Buffer;
  /** The same in A-law, for a phone to say. */
  readonly codes: Uint8Array;
}

const CHIRP_MS = 50;
const LOWEST_HZ = 400;
const HIGHEST_HZ = 3000;
const AMPLITUDE = 9000;
const FADE_SAMPLES = 80;

/**
 * A sound of this length that belongs to this name: chirps, each from one pitch to another, which follow from the
 * name. No two names sound alike for longer than a moment, and no stretch of a sound is like another one of it.
 */
export function signature(name: string, ms = 800): Announcement {
  const length = (ms * SAMPLES_PER_SECOND) / 1000;
  const chirpSamples = (CHIRP_MS * SAMPLES_PER_SECOND) / 1000;
  const samples = new Float64Array(length);
  let phase = 0;
  for (let at = 0; at < length; at++) {
    const [from, to] = pitchesOf(name, Math.floor(at / chirpSamples));
    const progress = (at % chirpSamples) / chirpSamples;
    phase += (2 * Math.PI * (from + (to - from) * progress)) / SAMPLES_PER_SECOND;
    const fade = Math.min(1, at / FADE_SAMPLES, (length - at) / FADE_SAMPLES);
    samples[at] = AMPLITUDE * fade * Math.sin(phase);
  }
  const codes = toALaw(samples);
  return { name, samples: fromALaw(codes), wav: aLawWav(codes), codes };
}

/** A sound from an A-law WAV file, as those of the product are. */
export function soundOf(name: string, wav: Buffer): Sound {
  const { format, data } = readWav(wav);
  if (format !== 6) throw new Error(`${name}: expected A-law, got WAV format ${format}`);
  return { name, samples: fromALaw(data) };
}

function pitchesOf(name: string, chirp: number): readonly [from: number, to: number] {
  const hash = createHash('sha256').update(`${name} ${chirp}`).digest();
  const pitch = (at: number): number =>
    LOWEST_HZ + ((HIGHEST_HZ - LOWEST_HZ) * hash.readUInt16BE(at)) / 0xffff;
  return [pitch(0), pitch(2)];
}
