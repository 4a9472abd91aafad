import { describe, expect, it } from 'vitest';
import { ArrivalSpread } from '../../../../embedded/freeswitch/rtp/ArrivalSpread.ts';

/** The spread of packets that come after so many milliseconds each. */
function spreadOf(intervalsMs: readonly number[]): ArrivalSpread {
  const spread = new ArrivalSpread();
  let at = 5_000;
  spread.note(at);
  for (const interval of intervalsMs) {
    at += interval;
    spread.note(at);
  }
  return spread;
}

const times = (count: number, intervalsMs: readonly number[]) =>
  Array.from({ length: count }, () => intervalsMs).flat();

describe('how evenly packets arrive', () => {
  it('is no variance where one comes every 20 ms', () => {
    const { meanIntervalMs, minVariance, maxVariance } = spreadOf(times(300, [20]));
    expect([meanIntervalMs, minVariance, maxVariance]).toEqual([20, 0, 0]);
  });

  it('is the variance of the worst and of the best two seconds', () => {
    const spread = spreadOf([...times(50, [10, 30]), ...times(50, [18, 22])]);
    expect(spread.meanIntervalMs).toBe(20);
    expect(spread.maxVariance).toBeCloseTo(100);
    expect(spread.minVariance).toBeCloseTo(4);
  });

  it('does not count a pause', () => {
    const spread = spreadOf([...times(60, [20]), 5_000, ...times(60, [20])]);
    expect([spread.meanIntervalMs, spread.maxVariance]).toEqual([20, 0]);
  });

  it('says nothing before two packets have come', () => {
    expect(new ArrivalSpread()).toMatchObject({ meanIntervalMs: 0, maxVariance: 0 });
  });
});
