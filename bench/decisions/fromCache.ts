import { LRUCache } from 'lru-cache';
import { route } from '../../routing/route.ts';
import type { Found, RouteCall, RoutingTable } from '../../routing/types.ts';
import type { Changes } from '../../src/store/changes.ts';
import { RoutingCache } from '../../src/store/RoutingCache.ts';
import { OPEN_PLATFORM } from '../../test/kit/openPlatform.ts';
import { partyNumber, xNumber } from '../BenchDatabase.ts';
import type { Report } from '../Report.ts';
import { inTurns } from '../rounds.ts';
import { count, median, spread } from '../statistics.ts';
import { madeUpTable, PARTIES_ON_X, xOfParty } from './madeUpTable.ts';

/** Few enough for the memories of strangers and of unknown numbers (RoutingCache). */
const STRANGERS = 10_000;
const FILL_AT_A_TIME = 1000;

/** Text that is one piece in memory, as what a parser cuts out of a message, and not the object that a cache holds. */
function apart(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** 0 to size-1 in an order without order; the same in every run. */
function shuffled(size: number): Uint32Array {
  const order = Uint32Array.from({ length: size }, (_, index) => index);
  let state = 20_261_122;
  for (let last = size - 1; last > 0; last -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = state % (last + 1);
    const kept = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = kept;
  }
  return order;
}

function callsOf(size: number, party: (index: number) => number, x: (index: number) => string): RouteCall[] {
  const now = Date.now();
  return Array.from(shuffled(size), (index) => ({
    caller: apart(partyNumber(party(index))),
    x: apart(x(index)),
    now,
  }));
}

async function fill(cache: RoutingCache, calls: readonly RouteCall[]): Promise<void> {
  for (let from = 0; from < calls.length; from += FILL_AT_A_TIME) {
    const some = calls.slice(from, from + FILL_AT_A_TIME);
    await Promise.all(some.map(({ x, caller }) => cache.find(apart(x), apart(caller))));
  }
}

/** Nanoseconds that each item takes. @throws Error when one of them has no answer at hand */
function nanoseconds<Item>(items: readonly Item[], answered: (item: Item) => boolean): number {
  const startedAt = process.hrtime.bigint();
  let answers = 0;
  for (const item of items) if (answered(item)) answers += 1;
  const took = Number(process.hrtime.bigint() - startedAt);
  if (answers !== items.length)
    throw new Error(`${items.length - answers} of ${items.length} were not in memory`);
  return took / items.length;
}

function isDecided(call: RouteCall, table: RoutingTable, kind: 'connect' | 'refuse'): boolean {
  const decision = route(call, table, OPEN_PLATFORM);
  return !(decision instanceof Promise) && decision.kind === kind;
}

/** Decisions whose facts are in memory, beside the bare get of the same library with as many entries. */
export async function fromCache(
  parties: number,
  rounds: number,
  changes: Changes,
  report: Report,
): Promise<void> {
  const numbers = parties / PARTIES_ON_X;
  const table = madeUpTable(parties);
  const cache = new RoutingCache({ table, changes, maxNumbers: numbers, maxParties: parties });
  const calls = callsOf(parties, (index) => index, xOfParty);
  const strangers = callsOf(STRANGERS, (index) => parties + index, xNumber);
  const unknown = callsOf(
    STRANGERS,
    (index) => index,
    (index) => xNumber(numbers + index),
  );
  // Filled in another order than it is asked in: else each question would find its answer next to the last one's.
  const inOrder = calls.toSorted((a, b) => (a.caller < b.caller ? -1 : 1));
  await fill(cache, inOrder);
  await fill(cache, strangers);
  await fill(cache, unknown);

  const bare = new LRUCache<string, Found>({ max: parties });
  const keys = calls.map(({ x, caller }) => apart(`${x}${caller}`));
  for (const [index, { x, caller }] of inOrder.entries()) {
    const found = cache.find(x, caller);
    if (found === undefined || found instanceof Promise) throw new Error(`party ${index} is not in memory`);
    bare.set(apart(`${x}${caller}`), found);
  }

  const figures = await inTurns(rounds + 1, [
    ['bare', () => nanoseconds(keys, (key) => bare.get(key) !== undefined)],
    ['lookup', () => nanoseconds(calls, ({ x, caller }) => !(cache.find(x, caller) instanceof Promise))],
    ['hit', () => nanoseconds(calls, (call) => isDecided(call, cache, 'connect'))],
    ['stranger', () => nanoseconds(strangers, (call) => isDecided(call, cache, 'refuse'))],
    ['unknown', () => nanoseconds(unknown, (call) => isDecided(call, cache, 'refuse'))],
  ]);
  // The first round warms up.
  for (const side of Object.values(figures)) side.shift();
  const bareMedian = median(figures.bare);
  const row = (what: string, values: readonly number[]): string[] => [
    what,
    count(1e9 / median(values)),
    spread(values, (each) => `${each.toFixed(0)}`),
    `${(median(values) / bareMedian).toFixed(2)} ×`,
  ];
  report.line(
    `From memory: ${count(parties)} parties on ${count(numbers)} X, every party once a round, in one`,
  );
  report.line(`random order for all; ${rounds} rounds; median (least–greatest).`);
  report.line();
  report.table(
    ['', 'a second', 'ns each', 'beside bare'],
    [
      row(`bare lru-cache get, ${count(parties)} keys made before`, figures.bare),
      row('lookup alone: RoutingCache.find(x, caller)', figures.lookup),
      row('decision, caller is a party (connect)', figures.hit),
      row(`decision, stranger (refuse), ${count(STRANGERS)} in memory`, figures.stranger),
      row(`decision, unknown X (refuse), ${count(STRANGERS)} in memory`, figures.unknown),
    ],
  );
  cache.close();
}
