import { type Sql, type SqlRunner, storeErrorOf } from './database.ts';

/** What expires, apart from AXB bindings (axbBindings.ts). */
export const EXPIRING_TABLES = ['axe_bindings', 'axyb_bindings', 'axyb_relations'] as const;
export type ExpiringTable = (typeof EXPIRING_TABLES)[number];

/**
 * Ends what has expired in some applications, for a caller who holds their locks.
 * @param most at most so many
 * @returns how many were ended
 */
async function endExpired(
  sql: SqlRunner,
  table: ExpiringTable,
  appKeys: readonly string[],
  at: Date,
  most: number,
): Promise<number> {
  const { count } = await sql`
    DELETE FROM ${sql(table)} WHERE ctid IN (
      SELECT ctid FROM ${sql(table)}
      WHERE app_key = ANY(${appKeys}) AND expires_at <= ${at} AND expires_at < 'infinity' LIMIT ${most})`;
  return count;
}

/**
 * Ends what has expired, of whatever application.
 * @returns how many were ended
 * @throws StoreError
 */
export async function sweepExpired(sql: Sql, table: ExpiringTable, at: Date, most: number): Promise<number> {
  try {
    return await sql.begin(async (transaction) => {
      const rows = await transaction<{ app_key: string }[]>`
        SELECT DISTINCT app_key FROM (
          SELECT app_key FROM ${transaction(table)} WHERE expires_at <= ${at} AND expires_at < 'infinity' LIMIT ${most}
        ) expired`;
      if (rows.length === 0) return 0;
      const appKeys = rows.map((row) => row.app_key);
      await transaction`SELECT lock_bindings(${appKeys})`;
      return endExpired(transaction, table, appKeys, at, most);
    });
  } catch (error) {
    throw storeErrorOf(error);
  }
}
