import { jsonColumn, millisecondColumn, textColumn } from './columns.ts';
import { type Sql, storeErrorOf } from './database.ts';

/** One attempt to tell a customer's server something of one or more calls. */
export interface DeliveryAttempt {
  readonly appKey: string;
  /** Several for merged call records. */
  readonly sessionIds: readonly string[];
  /** The webhook-id. */
  readonly id: string;
  /** The eventType: `callin` … `disconnect`, `fee`. */
  readonly event: string;
  /** Milliseconds since the epoch, when it began. */
  readonly at: number;
  /** Milliseconds that it took. */
  readonly ms: number;
  /** The HTTP status of the reply; undefined if none began. */
  readonly status: number | undefined;
  /** Why it failed, without addresses and numbers; undefined if it was a success. */
  readonly error: string | undefined;
}

/** An attempt as it is kept: of one call, which its row names. */
export type KeptAttempt = Pick<DeliveryAttempt, 'id' | 'event' | 'at' | 'ms' | 'status' | 'error'>;

/** What is written of one call. */
interface Row {
  readonly appKey: string;
  readonly sessionId: string;
  endedAt: number;
  readonly attempts: KeptAttempt[];
}

/** Writes attempts. Written twice, they are read once. @throws the database's error */
export async function insertAttempts(sql: Sql, attempts: readonly DeliveryAttempt[]): Promise<void> {
  const rows = [...rowsOf(attempts)];
  const texts = (read: (row: Row) => string) => textColumn(sql, rows.map(read));
  const endedMs = millisecondColumn(
    sql,
    rows.map(({ endedAt }) => endedAt),
  );
  const attemptsOfRows = jsonColumn(
    sql,
    rows.map((row) => row.attempts),
  );
  await sql`
    INSERT INTO deliveries (app_key, session_id, ended_at, attempts)
    SELECT r.app_key, r.session_id, to_timestamp(r.ended_ms / 1000), r.attempts
    FROM ROWS FROM (
      ${texts(({ appKey }) => appKey)}, ${texts(({ sessionId }) => sessionId)}, ${endedMs},
      ${attemptsOfRows}
    ) AS r (app_key, session_id, ended_ms, attempts)`;
}

function rowsOf(attempts: readonly DeliveryAttempt[]): Iterable<Row> {
  const rows = new Map<string, Row>();
  for (const { appKey, sessionIds, id, event, at, ms, status, error } of attempts) {
    const kept = { id, event, at, ms, status, error };
    for (const sessionId of sessionIds) {
      // A space cannot stand in an application key.
      const key = `${appKey} ${sessionId}`;
      const row = rows.get(key) ?? { appKey, sessionId, endedAt: 0, attempts: [] };
      row.endedAt = Math.max(row.endedAt, at + ms);
      row.attempts.push(kept);
      rows.set(key, row);
    }
  }
  return rows.values();
}

/**
 * Takes away what ended before a moment.
 * @param most rows at once
 * @returns how many went
 * @throws StoreError
 */
export async function deleteDeliveriesBefore(sql: Sql, moment: Date, most: number): Promise<number> {
  const { count } = await sql`
    DELETE FROM deliveries WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM deliveries WHERE ended_at < ${moment} ORDER BY ended_at LIMIT ${most}
      FOR UPDATE SKIP LOCKED))`.catch(rethrow);
  return count;
}

/** The eventType of a notification, which stands first in the text of each. */
export function eventTypeOf(text: string): string {
  return /^\{"eventType":"(\w+)"/.exec(text)?.[1] ?? '';
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
