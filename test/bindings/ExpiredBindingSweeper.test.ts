import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ExpiredBindingSweeper } from '../../src/bindings/ExpiredBindingSweeper.ts';
import { insertApp } from '../../src/store/apps.ts';
import { insertNumbers } from '../../src/store/numbers.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: console.error };
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

describe('ExpiredBindingSweeper', () => {
  it('takes all expired bindings away, more than fit in one sweep, and leaves the others', async () => {
    const { sql } = database;
    const sealer = new Sealer(randomBytes(32));
    const { app } = await insertApp(sql, sealer, { name: 'ride', mode: 'AXB' });
    await insertNumbers(sql, app.appKey, [{ number: '+8617000000001' }]);
    await sql`
      INSERT INTO bindings (app_key, subscription_id, mode, x, a_digest, a_sealed, b_digest, b_sealed, expires_at)
      SELECT ${app.appKey}, gen_random_uuid(), 'AXB', '+8617000000001', decode(lpad(to_hex(i), 8, '0'), 'hex'), '', '', '',
        CASE WHEN i <= 1200 THEN now() - interval '1 s' WHEN i = 1201 THEN now() + interval '1 h' ELSE 'infinity' END
      FROM generate_series(1, 1202) i`;
    await sql`UPDATE numbers SET bindings = 1202`;
    const sweeper = new ExpiredBindingSweeper({ sql, log, clock: Date.now, everyMs: 20 });
    sweeper.start();
    await vi.waitFor(async () => {
      const [row] = await sql`SELECT (SELECT count(*)::int FROM bindings) AS rows, bindings FROM numbers`;
      expect(row).toEqual({ rows: 2, bindings: 2 });
    });
    await sweeper.stop();
  });
});
