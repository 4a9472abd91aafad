import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../src/processes/TokenBucket.ts';

/** How many of so many requests at one moment a bucket lets through. */
const through = (bucket: TokenBucket, nowMs: number, asked = 100) =>
  Array.from({ length: asked }, () => bucket.take(nowMs)).filter((wait) => wait === 0).length;

describe('a bucket of 10 tokens that fills in 5 seconds', () => {
  const limit = { requests: 10, seconds: 5 };

  it.each([
    [0, 10],
    [1, 10],
    [1_000_000, 10],
  ])('is full at first, and never more than full: after %d ms', (laterMs, expected) => {
    expect(through(new TokenBucket(limit, 0), laterMs)).toBe(expected);
  });

  it.each([
    [499, 0],
    [500, 1],
    [999, 1],
    [1000, 2],
    [2750, 5],
    [5000, 10],
    [60_000, 10],
  ])('that is empty has after %d ms %d', (laterMs, expected) => {
    const bucket = new TokenBucket(limit, 0);
    through(bucket, 0);
    expect(through(bucket, laterMs)).toBe(expected);
  });

  it('says how long it is until the next one, and keeps that', () => {
    const bucket = new TokenBucket(limit, 0);
    through(bucket, 0);
    expect(bucket.take(100)).toBeCloseTo(400);
    expect(bucket.take(400)).toBeCloseTo(100);
    expect(bucket.take(500)).toBe(0);
    expect(bucket.take(500)).toBeCloseTo(500);
  });

  it('lets a steady sender at its rate through for ever, and one above it at its rate', () => {
    const steady = new TokenBucket(limit, 0);
    const fast = new TokenBucket(limit, 0);
    let steadyThrough = 0;
    let fastThrough = 0;
    for (let ms = 0; ms < 100_000; ms += 100) {
      if (ms % 500 === 0 && steady.take(ms) === 0) steadyThrough += 1;
      if (fast.take(ms) === 0) fastThrough += 1;
    }
    expect(steadyThrough).toBe(200);
    expect(fastThrough).toBeGreaterThanOrEqual(208);
    expect(fastThrough).toBeLessThanOrEqual(210);
  });
});
