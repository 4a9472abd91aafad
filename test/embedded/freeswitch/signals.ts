/** Measures of sound that the tests judge by. */

/** Share of a sound's energy that a sine of this frequency explains, from 0 to 1 (squared correlation). */
export function toneShare(samples: Int16Array, frequencyHz: number, sampleRateHz = 8000): number {
  let inPhase = 0;
  let quadrature = 0;
  let energy = 0;
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i] ?? 0;
    const angle = (2 * Math.PI * frequencyHz * i) / sampleRateHz;
    inPhase += sample * Math.cos(angle);
    quadrature += sample * Math.sin(angle);
    energy += sample * sample;
  }
  if (energy === 0) return 0;
  return (2 * (inPhase ** 2 + quadrature ** 2)) / (samples.length * energy);
}

/** The same, averaged over slices of 20 ms, for sounds whose phase jumps now and then. */
export function toneShareBySlice(samples: Int16Array, frequencyHz: number): number {
  let sum = 0;
  let slices = 0;
  for (let start = 0; start + 160 <= samples.length; start += 160) {
    sum += toneShare(samples.subarray(start, start + 160), frequencyHz);
    slices++;
  }
  return slices === 0 ? 0 : sum / slices;
}

export function sine(
  frequencyHz: number,
  seconds: number,
  sampleRateHz = 8000,
  amplitude = 10000,
): Int16Array {
  return Int16Array.from({ length: Math.round(seconds * sampleRateHz) }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * frequencyHz * i) / sampleRateHz)),
  );
}

/** Root mean square. */
export function level(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length));
}
