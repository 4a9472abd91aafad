import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DigitCollector, type DigitCollectorOptions } from '../../src/calls/DigitCollector.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function collecting(options: Partial<DigitCollectorOptions> = {}) {
  const cuts: string[] = [];
  const collector: DigitCollector = new DigitCollector({
    times: { firstMs: 5000, nextMs: 3000 },
    mostDigits: 4,
    passesFirstHash: false,
    onFirstDigit: () => cuts.push('cut'),
    ...options,
  });
  const press = (keys: string) => {
    for (const key of keys) collector.press(key);
  };
  return { collector, press, cuts };
}

describe('digits are complete', () => {
  it('as soon as there are enough of them', async () => {
    const { collector, press } = collecting();
    press('1207');
    expect(await collector.digits).toBe('1207');
  });

  it('with # before that', async () => {
    const { collector, press } = collecting();
    press('12#');
    expect(await collector.digits).toBe('12');
  });

  it('with # alone, when there are none', async () => {
    const { collector, press } = collecting();
    press('#');
    expect(await collector.digits).toBe('');
  });

  it('when none comes for a while after the prompt', async () => {
    const { collector } = collecting();
    collector.promptEnded();
    vi.advanceTimersByTime(4999);
    expect(collector.isOver).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await collector.digits).toBe('');
  });

  it('when no further one comes for a while', async () => {
    const { collector, press } = collecting();
    press('1');
    vi.advanceTimersByTime(2999);
    press('2');
    vi.advanceTimersByTime(2999);
    expect(collector.isOver).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await collector.digits).toBe('12');
  });

  it('not while the prompt plays, however long that is', () => {
    const { collector } = collecting();
    vi.advanceTimersByTime(60_000);
    expect(collector.isOver).toBe(false);
    collector.stop();
  });
});

describe('the prompt', () => {
  it('is cut by the first digit, once', () => {
    const { press, cuts } = collecting();
    press('1');
    expect(cuts).toHaveLength(1);
    press('207');
    expect(cuts).toHaveLength(1);
  });

  it('that ends because it was cut does not begin the wait for a first digit', async () => {
    const { collector, press } = collecting({ times: { firstMs: 100, nextMs: 3000 } });
    press('1');
    collector.promptEnded();
    vi.advanceTimersByTime(2999);
    expect(collector.isOver).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await collector.digits).toBe('1');
  });
});

describe('keys that are no digits', () => {
  it('are passed over and give no time', async () => {
    const { collector, press, cuts } = collecting();
    collector.promptEnded();
    vi.advanceTimersByTime(4000);
    press('*A');
    expect(cuts).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(await collector.digits).toBe('');
  });

  it('include the # that ended a full set of digits before', async () => {
    const { collector, press } = collecting({ passesFirstHash: true });
    press('#3#');
    expect(await collector.digits).toBe('3');
  });

  it('include that # once', async () => {
    const { collector, press } = collecting({ passesFirstHash: true });
    press('##');
    expect(await collector.digits).toBe('');
  });
});

describe('a collection that is over', () => {
  it('by the end of the call has no digits', async () => {
    const { collector, press } = collecting();
    press('12');
    collector.stop();
    expect(await collector.digits).toBeUndefined();
  });

  it('by a fault says which', async () => {
    const { collector } = collecting();
    collector.promptEnded();
    collector.fail(new Error('no sound'));
    await expect(collector.digits).rejects.toThrow('no sound');
  });

  it('stays as it is', async () => {
    const { collector, press } = collecting();
    press('1207');
    press('9');
    collector.promptEnded();
    collector.stop();
    collector.fail(new Error('too late'));
    expect(await collector.digits).toBe('1207');
  });
});
