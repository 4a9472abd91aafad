import { route } from '../../routing/route.ts';
import { RoutingCache } from '../../src/store/RoutingCache.ts';
import { DatabaseRoutingTable } from '../../src/store/routingTable.ts';
import { OPEN_PLATFORM } from '../../test/kit/openPlatform.ts';
import { type BenchDatabase, partyNumber, xNumber } from '../BenchDatabase.ts';
import type { Report } from '../Report.ts';
import { inTurns } from '../rounds.ts';
import { count, median, percent, spread } from '../statistics.ts';

const NUMBERS = 1000;
const BINDINGS = 8000;
const BIND_AT_A_TIME = 200;
const IN_FLIGHT = [1, 64];
/** One at a time takes longer: fewer are asked. */
const QUESTIONS = { alone: 2000, together: 2 * BINDINGS };

/** Decisions about callers that memory knows nothing of, beside a bare one-row SELECT by key on the same connections. */
export async function fromDatabase(database: BenchDatabase, rounds: number, report: Report): Promise<void> {
  const { sql, sealer, changes, bindings } = database;
  const { app } = await database.addApp(NUMBERS);
  const xOf = (party: number): string => xNumber(Math.floor(party / 2) % NUMBERS);
  for (let from = 0; from < BINDINGS; from += BIND_AT_A_TIME) {
    const some = Array.from({ length: BIND_AT_A_TIME }, (_, index) => 2 * (from + index));
    await Promise.all(
      some.map((a) =>
        bindings.bind(app, {
          ...{ callerNum: partyNumber(a), calleeNum: partyNumber(a + 1), relationNum: xOf(a) },
          ...{ callDirection: 0, duration: 0, recordFlag: false, maxDuration: 0 },
          ...{ privateSms: true, preVoice: {} },
        }),
      ),
    );
  }
  await sql`ANALYZE`;
  const table = new DatabaseRoutingTable(sql, sealer);
  const cache = new RoutingCache({ table, changes, maxNumbers: NUMBERS, maxParties: 2 * BINDINGS });

  async function asked(inFlight: number, question: (party: number) => Promise<unknown>): Promise<number> {
    const questions = inFlight === 1 ? QUESTIONS.alone : QUESTIONS.together;
    let next = 0;
    const startedAt = performance.now();
    const worker = async (): Promise<void> => {
      // A step that shares no factor with their number visits every party once.
      while (next < questions) await question((next++ * 7919) % (2 * BINDINGS));
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
    return (1000 * questions) / (performance.now() - startedAt);
  }
  async function decide(party: number): Promise<void> {
    const call = { caller: partyNumber(party), x: xOf(party), now: Date.now() };
    const decision = route(call, cache, OPEN_PLATFORM);
    if (!(decision instanceof Promise)) throw new Error(`party ${party} was in memory`);
    if ((await decision).kind !== 'connect') throw new Error(`party ${party} was not connected`);
  }
  const select = (party: number): Promise<unknown> => sql`SELECT * FROM numbers WHERE number = ${xOf(party)}`;

  const rows: string[][] = [];
  for (const inFlight of IN_FLIGHT) {
    const figures = await inTurns(rounds, [
      ['bare', () => asked(inFlight, select)],
      [
        'cold',
        () => {
          cache.forgetAll();
          return asked(inFlight, decide);
        },
      ],
    ]);
    const share = percent(median(figures.cold) / median(figures.bare));
    rows.push([`${inFlight} in flight: bare SELECT of one row by key`, spread(figures.bare, count), '']);
    rows.push([`${inFlight} in flight: decision, read, opened and kept`, spread(figures.cold, count), share]);
  }
  report.line(
    `Cold, from PostgreSQL: ${count(BINDINGS)} bindings on ${count(NUMBERS)} X, nothing in memory.`,
  );
  report.line();
  report.table(['', 'a second', 'of bare'], rows);
  cache.close();
}
