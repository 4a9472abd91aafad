import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TrunkHealth } from '../../src/sip/TrunkHealth.ts';

const trunk = { name: 'carrier', enabled: true };
let answers: (number | undefined | 'nothing')[];
let changes: boolean[];
let health: TrunkHealth<typeof trunk>;

beforeEach(() => {
  vi.useFakeTimers();
  answers = [];
  changes = [];
  health = new TrunkHealth({
    trunks: () => [trunk, { name: 'off', enabled: false }],
    ask: () => {
      const answer = answers.shift();
      return answer === 'nothing' ? new Promise(() => {}) : Promise.resolve(answer);
    },
    intervalSeconds: 10,
    onChange: (_name, healthy) => changes.push(healthy),
  });
});

afterEach(() => {
  health.stop();
  vi.useRealTimers();
});

async function asked(...given: typeof answers): Promise<void> {
  answers = [...given];
  health.start();
  await vi.advanceTimersByTimeAsync(10_000 * (given.length - 1) + 5000);
}

describe('a trunk', () => {
  it.each([200, 404, 405, 481, 500])('that answers OPTIONS with %i is there', async (status) => {
    await asked(status, status, status);
    expect(health.isHealthy('carrier')).toBe(true);
  });

  it('may miss one, but not two', async () => {
    await asked('nothing');
    expect(health.isHealthy('carrier')).toBe(true);
    answers = [undefined];
    await vi.advanceTimersByTimeAsync(10_000);
    expect(health.isHealthy('carrier')).toBe(false);
    expect(changes).toEqual([false]);
  });

  it('is back with its first answer', async () => {
    await asked(408, 408, 200);
    expect(changes).toEqual([false, true]);
  });

  it('that says 503 is believed at once', async () => {
    await asked(503);
    expect(health.isHealthy('carrier')).toBe(false);
  });

  it('counts as healthy until it has been asked; a disabled one is not asked', () => {
    expect(health.isHealthy('carrier')).toBe(true);
    expect([...health.states()]).toEqual([['carrier', true]]);
  });
});
