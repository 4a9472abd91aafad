/** What a listener would say about received audio. */

/** Linear value of an A-law code (ITU-T G.711, table 1a). */
function linear(code: number): number {
  const bits = code ^ 0xd5;
  const segment = (bits >> 4) & 7;
  const step = ((bits & 15) << 1) | 1;
  const magnitude = (segment === 0 ? step : (step | 32) << (segment - 1)) * 8;
  return (bits & 0x80) === 0 ? magnitude : -magnitude;
}

export function linearOf(aLaw: Uint8Array): Float64Array {
  return Float64Array.from(aLaw, linear);
}

/** The part, from 0 to 1, of the sound's energy that is at one frequency (Goertzel's algorithm). */
export function shareOfTone(samples: Float64Array, hertz: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * hertz) / 8000);
  let before = 0;
  let last = 0;
  let energy = 0;
  for (const sample of samples) {
    const next = sample + turn * last - before;
    before = last;
    last = next;
    energy += sample * sample;
  }
  if (energy === 0) return 0;
  const power = last * last + before * before - turn * last * before;
  return (2 * power) / (samples.length * energy);
}

/** Root mean square of the samples: about 20 for silence, thousands for speech. */
export function loudness(samples: Float64Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length));
}

/**
 * Where a pattern is in what was heard.
 * @returns the likeness there, from 0 to 1 (normalised correlation), and the sample it starts at
 */
export function find(pattern: Float64Array, heard: Float64Array): { likeness: number; at: number } {
  const patternEnergy = pattern.reduce((sum, sample) => sum + sample * sample, 0);
  let windowEnergy = 0;
  let best = { likeness: 0, at: -1 };
  for (let at = 0; at < heard.length; at++) {
    const entering = heard[at] ?? 0;
    windowEnergy += entering * entering;
    const start = at - pattern.length + 1;
    if (start < 0) continue;
    let product = 0;
    for (let index = 0; index < pattern.length; index++)
      product += (pattern[index] ?? 0) * (heard[start + index] ?? 0);
    const likeness = product / Math.sqrt(patternEnergy * windowEnergy || 1);
    if (likeness > best.likeness) best = { likeness, at: start };
    const leaving = heard[start] ?? 0;
    windowEnergy -= leaving * leaving;
  }
  return best;
}
