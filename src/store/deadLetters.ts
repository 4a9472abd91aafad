import { type Sql, storeErrorOf } from './database.ts';
import type { NotificationKind } from './Message.ts';
import { type Lane, type OutboxContext, textArray } from './outbox.ts';

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

/** Which dead letters are meant: those to which all of it applies. */
export interface DeadLetterSearch {
  readonly appKey?: string | undefined;
  /** webhook-ids. */
  readonly ids?: readonly string[] | undefined;
  /** A message of merged records is found by each of its calls. */
  readonly sessionId?: string | undefined;
  readonly kind?: NotificationKind | undefined;
  /** A part of the last error, in upper or lower case. */
  readonly error?: string | undefined;
  /** Given up at this moment or later. */
  readonly from?: Date | undefined;
  /** Given up before this moment. */
  readonly to?: Date | undefined;
}

/**
 * Rows that were given up, always said as a range of time: of that the planner believes, also without statistics, that it
 * is better looked up.
 */
function givenUp(sql: Sql, table: '' | 'o.', from?: Date, to?: Date) {
  const column = sql.unsafe(`${table}given_up_at`);
  const earliest = from === undefined ? sql`'-infinity'` : sql`${from}`;
  const end = to === undefined ? sql`'infinity'` : sql`${to}`;
  return sql`${column} >= ${earliest}::timestamptz AND ${column} < ${end}::timestamptz`;
}

/** Rows of the outbox that are, or are a part of, a dead letter that is meant. */
function matching(sql: Sql, { appKey, ids, sessionId, kind, error, from, to }: DeadLetterSearch) {
  const all = [
    givenUp(sql, '', from, to),
    appKey === undefined ? undefined : sql`app_key = ${appKey}`,
    ids === undefined ? undefined : sql`coalesce(message_id, id) = ANY(${textArray(sql, ids)})`,
    sessionId === undefined ? undefined : sql`session_id = ${sessionId}`,
    kind === undefined ? undefined : sql`kind = ${kind}`,
    error === undefined ? undefined : sql`strpos(lower(last_error), lower(${error})) > 0`,
  ].filter((condition) => condition !== undefined);
  return all.reduce((joined, condition) => sql`${joined} AND ${condition}`);
}

/** Lists what was given up, latest first; merged records are one letter. @throws StoreError */
export async function listDeadLetters(
  { sql }: Pick<OutboxContext, 'sql'>,
  { offset = 0, limit = 100, ...search }: DeadLetterSearch & { offset?: number; limit?: number },
): Promise<DeadLetter[]> {
  return sql<DeadLetter[]>`
    WITH meant AS (
      SELECT app_key, coalesce(message_id, id) AS letter, max(given_up_at) AS given_up_at FROM outbox
      WHERE ${matching(sql, search)}
      GROUP BY app_key, letter ORDER BY max(given_up_at) DESC, letter LIMIT ${limit} OFFSET ${offset}
    )
    SELECT m.app_key AS "appKey", m.letter AS id, o.kind, array_agg(o.session_id ORDER BY o.session_id) AS "sessionIds",
      max(o.attempts) AS attempts, coalesce(max(o.last_error), '') AS "lastError",
      min(o.created_at) AS "createdAt", m.given_up_at AS "givenUpAt"
    FROM meant m JOIN outbox o ON o.app_key = m.app_key AND ${givenUp(sql, 'o.')}
      AND (o.message_id = m.letter OR o.message_id IS NULL AND o.id = m.letter)
    GROUP BY m.app_key, m.letter, m.given_up_at, o.kind
    ORDER BY m.given_up_at DESC, m.letter`.catch(rethrow);
}

/**
 * Makes dead letters due again, as if they had never been tried; they keep their webhook-id and body. Letters with
 * more than one call go whole. `Pusher.resend` does this and sends them at once.
 * @returns how many letters are on their way again, by their lanes
 * @throws StoreError
 */
export async function reviveDeadLetters(
  { sql, life }: Pick<OutboxContext, 'sql' | 'life'>,
  search: DeadLetterSearch,
): Promise<readonly (Lane & { readonly letters: number })[]> {
  return sql<(Lane & { letters: number })[]>`
    WITH meant AS (
      SELECT DISTINCT app_key, coalesce(message_id, id) AS letter FROM outbox WHERE ${matching(sql, search)}
    ), revived AS (
      UPDATE outbox o
      SET given_up_at = NULL, attempts = 0, last_error = NULL, next_attempt_at = now(), owner = ${life}
      FROM meant m
      WHERE o.app_key = m.app_key AND coalesce(o.message_id, o.id) = m.letter AND ${givenUp(sql, 'o.')}
      RETURNING o.app_key, o.kind, m.letter
    )
    SELECT app_key AS "appKey", kind, count(DISTINCT letter)::int AS letters FROM revived
    GROUP BY app_key, kind ORDER BY app_key, kind`.catch(rethrow);
}

/** Removes dead letters for good. @returns how many rows went @throws StoreError */
export async function deleteDeadLetters(
  { sql }: Pick<OutboxContext, 'sql'>,
  appKey: string,
  ids: readonly string[],
): Promise<number> {
  const { count } = await sql`DELETE FROM outbox WHERE ${matching(sql, { appKey, ids })}`.catch(rethrow);
  return count;
}

/** Removes what was given up before a moment, so many rows at most. @returns how many went @throws StoreError */
export async function deleteDeadLettersBefore(sql: Sql, moment: Date, most: number): Promise<number> {
  const { count } = await sql`
    DELETE FROM outbox WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM outbox WHERE given_up_at < ${moment} ORDER BY given_up_at LIMIT ${most}
      FOR UPDATE SKIP LOCKED))`.catch(rethrow);
  return count;
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
