import { type Sql, storeErrorOf } from './database.ts';

/** How many calls the journal has open, by application ('' for calls to an X that belongs to none). */
export async function countOpenCalls(
  sql: Sql,
): Promise<readonly { readonly appKey: string; readonly open: number }[]> {
  return sql<{ appKey: string; open: number }[]>`
    SELECT app_key AS "appKey", count(*)::int AS open FROM calls
    WHERE closed_at IS NULL GROUP BY app_key ORDER BY app_key`.catch((error: unknown) => {
    throw storeErrorOf(error);
  });
}
