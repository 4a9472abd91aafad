import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { SlowestFirst } from './test/kit/SlowestFirst.ts';

/** Most tests wait for phones and timers, not for a processor. */
const WORKERS = Math.min(2 * availableParallelism(), 8);

/** What these measure, or how much they do at once, leaves no room for others beside them. */
const ALONE = [
  'test/attack/floods.test.ts',
  'test/calls/storm.test.ts',
  'test/e2e/mixedCalls.test.ts',
  'test/e2e/rules.test.ts',
  'test/push/deadTarget.test.ts',
];

// Processes of one release are compiled once, not at each start; the workers hand it on.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules', '.cache', 'compiled');

/** What is to happen within a time says so itself; all else has time on a busy machine, too. */
const TIMEOUTS = { testTimeout: 60_000, hookTimeout: 120_000, expect: { poll: { timeout: 10_000 } } };

export default defineConfig({
  test: {
    globalSetup: ['test/kit/testDatabaseServer.ts'],
    sequence: { sequencer: SlowestFirst },
    projects: [
      {
        test: {
          ...TIMEOUTS,
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: ALONE,
          maxWorkers: WORKERS,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: { ...TIMEOUTS, name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
