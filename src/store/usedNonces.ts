import { type Sql, storeErrorOf } from './database.ts';

/** A request that is to be taken once. */
export interface NonceClaim {
  readonly appKey: string;
  /** Of its Nonce and Created, DIGEST_BYTES. */
  readonly digest: Buffer;
  /** Milliseconds since the epoch. */
  readonly freshUntil: number;
}

/** Bytes of a digest. */
export const DIGEST_BYTES = 16;
const TEXT = 25;
/** Clocks of nodes and of PostgreSQL may differ by so much. */
const CLOCKS_DIFFER_SECONDS = 60;

/**
 * Writes down that requests are taken: one round trip for all of them.
 * @returns for each whether it was the first of its kind, over all nodes
 * @throws StoreError; then none is written down
 */
export async function claimNonces(sql: Sql, claims: readonly NonceClaim[]): Promise<boolean[]> {
  const rows = await sql<{ app_key: string; digest: Buffer }[]>`
    ${insertion(sql, claims)} RETURNING app_key, digest`.catch(rethrow);
  const first = new Set(rows.map(({ app_key, digest }) => keyOf(app_key, digest)));
  // Of two that are the same in one statement, the first is taken.
  return claims.map(({ appKey, digest }) => first.delete(keyOf(appKey, digest)));
}

/** Writes down that requests were taken, without asking whether they were the first. @throws StoreError */
export async function writeNonces(sql: Sql, claims: readonly NonceClaim[]): Promise<void> {
  await sql`${insertion(sql, claims)}`.catch(rethrow);
}

/** The digests go as one value: an array of them takes longer to write and to read than all the rest. */
function insertion(sql: Sql, claims: readonly NonceClaim[]) {
  const texts = (values: readonly string[]) => sql.array([...values], TEXT);
  const digests = Buffer.concat(claims.map(({ digest }) => digest));
  return sql`
    INSERT INTO used_nonces (app_key, digest, fresh_until)
    SELECT app_key,
      substring(${digests}::bytea FROM ((place - 1) * ${DIGEST_BYTES}::int + 1)::int FOR ${DIGEST_BYTES}::int),
      to_timestamp(fresh_until::float8 / 1000)
    FROM unnest(
      ${texts(claims.map(({ appKey }) => appKey))}::text[],
      ${texts(claims.map(({ freshUntil }) => String(freshUntil)))}::text[])
      WITH ORDINALITY AS claimed (app_key, fresh_until, place)
    ON CONFLICT DO NOTHING`;
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
