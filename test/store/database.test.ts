import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDatabase, connectDatabase, openDatabase } from '../../src/store/database.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';

describe('openDatabase', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());

  it('lets two nodes start at the same moment on an empty database', async () => {
    await database.sql`DROP SCHEMA public CASCADE`;
    await database.sql`CREATE SCHEMA public`;
    const nodes = await Promise.all([1, 2].map(() => openDatabase({ url: database.url, max: 2 })));
    const rows = await database.sql`SELECT number FROM migrations ORDER BY number`;
    expect(rows.map((row) => row.number)).toEqual(rows.map((_, index) => index + 1));
    await Promise.all(nodes.map(closeDatabase));
  });

  it('refuses a database that a newer release has migrated', async () => {
    await database.sql`INSERT INTO migrations (number, name) VALUES (999, 'from the future')`;
    await expect(openDatabase({ url: database.url, max: 1 })).rejects.toMatchObject({
      code: 'DATABASE_FAILED',
      message: expect.stringContaining('999'),
    });
    await database.sql`DELETE FROM migrations WHERE number = 999`;
  });

  it('refuses a database that was made before the first release, leaves it as it is, and says what to do', async () => {
    const { sql } = database;
    const before = await sql`SELECT number, name FROM migrations ORDER BY number`;
    await sql`DELETE FROM migrations WHERE number > 2`;
    await sql`UPDATE migrations SET name = '002_news.sql' WHERE number = 2`;
    const refusal = {
      code: 'DATABASE_FAILED',
      message: expect.stringMatching(
        /has 002_news\.sql where .* 002_platform\.sql.* Begin with an empty database/,
      ),
    };
    await expect(openDatabase({ url: database.url, max: 1 })).rejects.toMatchObject(refusal);
    expect(await sql`SELECT number FROM migrations ORDER BY number`).toEqual([{ number: 1 }, { number: 2 }]);

    // Such a database may have had more migrations than there are now: that is no newer release.
    await sql`INSERT INTO migrations (number, name) VALUES (999, '999_last.sql')`;
    await expect(openDatabase({ url: database.url, max: 1 })).rejects.toMatchObject(refusal);

    await sql`DELETE FROM migrations`;
    await sql`INSERT INTO migrations ${sql(before)}`;
    await closeDatabase(await openDatabase({ url: database.url, max: 1 }));
  });

  it('says DATABASE_UNAVAILABLE when nobody listens', async () => {
    await expect(openDatabase({ url: 'postgres://127.0.0.1:1/none', max: 1 })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
  });

  it('keeps commits on disk: fsync and synchronous_commit are on', async () => {
    const sql = connectDatabase({ url: database.url, max: 1 });
    const [row] =
      await sql`SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS sync`;
    expect(row).toEqual({ fsync: 'on', sync: 'on' });
    await closeDatabase(sql);
  });
});
