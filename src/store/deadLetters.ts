import type { NotificationKind } from './Message.ts';
import type { OutboxContext } from './outbox.ts';

/** A message that was given up after its last attempt. Its body is not shown: it holds real numbers. */
export interface DeadLetter {
  readonly appKey: string;
  /** The webhook-id that the customer's server would have seen. */
  readonly id: string;
  readonly kind: NotificationKind;
  readonly sessionIds: readonly string[];
  readonly attempts: number;
  readonly lastError: string;
  readonly createdAt: Date;
  readonly givenUpAt: Date;
}

/** Lists what was given up, latest first; merged records are one letter. */
export async function listDeadLetters(
  { sql }: Pick<OutboxContext, 'sql'>,
  { appKey, offset = 0, limit = 100 }: { appKey?: string | undefined; offset?: number; limit?: number },
): Promise<DeadLetter[]> {
  return sql<DeadLetter[]>`
    SELECT app_key AS "appKey", coalesce(message_id, id) AS id, kind, array_agg(session_id ORDER BY session_id) AS "sessionIds",
      max(attempts) AS attempts, coalesce(max(last_error), '') AS "lastError",
      min(created_at) AS "createdAt", max(given_up_at) AS "givenUpAt"
    FROM outbox WHERE given_up_at IS NOT NULL ${appKey === undefined ? sql`` : sql`AND app_key = ${appKey}`}
    GROUP BY app_key, coalesce(message_id, id), kind
    ORDER BY max(given_up_at) DESC, id LIMIT ${limit} OFFSET ${offset}`;
}

/**
 * Makes dead letters due again, as if they had never been tried; they keep their webhook-id and body.
 * `Pusher.resend` does this and sends them at once.
 * @param ids webhook-ids; undefined means all of the application
 * @returns how many letters are on their way again
 */
export async function reviveDeadLetters(
  { sql, life }: Pick<OutboxContext, 'sql' | 'life'>,
  appKey: string,
  ids: readonly string[] | undefined,
): Promise<number> {
  const rows = await sql<{ id: string }[]>`
    UPDATE outbox SET given_up_at = NULL, attempts = 0, last_error = NULL, next_attempt_at = now(), owner = ${life}
    WHERE app_key = ${appKey} AND given_up_at IS NOT NULL
      ${ids === undefined ? sql`` : sql`AND coalesce(message_id, id) = ANY(${sql.array([...ids], 25)}::text[])`}
    RETURNING coalesce(message_id, id) AS id`;
  return new Set(rows.map((row) => row.id)).size;
}

/** Removes dead letters for good. @returns how many rows went */
export async function deleteDeadLetters(
  { sql }: Pick<OutboxContext, 'sql'>,
  appKey: string,
  ids: readonly string[],
): Promise<number> {
  const { count } = await sql`
    DELETE FROM outbox WHERE app_key = ${appKey} AND given_up_at IS NOT NULL
      AND coalesce(message_id, id) = ANY(${sql.array([...ids], 25)}::text[])`;
  return count;
}
