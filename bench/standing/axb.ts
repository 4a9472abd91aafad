import type { App } from '../../src/store/apps.ts';
import { type BenchDatabase, partyNumber, xNumber } from '../BenchDatabase.ts';

const AT_A_TIME = 5000;
/** AXB bindings on each X. */
const ON_EACH_X = 8;

/** X numbers that so many bindings stand on. */
export function numbersUnder(bindings: number): number {
  return Math.ceil(bindings / ON_EACH_X);
}

/** The X of a binding, by its index. */
export function standingX(index: number): string {
  return xNumber(Math.floor(index / ON_EACH_X));
}

/** A and B of a binding, by its index. */
export function standingParties(index: number): readonly [a: string, b: string] {
  return [partyNumber(2 * index), partyNumber(2 * index + 1)];
}

/**
 * Puts AXB bindings into the database as binds would leave them there, without the binds: eight on each X of an
 * application that has enough of them.
 */
export async function standAxb({ sql, sealer }: BenchDatabase, app: App, bindings: number): Promise<void> {
  for (let from = 0; from < bindings; from += AT_A_TIME) {
    const rows = Array.from({ length: Math.min(AT_A_TIME, bindings - from) }, (_, offset) => {
      const [a, b] = standingParties(from + offset);
      const [aDigest, bDigest] = [sealer.digest(a), sealer.digest(b)].map((digest) =>
        digest.toString('base64'),
      );
      const [aSealed, bSealed] = [sealer.seal(a), sealer.seal(b)].map((sealed) => sealed.toString('base64'));
      return { x: standingX(from + offset), aDigest, aSealed, bDigest, bSealed };
    });
    await sql`
      WITH made AS (
        INSERT INTO bindings (app_key, subscription_id, mode, x, a_digest, a_sealed, b_digest, b_sealed)
        SELECT ${app.appKey}, gen_random_uuid(), 'AXB', r.x,
               decode(r."aDigest", 'base64'), decode(r."aSealed", 'base64'),
               decode(r."bDigest", 'base64'), decode(r."bSealed", 'base64')
        FROM json_to_recordset(${JSON.stringify(rows)}::text::json)
          AS r(x text, "aDigest" text, "aSealed" text, "bDigest" text, "bSealed" text)
        RETURNING app_key, subscription_id, x, a_digest, b_digest
      )
      INSERT INTO binding_parties (app_key, x, party_digest, subscription_id)
      SELECT m.app_key, m.x, d.digest, m.subscription_id
      FROM made m CROSS JOIN LATERAL unnest(ARRAY[m.a_digest, m.b_digest]) AS d(digest)`;
  }
  await sql`
    UPDATE numbers n SET bindings = s.count
    FROM (SELECT x, count(*) FROM bindings WHERE app_key = ${app.appKey} GROUP BY x) s WHERE n.number = s.x`;
}
