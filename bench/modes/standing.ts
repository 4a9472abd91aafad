import type { App } from '../../src/store/apps.ts';
import type { Sql } from '../../src/store/database.ts';

/** AXE bindings on each X, and AXYB relations on each Y, that stand. */
const ON_EACH_AXE_X = 100;
const ON_EACH_Y = 100;
/** As long as a sealed number and a digest are. */
const SEALED_BYTES = 47;
const AREA_CODE = '0571';

/** Where each mode's numbers begin; there is room for a hundred million. */
const FIRST = { AX: 17_100_000_000, AXE: 17_200_000_000, AXYB: 17_300_000_000, Y: 17_400_000_000 };

/** Tables whose triggers count and tell each row: what stands already is nobody's news, and is counted once. */
const TABLES = ['ax_bindings', 'axe_bindings', 'axyb_bindings', 'axyb_relations'];

export interface Standing {
  readonly ax: App;
  readonly axe: App;
  readonly axyb: App;
}

/**
 * Fills the tables of AX, AXE and AXYB as binds would have left them. The people are made up: nobody ever looks for
 * them, only past them.
 * @param bindings in each mode
 * @param free X numbers in each mode with nothing on them
 */
export async function stand(sql: Sql, apps: Standing, bindings: number, free: number): Promise<void> {
  const each = bindings - 1;
  const addNumbers = (app: App, first: number, count: number) => sql`
    INSERT INTO numbers (number, app_key, area_code)
    SELECT '+86' || (${first}::bigint + g), ${app.appKey}, ${AREA_CODE} FROM generate_series(0, ${count - 1}) g`;
  await addNumbers(apps.ax, FIRST.AX, bindings + free);
  await addNumbers(apps.axe, FIRST.AXE, Math.ceil(bindings / ON_EACH_AXE_X) + free);
  await addNumbers(apps.axyb, FIRST.AXYB, bindings + free);
  await addNumbers(apps.axyb, FIRST.Y, Math.ceil(bindings / ON_EACH_Y));

  for (const table of TABLES) await sql`ALTER TABLE ${sql(table)} DISABLE TRIGGER USER`;
  const sealed = Buffer.alloc(SEALED_BYTES);
  await sql`
    INSERT INTO ax_bindings (app_key, subscription_id, x, a_digest, place, a_sealed)
    SELECT ${apps.ax.appKey}, gen_random_uuid(), '+86' || (${FIRST.AX}::bigint + g), decode(md5('ax' || g), 'hex'), 1,
           ${sealed}
    FROM generate_series(0, ${each}) g`;
  await sql`
    INSERT INTO axe_bindings (app_key, subscription_id, x, extension, a_digest, a_sealed)
    SELECT ${apps.axe.appKey}, gen_random_uuid(), '+86' || (${FIRST.AXE}::bigint + g / ${ON_EACH_AXE_X}::int),
           lpad((1 + g % ${ON_EACH_AXE_X}::int)::text, 4, '0'), decode(md5('axe' || g), 'hex'), ${sealed}
    FROM generate_series(0, ${each}) g`;
  await sql`
    INSERT INTO axyb_bindings (app_key, subscription_id, x, a_digest, place, a_sealed)
    SELECT ${apps.axyb.appKey}, gen_random_uuid(), '+86' || (${FIRST.AXYB}::bigint + g),
           decode(md5('axyb' || g), 'hex'), 1, ${sealed}
    FROM generate_series(0, ${each}) g`;
  await sql`
    INSERT INTO axyb_relations (app_key, subscription_id, x, y, a_digest, b_digest, b_sealed)
    SELECT app_key, subscription_id, x,
           '+86' || (${FIRST.Y}::bigint + row_number() OVER (ORDER BY x) / ${ON_EACH_Y + 1}::int), a_digest,
           decode(md5('b' || x), 'hex'), ${sealed}
    FROM axyb_bindings`;
  for (const table of TABLES) await sql`ALTER TABLE ${sql(table)} ENABLE TRIGGER USER`;
  await sql`
    UPDATE numbers n SET bindings = s.count, as_y = s.as_y
    FROM (
      SELECT x AS number, count(*), false AS as_y FROM ax_bindings GROUP BY x
      UNION ALL SELECT x, count(*), false FROM axe_bindings GROUP BY x
      UNION ALL SELECT x, count(*), false FROM axyb_bindings GROUP BY x
      UNION ALL SELECT y, count(*), true FROM axyb_relations GROUP BY y) s
    WHERE n.number = s.number`;
}
