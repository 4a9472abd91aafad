import { fromALaw, loudness, SAMPLES_PER_PACKET, SAMPLES_PER_SECOND, shareOfTone } from './audio.ts';
import { likenessOf, Probe } from './correlation.ts';
import type { PhoneMedia } from './PhoneMedia.ts';
import type { Sound } from './signature.ts';

/** What a phone's ears need: its packets, and which of them are sound. */
export type Ears = Pick<PhoneMedia, 'received' | 'payloadTypes'>;

/** A stretch in which sound came without a break. */
export interface Stretch {
  /** When its first sample was due, milliseconds since the epoch. */
  readonly startedAt: number;
  readonly samples: Float64Array;
}

/** A sound that was played to a phone. */
export interface HeardSound {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  /** When the last of it was heard. */
  readonly until: number;
  /** False where its end is missing. */
  readonly whole: boolean;
}

const MS_PER_SAMPLE = 1000 / SAMPLES_PER_SECOND;
/** A gap of so much is filled with silence; a longer one, or a step back, begins a new stretch. */
const LONGEST_GAP_SAMPLES = SAMPLES_PER_SECOND;
/** The part of a sound by which it is found is the loudest one in its first half second. */
const PROBE_WITHIN_SAMPLES = SAMPLES_PER_SECOND / 2;
/** A sound that is mixed with another one as loud has a likeness of 0.7; two sounds by chance one of 0.3. */
const LIKE = 0.55;
/** Where to look for one: with a tick skipped in its middle (see STEPS) it has a likeness of 0.5. */
const WORTH_A_LOOK = 0.45;
/**
 * How far a sound may be away from where it is expected, in samples: FreeSWITCH on a busy machine skips a tick, so that
 * the timestamp goes on, but no sample is missing.
 */
const STEPS = [0, 1, 2, 3, -1, -2, -3].map((packets) => packets * SAMPLES_PER_PACKET);
/** After so many in a row that are missing or spoilt a sound is over. */
const MISSING_PACKETS = 3;
/** Less of a sound is not known for it. */
const SHORTEST_SAMPLES = SAMPLES_PER_SECOND / 4;
/** A sound that is there may have been spoilt in places. */
const LEAST_SHARE = 0.7;
/** One sound may follow the other at once, and where each begins is known to some packets only (see STEPS). */
const MOST_OVERLAP = 0.3;
/** The share of a voice in which there is nothing else. */
const PURE = 0.98;
/** Below this a stretch of a sound tells nothing. */
const QUIET = 200;

/** What came to a phone, as it would leave its loudspeaker: packets put in order by their RTP timestamps. */
export function stretchesOf(media: Ears): Stretch[] {
  const stretches: { ssrc: number; first: number; startedAt: number; codes: Buffer[]; end: number }[] = [];
  for (const { at, control, bytes } of media.received) {
    if (control || ((bytes[1] ?? 0) & 0x7f) !== media.payloadTypes.audio) continue;
    const ssrc = bytes.readUInt32BE(8);
    const timestamp = bytes.readUInt32BE(4);
    const payload = bytes.subarray(12);
    let stretch = stretches.at(-1);
    const gap = stretch === undefined ? 0 : (timestamp - stretch.first - stretch.end) | 0;
    if (stretch === undefined || stretch.ssrc !== ssrc || gap < 0 || gap > LONGEST_GAP_SAMPLES) {
      stretch = { ssrc, first: timestamp, startedAt: at, codes: [], end: 0 };
      stretches.push(stretch);
    } else if (gap > 0) {
      stretch.codes.push(Buffer.alloc(gap, 0xd5));
      stretch.end += gap;
    }
    // The packet that was late least says when the stretch began.
    stretch.startedAt = Math.min(stretch.startedAt, at - stretch.end * MS_PER_SAMPLE);
    stretch.codes.push(payload);
    stretch.end += payload.length;
  }
  return stretches.map(({ startedAt, codes }) => ({ startedAt, samples: fromALaw(Buffer.concat(codes)) }));
}

/**
 * Which of these sounds a phone has heard, when and how far, in the order in which they began.
 * @param voices tones in which nothing needs to be looked for: most of a call is a voice
 */
export function soundsHeard(
  media: Ears,
  sounds: readonly Sound[],
  voices: readonly number[] = [],
): HeardSound[] {
  const known = sounds.map((sound) => ({ sound, ...probeOf(sound) }));
  return stretchesOf(media).flatMap(({ startedAt, samples }) => {
    const likenesses = Probe.likenesses(
      withoutVoices(samples, voices),
      known.map(({ probe }) => probe),
    );
    const candidates = known.flatMap(({ sound, offset }, index) =>
      peaksOf(likenesses[index] ?? new Float64Array()).map((peak) => {
        const start = peak - offset;
        const { end, share, whole } = followed(sound.samples, samples, start);
        return { name: sound.name, start, end: start + end, share, whole };
      }),
    );
    const at = (sample: number): number => startedAt + sample * MS_PER_SAMPLE;
    return withoutEchoes(candidates).map(({ name, start, end, whole }) => ({
      name,
      from: at(start),
      until: at(end),
      whole,
    }));
  });
}

