import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CallLimits } from '../../src/calls/CallLimits.ts';

let happened: string[];
let limits: CallLimits;

beforeEach(() => {
  vi.useFakeTimers();
  happened = [];
  limits = new CallLimits();
});

afterEach(() => {
  vi.useRealTimers();
});

const limit = (seconds: number) => ({
  seconds,
  onLastMinute: () => happened.push('last minute'),
  onEnd: () => happened.push('end'),
});

describe('the limits of a call', () => {
  it('end ringing that nobody answers', () => {
    limits.ringing(90, () => happened.push('ring limit'));
    vi.advanceTimersByTime(89_999);
    expect(happened).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(happened).toEqual(['ring limit']);
  });

  it('forget the ringing once it is answered', () => {
    limits.ringing(90, () => happened.push('ring limit'));
    limits.answered();
    vi.advanceTimersByTime(100_000);
    expect(happened).toEqual([]);
  });

  it('tell the last minute, then the end, counted from the answer', () => {
    limits.duration(limit(180), 2000);
    vi.advanceTimersByTime(117_999);
    expect(happened).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(happened).toEqual(['last minute']);
    vi.advanceTimersByTime(60_000);
    expect(happened).toEqual(['last minute', 'end']);
  });

  it('tell the last minute at once where there is no more than that', () => {
    limits.duration(limit(60), 500);
    vi.advanceTimersByTime(0);
    expect(happened).toEqual(['last minute']);
    vi.advanceTimersByTime(59_500);
    expect(happened).toEqual(['last minute', 'end']);
  });

  it('leave nothing behind when they are stopped', () => {
    limits.ringing(90, () => happened.push('ring limit'));
    limits.duration(limit(180), 0);
    limits.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
