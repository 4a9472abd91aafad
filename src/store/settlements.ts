import { integerArray, jsonArray } from './columns.ts';
import type { SqlRunner } from './database.ts';
import type { OutboxKey } from './outbox.ts';

/** How an attempt of a message ended, for each of its outbox rows. */
export interface Settlement {
  readonly rows: readonly OutboxKey[];
  /** `delivered` rows go. `retry` puts the rest of the call (or the whole merged message) off. `given-up` leaves a dead letter. */
  readonly outcome: 'delivered' | 'retry' | 'given-up';
  /** Attempts made, this one included. */
  readonly attempts: number;
  /** Seconds until the next attempt. */
  readonly retrySeconds: number;
  /** A stable code, without addresses or numbers. */
  readonly error?: string;
}

/** Removes delivered messages. */
export async function deleteDelivered(sql: SqlRunner, settled: readonly Settlement[]): Promise<void> {
  const keys = settled.flatMap((each) => (each.outcome === 'delivered' ? each.rows : []));
  if (keys.length === 0) return;
  const texts = (name: 'appKey' | 'sessionId' | 'kind') =>
    jsonArray(
      sql,
      keys.map((key) => key[name]),
    );
  const seqs = integerArray(
    sql,
    keys.map(({ seq }) => seq),
  );
  await sql`SELECT delete_delivered(${texts('appKey')}, ${texts('sessionId')}, ${texts('kind')}, ${seqs})`;
}

/**
 * Writes failed attempts: when the next one is due, or that there is none. What must come after it, of the same call, becomes due with it.
 * @param life rows that another life has taken over in the meantime are left alone
 */
export async function putOffFailed(
  sql: SqlRunner,
  life: string,
  settled: readonly Settlement[],
): Promise<void> {
  const failed = settled.flatMap(({ outcome, attempts, retrySeconds, error, rows }) =>
    outcome === 'delivered'
      ? []
      : rows.map(({ appKey, sessionId, kind, seq }) => ({
          ...{ app_key: appKey, session_id: sessionId, kind, seq },
          ...{ attempts, retry_seconds: retrySeconds, given_up: outcome === 'given-up', error },
        })),
  );
  if (failed.length === 0) return;
  await sql`SELECT put_off_failed(${life}, ${jsonArray(sql, failed)})`;
}
