import { type Sql, storeErrorOf } from './database.ts';

/**
 * Removes calls that began before a moment and are closed, the oldest first, so many rows at most. What customers still
 * have to be told of them, and their recordings, stay: they have rows of their own.
 * @returns how many went
 * @throws StoreError
 */
export async function deleteClosedCallsBefore(sql: Sql, moment: Date, most: number): Promise<number> {
  const { count } = await sql`
    DELETE FROM calls WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM calls WHERE opened_at < ${moment} AND closed_at IS NOT NULL
      ORDER BY opened_at LIMIT ${most} FOR UPDATE SKIP LOCKED))`.catch((error: unknown) => {
    throw storeErrorOf(error);
  });
  return count;
}
