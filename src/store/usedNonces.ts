import { type Sql, storeErrorOf } from './database.ts';

/** A request that is to be taken once. */
export interface NonceClaim {
  readonly appKey: string;
  /** Of its Nonce and Created, 16 bytes. */
  readonly digest: Buffer;
  /** Milliseconds since the epoch. */
  readonly freshUntil: number;
}

const TEXT = 25;
const BYTEA = 17;
/** Clocks of nodes and of PostgreSQL may differ by so much. */
const CLOCKS_DIFFER_SECONDS = 60;

/**
 * Writes down that requests are taken: one round trip for all of them.
 * @returns for each whether it was the first of its kind, over all nodes
 * @throws StoreError; then none is written down
 */
export async function claimNonces(sql: Sql, claims: readonly NonceClaim[]): Promise<boolean[]> {
  const texts = (values: readonly string[]) => sql.array([...values], TEXT);
  const digests = claims.map(({ digest }) => digest);
  const rows = await sql<{ app_key: string; digest: Buffer }[]>`
    INSERT INTO used_nonces (app_key, digest, fresh_until)
    SELECT app_key, digest, to_timestamp(fresh_until::float8 / 1000)
    FROM unnest(
      ${texts(claims.map(({ appKey }) => appKey))}::text[],
      ${sql.array(digests, BYTEA)}::bytea[],
      ${texts(claims.map(({ freshUntil }) => String(freshUntil)))}::text[])
      AS claimed (app_key, digest, fresh_until)
    ON CONFLICT DO NOTHING
    RETURNING app_key, digest`.catch(rethrow);
  const first = new Set(rows.map(({ app_key, digest }) => keyOf(app_key, digest)));
  // Of two that are the same in one statement, the first is taken.
  return claims.map(({ appKey, digest }) => first.delete(keyOf(appKey, digest)));
}

/** Applications whose requests are written down. @returns by key, until when the last of those can be fresh (milliseconds since the epoch) */
export async function lastUsedNonces(sql: Sql): Promise<Map<string, number>> {
  const rows = await sql<{ app_key: string; last: Date }[]>`
    SELECT app_key, max(fresh_until) AS last FROM used_nonces GROUP BY app_key`.catch(rethrow);
  return new Map(rows.map(({ app_key, last }) => [app_key, last.getTime()]));
}

/**
 * Takes away what can be fresh no more.
 * @param most rows at once
 * @returns whether there may be more
 * @throws StoreError
 */
export async function sweepUsedNonces(sql: Sql, most: number): Promise<boolean> {
  const { count } = await sql`
    DELETE FROM used_nonces WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM used_nonces WHERE fresh_until < now() - make_interval(secs => ${CLOCKS_DIFFER_SECONDS}::float8)
      LIMIT ${most} FOR UPDATE SKIP LOCKED))`.catch(rethrow);
  return count === most;
}

function keyOf(appKey: string, digest: Buffer): string {
  return `${digest.toString('latin1')}${appKey}`;
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
