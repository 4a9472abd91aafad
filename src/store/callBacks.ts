import { type Sql, storeErrorOf } from './database.ts';

/**
 * Removes call-back records that have expired. Only to keep the table small and no number longer than it is needed:
 * an expired record routes no call. Those that live as long as their binding go with it (migration 009).
 * @param now whatever expires by then is removed
 * @param most how many at once
 * @returns how many were removed
 * @throws StoreError
 */
export async function deleteExpiredCallBacks(sql: Sql, now: Date, most: number): Promise<number> {
  const { count } = await sql`
    DELETE FROM call_backs c
    USING (
      SELECT app_key, x, extension FROM call_backs
      WHERE expires_at <= ${now} AND expires_at < 'infinity'
      ORDER BY expires_at LIMIT ${most} FOR UPDATE SKIP LOCKED
    ) e
    WHERE c.app_key = e.app_key AND c.x = e.x AND c.extension = e.extension`.catch((error: unknown) => {
    throw storeErrorOf(error);
  });
  return count;
}
