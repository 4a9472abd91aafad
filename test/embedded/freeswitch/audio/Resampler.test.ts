import { describe, expect, it } from 'vitest';
import { Resampler } from '../../../../embedded/freeswitch/audio/Resampler.ts';
import { level, sine, toneShare } from '../signals.ts';

function resample(input: Int16Array, from: number, to: number, chunk = 1000): Int16Array {
  const resampler = new Resampler(from, to);
  const output: number[] = [];
  for (let at = 0; at < input.length; at += chunk)
    output.push(...resampler.push(input.subarray(at, at + chunk)));
  output.push(...resampler.flush());
  return Int16Array.from(output);
}

describe('the resampler', () => {
  it.each([16000, 44100, 48000, 11025, 22050, 32000, 7350])('keeps a tone as it is, from %i Hz', (rate) => {
    const output = resample(sine(1000, 1, rate), rate, 8000);
    expect(Math.abs(output.length - 8000)).toBeLessThan(20);
    const middle = output.subarray(400, 7400);
    expect(toneShare(middle, 1000)).toBeGreaterThan(0.999);
    expect(level(middle)).toBeCloseTo(10000 / Math.SQRT2, -2);
  });

  it.each([16000, 44100, 48000])(
    'lets nothing of what lies above the telephone band fold into it, from %i Hz',
    (rate) => {
      const output = resample(sine(5000, 1, rate), rate, 8000);
      expect(20 * Math.log10(level(output.subarray(400, 7400)) / 7071 + 1e-9)).toBeLessThan(-50);
    },
  );

  it('does not depend on how its input is cut', () => {
    const input = sine(700, 0.5, 16000);
    expect([...resample(input, 16000, 8000, 77)]).toEqual([...resample(input, 16000, 8000, 8000)]);
  });

  it('clips instead of wrapping around', () => {
    const loud = Int16Array.from({ length: 4000 }, (_, i) => (Math.floor(i / 20) % 2 === 0 ? 32767 : -32768));
    const output = resample(loud, 16000, 8000);
    for (const [i, sample] of output.entries()) {
      const before = output[i - 1] ?? sample;
      if (Math.abs(before) > 32000 && Math.abs(sample) > 32000)
        expect(Math.sign(before)).toBe(Math.sign(sample));
    }
  });
});
