import { integerArray, integerColumn, jsonArray, textColumn } from './columns.ts';
import type { SqlRunner, Transaction } from './database.ts';
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

/** The keys as a table: `… AS k (app_key, session_id, kind, seq, …)`, further columns behind them. */
function keyColumns(sql: SqlRunner, keys: readonly OutboxKey[]) {
  const texts = (name: 'appKey' | 'sessionId' | 'kind') =>
    textColumn(
      sql,
      keys.map((key) => key[name]),
    );
  const seqs = integerColumn(
    sql,
    keys.map(({ seq }) => seq),
  );
  return sql`${texts('appKey')}, ${texts('sessionId')}, ${texts('kind')}, ${seqs}`;
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
  tx: Transaction,
  life: string,
  settled: readonly Settlement[],
): Promise<void> {
  const failed = settled.flatMap((each) =>
    each.outcome === 'delivered' ? [] : each.rows.map((row) => ({ ...each, row })),
  );
  if (failed.length === 0) return;
  const keys = failed.map((each) => each.row);
  const attempts = tx.array(
    failed.map((each) => each.attempts),
    25,
  );
  const retrySeconds = tx.array(
    failed.map((each) => each.retrySeconds),
    25,
  );
  const givenUp = tx.array(
    failed.map((each) => each.outcome === 'given-up'),
    25,
  );
  const errors = tx.array(
    failed.map((each) => each.error ?? null),
    25,
  );
  // The owner is no condition for an index: only the primary key is left to find rows by, also without statistics.
  await tx`
    UPDATE outbox o SET attempts = k.attempts, last_error = k.error,
      next_attempt_at = now() + make_interval(secs => k.retry_seconds),
      given_up_at = CASE WHEN k.given_up THEN now() END
    FROM ROWS FROM (${keyColumns(tx, keys)},
        unnest(${attempts}::int[], ${retrySeconds}::float8[], ${givenUp}::bool[], ${errors}::text[]))
      AS k (app_key, session_id, kind, seq, attempts, retry_seconds, given_up, error)
    WHERE o.app_key = k.app_key AND o.session_id = k.session_id AND o.kind = k.kind AND o.seq = k.seq
      AND (o.owner = ${life}) IS TRUE`;
  await tx`
    UPDATE outbox o SET next_attempt_at = now() + make_interval(secs => k.retry_seconds)
    FROM ROWS FROM (${keyColumns(tx, keys)}, unnest(${retrySeconds}::float8[], ${givenUp}::bool[]))
      AS k (app_key, session_id, kind, seq, retry_seconds, given_up)
    WHERE NOT k.given_up AND k.kind <> 'record'
      AND o.app_key = k.app_key AND o.session_id = k.session_id AND o.kind = k.kind AND o.seq > k.seq
      AND (o.given_up_at IS NULL AND o.owner = ${life}) IS TRUE`;
}
