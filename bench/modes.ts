import { insertApp } from '../src/store/apps.ts';
import { defineBench, single } from './Bench.ts';
import { BenchDatabase, CONNECTIONS } from './BenchDatabase.ts';
import { bareLoad, type Load, loadsOf } from './modes/loads.ts';
import { stand } from './modes/standing.ts';
import { rate } from './rounds.ts';
import { numbersUnder, standAxb } from './standing/axb.ts';
import { count, median, percent, spread } from './statistics.ts';

/** X numbers with nothing on them: more than are bound at any moment. */
const FREE_NUMBERS = 20_000;
const WARM_UP_SECONDS = 0.5;
const MODES = 4;

/** What a load did in one turn, a second. */
interface Figures {
  readonly bind: number[];
  readonly query: number[];
  readonly unbind: number[];
}

const KINDS = ['bind', 'query', 'unbind'] as const;

/** Does each item's work, so many at a time. @returns how many a second came to an end */
async function throughAll<Item>(
  inFlight: number,
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<number> {
  const waiting = items.values();
  const startedAt = performance.now();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (1000 * items.length) / (performance.now() - startedAt);
}

/** Makes some for so long, reads each, ends each: what stands is the same afterwards. */
async function turn(load: Load, inFlight: number, seconds: number, figures?: Figures): Promise<void> {
  const ids: string[] = [];
  const bound = await rate(inFlight, seconds, async () => {
    ids.push(await load.bind());
  });
  const read = await throughAll(inFlight, ids, load.query);
  const ended = await throughAll(inFlight, ids, load.unbind);
  figures?.bind.push(bound);
  figures?.query.push(read);
  figures?.unbind.push(ended);
}

export const modes = defineBench({
  name: 'modes',
  summary:
    'binds, queries and unbinds a second in each mode, with a million bindings in place, beside bare statements',
  flags: {
    bindings: { fallback: [1_000_000], meaning: 'bindings in place, a quarter in each mode' },
    rounds: { fallback: [3], meaning: 'rounds of each mode' },
    inFlight: { fallback: [1, 8, 64], meaning: 'requests under way at a time' },
    seconds: { fallback: [1], meaning: 'how long is bound in each turn; then all of it is read, then ended' },
  },
  async run({ bindings, rounds, inFlight, seconds }, report) {
    await using database = await BenchDatabase.start();
    const { sql, sealer } = database;
    const ofEach = Math.ceil(single(bindings) / MODES);
    const { app } = await database.addApp(numbersUnder(ofEach));
    await standAxb(database, app, ofEach);
    const [ax, axe, axyb] = await Promise.all(
      (['AX', 'AXE', 'AXYB'] as const).map((mode) => insertApp(sql, sealer, { name: 'bench', mode })),
    );
    if (ax === undefined || axe === undefined || axyb === undefined)
      throw new Error('an application is missing');
    const standing = { ax: ax.app, axe: axe.app, axyb: axyb.app };
    await stand(sql, standing, ofEach, FREE_NUMBERS);
    const bare = await bareLoad(database, app, ofEach);
    const loads = [bare, ...(await loadsOf(database, app, standing, 2 * ofEach))];
    await sql`VACUUM ANALYZE`;
    for (const load of loads) await turn(load, CONNECTIONS, WARM_UP_SECONDS);

    const rows: string[][] = [];
    for (const each of inFlight) {
      const figures = new Map(loads.map((load) => [load, { bind: [], query: [], unbind: [] } as Figures]));
      for (let round = 0; round < single(rounds); round += 1) {
        for (const load of round % 2 === 0 ? loads : loads.toReversed()) {
          await turn(load, each, single(seconds), figures.get(load));
        }
      }
      for (const [load, own] of figures) {
        const cells = KINDS.flatMap((kind) => {
          const peer = median(figures.get(bare)?.[kind] ?? []);
          return [spread(own[kind], count), load === bare ? '' : percent(median(own[kind]) / peer)];
        });
        rows.push([`${each} in flight: ${load.name}`, ...cells]);
      }
    }
    report.line(
      `${count(MODES * ofEach)} bindings in place, a quarter in each mode, and as many rows in the bare table as in one.`,
    );
    report.line('Bare: one INSERT, SELECT or DELETE of one row by its primary key, with its commit.');
    report.line(
      `${CONNECTIONS} connections, fsync on; ${single(rounds)} rounds; a second, median (least–greatest), and of bare.`,
    );
    report.line();
    report.table(['', 'bind', '', 'query', '', 'unbind', ''], rows);
  },
});
