import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Duties } from '../../src/store/Duties.ts';
import { Sweeper } from '../../src/store/Sweeper.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { silent } from '../push/pushUnderTest.ts';

const EVERY_MS = 60_000;

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase({ max: 4 });
});

afterAll(() => database?.close());

const process = () => new Duties({ sql: database.sql, log: silent });

describe('a duty', () => {
  it('belongs to one process, however often it and others ask', async () => {
    const [one, two] = [process(), process()];
    const first = await Promise.all([one, two].map((each) => each.hold('sweep', EVERY_MS)));
    expect(first.filter((holds) => holds)).toHaveLength(1);
    expect(await Promise.all([one, two].map((each) => each.hold('sweep', EVERY_MS)))).toEqual(first);
    expect(await two.hold('another', EVERY_MS)).toBe(true);
    expect(await one.hold('another', EVERY_MS)).toBe(false);
    await Promise.all([one.stop(), two.stop()]);
  });

  it('falls to another when its holder leaves, and when its lease has ended', async () => {
    const [one, two, three] = [process(), process(), process()];
    await one.hold('left', EVERY_MS);
    await one.stop();
    expect(await two.hold('left', EVERY_MS)).toBe(true);
    await database.sql`UPDATE duties SET until = now() - interval '1 millisecond'`;
    expect(await three.hold('left', EVERY_MS)).toBe(true);
    expect(await two.hold('left', EVERY_MS)).toBe(false);
    await Promise.all([two.stop(), three.stop()]);
  });

  it('outlives the time until it is done next', async () => {
    const one = process();
    for (const everyMs of [10, 600_000]) {
      await one.hold('rare', everyMs);
      const [row] = await database.sql<{ ms: number }[]>`
        SELECT extract(epoch FROM until - now())::float8 * 1000 AS ms FROM duties`;
      expect(row?.ms).toBeGreaterThan(everyMs + 5_000);
    }
    await one.stop();
    expect(await database.sql`SELECT FROM duties`).toHaveLength(0);
  });
});

describe('sweepers with duties', () => {
  it('of several processes one sweeps, and the next one when that has left', async () => {
    const swept: string[] = [];
    const begin = (who: string) => {
      const duties = process();
      const once = Promise.withResolvers<void>();
      const sweeper = new Sweeper({
        name: 'rows',
        duties: {
          hold: async (name, everyMs) => {
            const holds = await duties.hold(name, everyMs);
            if (!holds) once.resolve();
            return holds;
          },
        },
        sweep: async () => {
          swept.push(who);
          once.resolve();
          return false;
        },
        everyMs: 20,
        log: silent,
      });
      sweeper.start();
      return { looked: once.promise, stop: () => sweeper.stop().then(() => duties.stop()) };
    };
    const one = begin('one');
    await one.looked;
    const two = begin('two');
    await two.looked;
    expect(new Set(swept)).toEqual(new Set(['one']));
    await one.stop();
    swept.length = 0;
    await expect.poll(() => swept.length).toBeGreaterThan(0);
    expect(new Set(swept)).toEqual(new Set(['two']));
    await two.stop();
  });
});
