import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ExpiredBindingSweeper } from '../../src/bindings/ExpiredBindingSweeper.ts';
import { insertApp } from '../../src/store/apps.ts';
import { insertNumbers } from '../../src/store/numbers.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { PATIENT } from '../kit/patience.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { BindingsUnderTest } from './bindingsUnderTest.ts';

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
    }, PATIENT);
    await sweeper.stop();
  });

  it('takes those of AXE and AXYB away, with what hangs on them, and leaves the others', async () => {
    const rig = await BindingsUnderTest.start();
    const axe = await rig.addApp('AXE');
    const axyb = await rig.addApp('AXYB');
    const [e = ''] = await rig.addNumbers(axe, 1);
    const [x = '', y = ''] = await rig.addNumbers(axyb, 2);
    await rig.sql`
      INSERT INTO axe_bindings (app_key, subscription_id, x, extension, a_digest, a_sealed, expires_at)
      SELECT ${axe.appKey}, gen_random_uuid(), ${e}, lpad(i::text, 4, '0'), decode(lpad(to_hex(i), 8, '0'), 'hex'), '',
        CASE WHEN i <= 1200 THEN now() - interval '1 s' WHEN i = 1201 THEN now() + interval '1 h' ELSE 'infinity' END
      FROM generate_series(1, 1202) i`;
    await rig.sql`
      INSERT INTO axyb_bindings (app_key, subscription_id, x, a_digest, a_sealed, expires_at)
      SELECT ${axyb.appKey}, gen_random_uuid(), number, '', '',
        CASE number WHEN ${x} THEN now() - interval '1 s' ELSE 'infinity' END
      FROM unnest(${[x, '+8617999999999']}::text[]) number`;
    await rig.sql`
      INSERT INTO axyb_relations (app_key, subscription_id, x, y, a_digest, b_digest, b_sealed, expires_at)
      SELECT app_key, subscription_id, x, ${y}, decode(lpad(to_hex(i), 8, '0'), 'hex'),
        decode(lpad(to_hex(i), 8, '0'), 'hex'), '', CASE WHEN i <= 3 THEN 'infinity' ELSE now() - interval '1 s' END
      FROM axyb_bindings, generate_series(1, 5) i WHERE (x = ${x}) = (i <= 2)`;
    await rig.remember(axe, e, '0001');
    await rig.remember(axe, e, '1202');
    const sweeper = new ExpiredBindingSweeper({ sql: rig.sql, log, clock: Date.now, everyMs: 20 });
    sweeper.start();
    await vi.waitFor(async () => {
      const [row] = await rig.sql`
        SELECT (SELECT count(*)::int FROM axe_bindings) AS axe, (SELECT count(*)::int FROM axyb_bindings) AS axyb,
               (SELECT count(*)::int FROM axyb_relations) AS relations, (SELECT count(*)::int FROM call_backs) AS callers`;
      expect(row).toEqual({ axe: 2, axyb: 1, relations: 1, callers: 1 });
    }, PATIENT);
    await sweeper.stop();
    expect([await rig.loadOf(e), await rig.loadOf(x), await rig.loadOf(y)]).toEqual([2, 0, 1]);
    await rig.close();
  });
});
