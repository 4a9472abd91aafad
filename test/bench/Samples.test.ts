import { describe, expect, it } from 'vitest';
import { type Figure, Samples } from '../../bench/soak/Samples.ts';

function trendOf(sense: Figure['sense'], values: readonly number[], room = 0) {
  const samples = new Samples();
  for (const value of values) samples.add([{ name: 'it', value, sense }]);
  return samples.trends(room)[0];
}

describe('what a soak says of a figure that was sampled', () => {
  it('compares the mean of the first third with that of the last one', () => {
    expect(trendOf('holds', [100, 102, 500, 1, 110, 112])).toMatchObject({ first: 101, last: 111 });
  });

  it('is flat up to 2 % more, and when it shrinks', () => {
    expect(trendOf('holds', [100, 100, 101])).toMatchObject({ isFlat: true });
    expect(trendOf('holds', [100, 100, 103])).toMatchObject({ isFlat: false });
    expect(trendOf('holds', [100, 100, 50])).toMatchObject({ isFlat: true });
  });

  it('grants what comes and goes with calls some room, and memory none', () => {
    expect(trendOf('transient', [10, 12, 14], 5)).toMatchObject({ isFlat: true });
    expect(trendOf('transient', [10, 12, 16], 5)).toMatchObject({ isFlat: false });
    expect(trendOf('holds', [10, 12, 14], 5)).toMatchObject({ isFlat: false });
  });

  it('finds growth from nothing', () => {
    expect(trendOf('transient', [0, 3, 9], 5)).toMatchObject({ isFlat: false });
    expect(trendOf('holds', [0, 0, 0])).toMatchObject({ isFlat: true, growth: 0 });
  });

  it('does not judge what is kept by design', () => {
    expect(trendOf('kept', [1, 100, 1000])).toMatchObject({ isFlat: true });
  });
});
