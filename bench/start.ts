import { defineBench, single } from './Bench.ts';
import { BenchApplication } from './BenchApplication.ts';
import { BenchDatabase } from './BenchDatabase.ts';
import { cpuMs, residentMib } from './processCpu.ts';
import { numbersUnder, standAxb, standingParties, standingX } from './standing/axb.ts';
import { count, spread } from './statistics.ts';

const LOOK_UPS_AT_A_TIME = 64;

/** Asks where the calls of so many parties would go: each is in the routing cache afterwards. */
async function lookUp(served: BenchApplication, parties: number): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < parties) {
      const party = next++;
      const index = Math.floor(party / 2);
      const caller = standingParties(index)[party % 2 === 0 ? 0 : 1];
      await served.admin.send('POST', '/explain', { caller, x: standingX(index) });
    }
  };
  await Promise.all(Array.from({ length: LOOK_UPS_AT_A_TIME }, worker));
}

interface Start {
  readonly readyMs: number;
  readonly cpu: number;
  readonly mib: number;
}

async function startOnce(settings: Readonly<Record<string, string>>): Promise<Start> {
  const startedAt = performance.now();
  await using served = await BenchApplication.start(settings);
  const readyMs = performance.now() - startedAt;
  return { readyMs, cpu: cpuMs(served.pid), mib: residentMib(served.pid) };
}

export const start = defineBench({
  name: 'start',
  summary: 'start to ready, and memory, of the application alone with a million bindings in the database',
  flags: {
    bindings: { fallback: [1_000_000], meaning: 'AXB bindings in the database' },
    starts: { fallback: [5], meaning: 'starts with each database' },
    parties: {
      fallback: [1_000_000],
      meaning: 'parties that are looked up then, until the cache holds them',
    },
  },
  async run({ bindings, starts, parties }, report) {
    await using database = await BenchDatabase.start();
    const settings = {
      DATABASE_URL: database.url,
      AXBRIDGE_SEAL_KEY: database.sealKey.toString('base64'),
    };
    const rows: string[][] = [];
    const measure = async (what: string): Promise<void> => {
      const runs: Start[] = [];
      for (let run = 0; run < single(starts); run += 1) runs.push(await startOnce(settings));
      const all = (of: (run: Start) => number): string => spread(runs.map(of), count);
      rows.push([what, all(({ readyMs }) => readyMs), all(({ cpu }) => cpu), all(({ mib }) => mib)]);
    };
    await measure('empty database');
    const { app } = await database.addApp(numbersUnder(single(bindings)));
    await standAxb(database, app, single(bindings));
    await database.sql`VACUUM ANALYZE`;
    await measure(`${count(single(bindings))} bindings`);

    await using served = await BenchApplication.start(settings);
    const asked = Math.min(single(parties), 2 * single(bindings));
    await lookUp(served, asked);
    const resident = residentMib(served.pid);

    report.line('The application alone: its servers and PostgreSQL are processes of their own.');
    report.line(`${single(starts)} starts; median (least–greatest).`);
    report.line();
    report.table(['', 'start to ready, ms', 'processor, ms', 'resident, MiB'], rows);
    report.line(`After ${count(asked)} parties were looked up: ${count(resident)} MiB.`);
  },
});
