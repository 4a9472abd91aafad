import type { Changes } from './changes.ts';
import { type Sql, storeErrorOf } from './database.ts';

/**
 * Asks for the end of a call of an application, whichever node carries it. A call may be asked to end more than once.
 * @returns false when the application has no such call, or it is over
 * @throws StoreError
 */
export async function askToStop(
  sql: Sql,
  changes: Pick<Changes, 'publish'>,
  appKey: string,
  sessionId: string,
): Promise<boolean> {
  const asked = await sql`
    UPDATE calls SET stop_asked_at = now()
    WHERE app_key = ${appKey} AND session_id = ${sessionId} AND closed_at IS NULL
    RETURNING pg_notify('axbridge_changes', 'stop:' || session_id)`.catch(rethrow);
  if (asked.length === 0) return false;
  changes.publish({ stops: [sessionId] });
  return true;
}

/** Session ids of the open calls of a life that were asked to end. @throws StoreError */
export async function callsAskedToStop(sql: Sql, life: string): Promise<string[]> {
  const rows = await sql<{ session_id: string }[]>`
    SELECT session_id FROM calls
    WHERE life = ${life} AND closed_at IS NULL AND stop_asked_at IS NOT NULL`.catch(rethrow);
  return rows.map((row) => row.session_id);
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
