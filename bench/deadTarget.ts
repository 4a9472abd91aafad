import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { defineBench, single } from './Bench.ts';
import { BenchDatabase } from './BenchDatabase.ts';
import { ForkedPart } from './ForkedPart.ts';
import { NotifyingNode } from './notifications/NotifyingNode.ts';
import type { Arrivals } from './notifications/sink.ts';
import { inTurns } from './rounds.ts';
import { spread } from './statistics.ts';

/** Long enough for what is under way at the end of a turn. */
const SETTLE_MS = 1_500;

/** Calls at an even pace, the applications in turn. @param pick the application of each call, by its number */
async function calls(
  node: NotifyingNode,
  perSecond: number,
  seconds: number,
  pick: (call: number) => number,
): Promise<void> {
  const startedAt = performance.now();
  const made: Promise<void>[] = [];
  for (let call = 0; call < perSecond * seconds; call += 1) {
    await delay(Math.max(0, startedAt + (1000 * call) / perSecond - performance.now()));
    made.push(node.call(pick(call)));
  }
  await Promise.all(made);
  await delay(SETTLE_MS);
}

export const deadTarget = defineBench({
  name: 'dead-target',
  summary:
    'how long events take to customers whose neighbour has a server that never answers, and without him',
  flags: {
    rounds: { fallback: [3], meaning: 'rounds' },
    seconds: { fallback: [10], meaning: 'seconds of each turn' },
    customers: { fallback: [100], meaning: 'customers, one of them with a dead server' },
    'calls-per-second': { fallback: [50], meaning: 'calls a second, of all customers together' },
  },
  async run({ rounds, seconds: [seconds = 0], customers, 'calls-per-second': pace }, report) {
    await using sink = new ForkedPart(join(import.meta.dirname, 'notifications', 'sink.ts'));
    const { port } = await sink.hear<{ port: number }>();
    const count = single(customers);
    const perSecond = single(pace);
    const urls = Array.from({ length: count - 1 }, (_, index) => `http://127.0.0.1:${port}/timed/${index}`);
    await using database = await BenchDatabase.start();
    await using node = await NotifyingNode.start(database, `http://127.0.0.1:${port}/dead`, ...urls);
    const p99: Record<'without' | 'beside', number[]> = { without: [], beside: [] };
    const measure = async (name: keyof typeof p99, pick: (call: number) => number) => {
      await sink.ask({});
      await calls(node, perSecond, seconds, pick);
      const arrivals = await sink.ask<Arrivals>({});
      p99[name].push(arrivals.p99Ms);
      return arrivals.p50Ms;
    };
    const p50 = await inTurns(single(rounds), [
      ['without', () => measure('without', (call) => 1 + (call % (count - 1)))],
      ['beside', () => measure('beside', (call) => call % count)],
    ]);
    report.line(
      `${perSecond} calls a second of ${count} customers in turn, five events and a record each; from the`,
    );
    report.line('event to its arrival, journal included, at the customers whose servers answer.');
    report.line(`${single(rounds)} rounds of ${seconds} s; median (least–greatest).`);
    report.line();
    const ms = (value: number) => `${value.toFixed(0)} ms`;
    report.table(
      ['', 'p50', 'p99'],
      [
        ['without the dead server', spread(p50.without, ms), spread(p99.without, ms)],
        ['beside one server that never answers', spread(p50.beside, ms), spread(p99.beside, ms)],
      ],
    );
  },
});
