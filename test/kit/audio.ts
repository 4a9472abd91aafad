/*
 * The phones' own sound: A-law (ITU-T G.711) by its definition, tones, and how much of a tone is in what was heard.
 * It shares nothing with the code under test, so that a mistake there cannot cancel itself out here.
 */

export const SAMPLES_PER_SECOND = 8000;
/** One packet of 20 ms. */
export const SAMPLES_PER_PACKET = 160;
export const A_LAW_SILENCE = 0xd5;

/** The sample that an A-law code stands for, 13 bits scaled to 16. */
function sampleOf(code: number): number {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const step = bits & 15;
  const magnitude = segment === 0 ? step * 16 + 8 : (step * 16 + 264) * 2 ** (segment - 1);
  return (bits & 0x80) === 0 ? -magnitude : magnitude;
}

const samples = Float64Array.from({ length: 256 }, (_, code) => sampleOf(code));

function codeOf(sample: number): number {
  let nearest = A_LAW_SILENCE;
  for (let code = 0; code < 256; code++) {
    const distance = Math.abs((samples[code] ?? 0) - sample);
    if (distance < Math.abs((samples[nearest] ?? 0) - sample)) nearest = code;
  }
  return nearest;
}

/** The A-law codes that come nearest to these samples. */
export function toALaw(stretch: Float64Array): Uint8Array {
  return Uint8Array.from(stretch, codeOf);
}

/** One second of a tone in A-law, which repeats without a click when `hertz` is a whole number. */
export function toneSecond(hertz: number, amplitude = 8000): Uint8Array {
  return toALaw(
    Float64Array.from(
      { length: SAMPLES_PER_SECOND },
      (_, index) => amplitude * Math.sin((2 * Math.PI * hertz * index) / SAMPLES_PER_SECOND),
    ),
  );
}

/** The samples of a stretch of A-law. */
export function fromALaw(codes: Uint8Array): Float64Array {
  return Float64Array.from(codes, (code) => samples[code] ?? 0);
}

/** How loud a stretch is: root mean square, 0 to 32768. */
export function loudness(stretch: Float64Array): number {
  let sum = 0;
  for (const sample of stretch) sum += sample * sample;
  return Math.sqrt(sum / Math.max(1, stretch.length));
}

/**
 * The share of a stretch's energy that lies in one tone (Goertzel): 1 for that tone alone, about 0 for silence,
 * other tones and noise. The stretch should hold whole periods; 0.1 s does for every multiple of 10 Hz.
 */
export function shareOfTone(stretch: Float64Array, hertz: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * hertz) / SAMPLES_PER_SECOND);
  let energy = 0;
  let last = 0;
  let beforeLast = 0;
  for (const sample of stretch) {
    energy += sample * sample;
    const current = sample + turn * last - beforeLast;
    beforeLast = last;
    last = current;
  }
  // Silence in A-law is not zero but a hum of +-8: no tone is found in it.
  if (energy < stretch.length * 64 * 64) return 0;
  const power = last * last + beforeLast * beforeLast - turn * last * beforeLast;
  return (2 * power) / (stretch.length * energy);
}

/**
 * Whether there is a tenth of a second in which each of these tones has at least this share: in a recording of two
 * voices that talk all the time each has about a half. On a busy machine packets come late, and some are missing.
 */
export function holdsTogether(stretch: Float64Array, tones: readonly number[], least = 0.3): boolean {
  const tenth = SAMPLES_PER_SECOND / 10;
  for (let at = 0; at + tenth <= stretch.length; at += tenth) {
    const part = stretch.subarray(at, at + tenth);
    if (tones.every((hertz) => shareOfTone(part, hertz) >= least)) return true;
  }
  return false;
}

/** An A-law, 8 kHz, mono WAV file (format 6), as the admin API takes announcements. */
export function aLawWav(codes: Uint8Array): Buffer {
  const head = Buffer.alloc(58);
  head.write('RIFF', 0);
  head.writeUInt32LE(50 + codes.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(18, 16);
  head.writeUInt16LE(6, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(SAMPLES_PER_SECOND, 24);
  head.writeUInt32LE(SAMPLES_PER_SECOND, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('fact', 38);
  head.writeUInt32LE(4, 42);
  head.writeUInt32LE(codes.length, 46);
  head.write('data', 50);
  head.writeUInt32LE(codes.length, 54);
  return Buffer.concat([head, codes]);
}

/** What stands in a WAV file with the plain header that recordings have. */
export function readWav(file: Buffer): { format: number; channels: number; hertz: number; data: Buffer } {
  let at = 12;
  let format = { format: 0, channels: 0, hertz: 0 };
  while (at + 8 <= file.length) {
    const id = file.toString('latin1', at, at + 4);
    const octets = file.readUInt32LE(at + 4);
    const body = file.subarray(at + 8, at + 8 + octets);
    if (id === 'fmt ') {
      format = {
        format: body.readUInt16LE(0),
        channels: body.readUInt16LE(2),
        hertz: body.readUInt32LE(4),
      };
    }
    if (id === 'data') return { ...format, data: body };
    at += 8 + octets + (octets & 1);
  }
  throw new Error('a WAV file without a data chunk');
}
