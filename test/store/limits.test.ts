import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertApp } from '../../src/store/apps.ts';
import { insertNumbers } from '../../src/store/numbers.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';

const CHECK_VIOLATION = '23514';
const UNIQUE_VIOLATION = '23505';

let database: TestDatabase;
let appKey = '';
let numbersMade = 0;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  appKey = (await insertApp(database.sql, new Sealer(randomBytes(32)), { name: 'limits', mode: 'AX' })).app
    .appKey;
});

async function newX(): Promise<string> {
  const number = `+86170${String(++numbersMade).padStart(8, '0')}`;
  await insertNumbers(database.sql, appKey, [{ number }]);
  return number;
}

describe.each(['ax_bindings', 'axyb_bindings'])('the table %s, whoever writes to it', (table) => {
  const insert = async (a: Buffer) => {
    const { sql } = database;
    const [row] = await sql<{ id: string; place: number }[]>`
      INSERT INTO ${sql(table)} ${sql({
        app_key: appKey,
        subscription_id: randomUUID(),
        x: await newX(),
        a_digest: a,
        a_sealed: randomBytes(40),
      })} RETURNING subscription_id AS id, place`;
    return row;
  };

  it('gives an A five X, and the place of one that he gave up, but no sixth', async () => {
    const a = randomBytes(32);
    const held = [];
    for (let index = 0; index < 5; index++) held.push(await insert(a));
    expect(held.map((row) => row?.place)).toEqual([1, 2, 3, 4, 5]);
    await expect(insert(a)).rejects.toMatchObject({ code: CHECK_VIOLATION });
    const { sql } = database;
    await sql`DELETE FROM ${sql(table)} WHERE subscription_id = ${held[2]?.id ?? ''}`;
    expect((await insert(a))?.place).toBe(3);
    await expect(insert(a)).rejects.toMatchObject({ code: CHECK_VIOLATION });
  });

  it('lets nobody get past the limit by writing at the same moment', async () => {
    const a = randomBytes(32);
    const settled = await Promise.allSettled(Array.from({ length: 12 }, () => insert(a)));
    const refused = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []));
    expect(refused.length).toBeGreaterThanOrEqual(7);
    expect([CHECK_VIOLATION, UNIQUE_VIOLATION]).toEqual(expect.arrayContaining([...new Set(refused)]));
  });
});

describe('a number', () => {
  it('carries no more than a full X with four digits does', async () => {
    const x = await newX();
    const { sql } = database;
    await sql`UPDATE numbers SET bindings = 9999 WHERE number = ${x}`;
    const more = sql`UPDATE numbers SET bindings = bindings + 1 WHERE number = ${x}`;
    await expect(more).rejects.toMatchObject({ code: CHECK_VIOLATION });
  });
});