/** The same with silence in place of each tenth of a second that is nothing but a voice. */
function withoutVoices(samples: Float64Array, voices: readonly number[]): Float64Array {
  const rest = Float64Array.from(samples);
  const tenth = SAMPLES_PER_SECOND / 10;
  for (let at = 0; at + tenth <= rest.length; at += tenth) {
    const part = rest.subarray(at, at + tenth);
    if (voices.some((hertz) => shareOfTone(part, hertz) > PURE)) part.fill(0);
  }
  return rest;
}

interface Candidate {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** How much of what it should be from start to end it was. */
  readonly share: number;
  readonly whole: boolean;
}

/**
 * Two sentences of one voice are alike for the length of a vowel: of what was found at the same time the longest
 * counts, and nothing that is that short.
 */
function withoutEchoes(candidates: readonly Candidate[]): Candidate[] {
  const accepted: Candidate[] = [];
  const lengthOf = ({ start, end }: Candidate): number => end - start;
  for (const each of [...candidates].sort((one, other) => lengthOf(other) - lengthOf(one))) {
    if (lengthOf(each) < SHORTEST_SAMPLES) break;
    if (each.share < LEAST_SHARE) continue;
    if (accepted.every((other) => overlapOf(each, other) < MOST_OVERLAP * lengthOf(each)))
      accepted.push(each);
  }
  return accepted.sort((one, other) => one.start - other.start);
}

function overlapOf(one: Candidate, other: Candidate): number {
  return Math.min(one.end, other.end) - Math.max(one.start, other.start);
}

/** Loudest packet that a phone heard in a span of time: root mean square, 0 to 32768. */
export function loudestBetween(media: Ears, from: number, until: number): number {
  let loudest = 0;
  for (const { startedAt, samples } of stretchesOf(media)) {
    for (let at = 0; at + SAMPLES_PER_PACKET <= samples.length; at += SAMPLES_PER_PACKET) {
      const time = startedAt + at * MS_PER_SAMPLE;
      if (time < from || time >= until) continue;
      loudest = Math.max(loudest, loudness(samples.subarray(at, at + SAMPLES_PER_PACKET)));
    }
  }
  return loudest;
}

const probes = new WeakMap<Sound, { probe: Probe; offset: number }>();

function probeOf(sound: Sound): { probe: Probe; offset: number } {
  const known = probes.get(sound);
  if (known !== undefined) return known;
  const within = Math.min(sound.samples.length, PROBE_WITHIN_SAMPLES + Probe.LONGEST);
  let best = { offset: 0, loud: -1 };
  for (let offset = 0; offset === 0 || offset + Probe.LONGEST <= within; offset += SAMPLES_PER_PACKET) {
    const loud = loudness(sound.samples.subarray(offset, offset + Probe.LONGEST));
    if (loud > best.loud) best = { offset, loud };
  }
  const pattern = sound.samples.subarray(best.offset, best.offset + Probe.LONGEST);
  const made = { probe: new Probe(pattern), offset: best.offset };
  probes.set(sound, made);
  return made;
}

/** Where the likeness is highest, once for each place. */
function peaksOf(likeness: Float64Array): number[] {
  const peaks: number[] = [];
  for (let at = 0; at < likeness.length; at++) {
    const value = likeness[at] ?? 0;
    if (value < WORTH_A_LOOK) continue;
    const last = peaks.at(-1);
    if (last === undefined || at - last > Probe.LONGEST) peaks.push(at);
    else if (value > (likeness[last] ?? 0)) peaks[peaks.length - 1] = at;
  }
  return peaks;
}

function isAt(expected: Float64Array, heard: Float64Array, place: number): boolean {
  if (place < 0 || place + expected.length > heard.length) return false;
  return likenessOf(expected, heard.subarray(place, place + expected.length)) >= LIKE;
}

/** How far a sound that begins at `start` goes on; `end` is the sample of the sound after the last that was heard. */
function followed(sound: Float64Array, heard: Float64Array, start: number) {
  let end = 0;
  let there = 0;
  let missed = 0;
  let missedAtEnd = 0;
  let place = start;
  for (let at = 0; at + SAMPLES_PER_PACKET <= sound.length; at += SAMPLES_PER_PACKET) {
    const expected = sound.subarray(at, at + SAMPLES_PER_PACKET);
    if (loudness(expected) < QUIET) continue;
    const step = STEPS.find((samples) => isAt(expected, heard, place + at + samples));
    if (step !== undefined) {
      place += step;
      end = at + SAMPLES_PER_PACKET;
      there += 1;
      missed += missedAtEnd;
      missedAtEnd = 0;
    } else {
      missedAtEnd += 1;
      if (missedAtEnd > MISSING_PACKETS && end > 0) break;
    }
  }
  return { end, share: there / Math.max(1, there + missed), whole: missedAtEnd <= MISSING_PACKETS };
}
