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
