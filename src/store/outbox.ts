import { integerArray, jsonArray } from './columns.ts';
import type { Sql, SqlRunner } from './database.ts';
import type { StoredMessage } from './journal.ts';
import type { NotificationKind } from './Message.ts';
import { isDead, type NodeIdentity, TAKE_OVER_LOCK } from './nodes.ts';

/** What outbox functions need: the database, the key, and whose messages they are about. */
export interface OutboxContext extends NodeIdentity {
  readonly sql: Sql;
  readonly sealer: { open(sealed: Uint8Array): string };
}

/** A message read from the outbox. */
export interface OutboxMessage extends StoredMessage {
  /** Attempts made so far. */
  readonly attempts: number;
  /** Set once the record is part of a message that may have been sent. */
  readonly messageId: string | undefined;
}

/** Names one row of the outbox. */
export type OutboxKey = Pick<StoredMessage, 'appKey' | 'sessionId' | 'kind' | 'seq'>;

/** One application's messages of one kind: they go to one URL and share nothing with others. */
export interface Lane {
  readonly appKey: string;
  readonly kind: NotificationKind;
}

interface OutboxRow {
  session_id: string;
  seq: number;
  id: string;
  body_sealed: Buffer;
  attempts: number;
  message_id: string | null;
}

const TEXT_OID = 25;

/** A text[] parameter. */
export function textArray(sql: SqlRunner, values: readonly string[]) {
  return sql`${sql.array([...values], TEXT_OID)}::text[]`;
}

function messagesOf(
  { sealer }: OutboxContext,
  { appKey, kind }: Lane,
  rows: readonly OutboxRow[],
): OutboxMessage[] {
  return rows.map((row) => ({
    id: row.id,
    appKey,
    kind,
    sessionId: row.session_id,
    seq: row.seq,
    text: sealer.open(row.body_sealed),
    attempts: row.attempts,
    messageId: row.message_id ?? undefined,
  }));
}

/**
 * Reads messages that go in the order of their call (or of their application, where they are about numbers): of calls
 * whose first pending message is due and belongs to this life that one and all later ones, ordered by call and seq. A
 * due message that must wait for an earlier one is put off until that one is due, so that no later call of this
 * function meets it in vain.
 * @param held calls that are in memory already
 * @param limit most calls
 */
export async function dueInOrder(
  context: OutboxContext,
  lane: Lane,
  held: readonly string[],
  limit: number,
): Promise<OutboxMessage[]> {
  const { sql, life } = context;
  const rows = await sql<OutboxRow[]>`
    WITH due AS (
      SELECT session_id FROM outbox
      WHERE owner = ${life} AND app_key = ${lane.appKey} AND kind = ${lane.kind} AND given_up_at IS NULL
        AND next_attempt_at <= now() AND session_id <> ALL(${textArray(sql, held)})
      -- The order of the index, no more: PostgreSQL 15 would read and sort all that is due.
      ORDER BY next_attempt_at LIMIT ${limit}
    ), head AS (
      SELECT d.session_id, h.owner, h.next_attempt_at FROM (SELECT DISTINCT session_id FROM due) d
      CROSS JOIN LATERAL (
        SELECT o.owner, o.next_attempt_at FROM outbox o
        WHERE o.app_key = ${lane.appKey} AND o.session_id = d.session_id AND o.kind = ${lane.kind} AND o.given_up_at IS NULL
        ORDER BY o.seq LIMIT 1
      ) h
    ), blocked AS (
      SELECT session_id, CASE WHEN owner = ${life} THEN next_attempt_at ELSE now() + interval '5 seconds' END AS until
      FROM head WHERE owner <> ${life} OR next_attempt_at > now()
    ), put_off AS (
      UPDATE outbox o SET next_attempt_at = early.until
      FROM (
        SELECT o.place, b.until FROM blocked b CROSS JOIN LATERAL (
          SELECT ctid AS place, owner, given_up_at, next_attempt_at FROM outbox
          WHERE app_key = ${lane.appKey} AND session_id = b.session_id AND kind = ${lane.kind} ORDER BY seq OFFSET 0
        ) o
        WHERE o.owner = ${life} AND o.given_up_at IS NULL AND o.next_attempt_at < b.until
      ) early
      WHERE o.ctid = early.place
    )
    SELECT o.session_id, o.seq, o.id, o.body_sealed, o.attempts, o.message_id FROM head h
    -- Call by call over the primary key: a join could be planned over all that is due, as often as there are calls.
    CROSS JOIN LATERAL (
      SELECT * FROM outbox WHERE app_key = ${lane.appKey} AND session_id = h.session_id AND kind = ${lane.kind}
      ORDER BY seq OFFSET 0
    ) o
    WHERE h.owner = ${life} AND h.next_attempt_at <= now() AND o.owner = ${life} AND o.given_up_at IS NULL
    ORDER BY o.session_id, o.seq`;
  return messagesOf(context, lane, rows);
}

/**
 * Reads due records of this life: single ones that belong to no message yet, and whole messages that were composed
 * before (all records of a message share its attempts).
 * @param held calls whose record is in memory already
 * @param limit most records that are not part of a message; and as many of messages, rounded up to whole ones
 */
export async function dueRecords(
  context: OutboxContext,
  lane: Lane,
  held: readonly string[],
  limit: number,
): Promise<OutboxMessage[]> {
  const { sql, life } = context;
  const rows = await sql<OutboxRow[]>`
    WITH due AS (
      SELECT session_id, seq, id, body_sealed, attempts, message_id FROM outbox
      WHERE owner = ${life} AND app_key = ${lane.appKey} AND kind = 'record' AND given_up_at IS NULL
        AND next_attempt_at <= now() AND session_id <> ALL(${textArray(sql, held)})
      ORDER BY next_attempt_at LIMIT ${limit}
    )
    SELECT * FROM due WHERE message_id IS NULL
    UNION ALL
    SELECT o.session_id, o.seq, o.id, o.body_sealed, o.attempts, o.message_id FROM outbox o
    WHERE o.app_key = ${lane.appKey} AND o.message_id IN (SELECT message_id FROM due)`;
  return messagesOf(context, lane, rows);
}

/** Milliseconds until the next message of the lane that is not in memory is due (0: now), or undefined if there is none. */
export async function nextDueMs(
  { sql, life }: OutboxContext,
  lane: Lane,
  held: readonly string[],
): Promise<number | undefined> {
  const [row] = await sql<{ ms: number }[]>`
    SELECT greatest(0, extract(epoch FROM next_attempt_at - clock_timestamp()) * 1000)::float8 AS ms FROM outbox
    WHERE owner = ${life} AND app_key = ${lane.appKey} AND kind = ${lane.kind} AND given_up_at IS NULL
      AND session_id <> ALL(${textArray(sql, held)})
    ORDER BY next_attempt_at LIMIT 1`;
  return row?.ms;
}

/**
 * Gives up what has been due for so long, without a further attempt: whole messages and, as what is due of a call is due
 * together, whole calls.
 * @param held calls that are in memory, whose messages are about to be tried
 * @param error for the dead letters of messages that were never tried
 * @returns how many were given up
 */
export async function giveUpOverdue(
  { sql, life }: OutboxContext,
  lane: Lane,
  held: readonly string[],
  overdueSeconds: number,
  error: string,
): Promise<number> {
  const { count } = await sql`
    UPDATE outbox SET given_up_at = now(), last_error = coalesce(last_error, ${error})
    WHERE owner = ${life} AND app_key = ${lane.appKey} AND kind = ${lane.kind} AND given_up_at IS NULL
      AND next_attempt_at < now() - make_interval(secs => ${overdueSeconds})
      AND session_id <> ALL(${textArray(sql, held)})`;
  return count;
}

/** Records that shall be one message. */
export interface Composition {
  readonly appKey: string;
  /** The webhook-id of the message. */
  readonly messageId: string;
  readonly records: readonly StoredMessage[];
}

/**
 * Makes records messages, durably: from now on they always go out together, under the message's id.
 * @returns session ids of those that are part of their message now; the others belong to another message or node
 */
export async function composeMessages(
  { sql, life }: OutboxContext,
  compositions: readonly Composition[],
): Promise<ReadonlySet<string>> {
  const parts = compositions.flatMap(({ appKey, messageId, records }) =>
    records.map(({ sessionId, seq }) => ({ appKey, messageId, sessionId, seq })),
  );
  const texts = (name: 'appKey' | 'sessionId' | 'messageId') =>
    jsonArray(
      sql,
      parts.map((part) => part[name]),
    );
  const seqs = integerArray(
    sql,
    parts.map(({ seq }) => seq),
  );
  const rows = await sql<{ session_id: string }[]>`
    SELECT session_id
    FROM compose_messages(${life}, ${texts('appKey')}, ${texts('sessionId')}, ${seqs}, ${texts('messageId')}) AS session_id`;
  return new Set(rows.map((row) => row.session_id));
}

/** Lanes in which this life has pending messages, with their number and the age of the oldest. */
export async function pendingLanes({
  sql,
  life,
}: OutboxContext): Promise<(Lane & { readonly depth: number; readonly oldestAgeSeconds: number })[]> {
  return sql<(Lane & { depth: number; oldestAgeSeconds: number })[]>`
    SELECT app_key AS "appKey", kind, count(*)::int AS depth,
      extract(epoch FROM now() - min(created_at))::float8 AS "oldestAgeSeconds"
    FROM outbox WHERE owner = ${life} AND given_up_at IS NULL GROUP BY app_key, kind`;
}

/**
 * Takes pending messages of dead lives over, whole calls at a time.
 * @returns how many messages were taken; ask again until it is 0
 */
export async function takeOver(context: OutboxContext, deadSeconds: number, limit = 1_000): Promise<number> {
  const { sql, life } = context;
  return sql.begin(async (tx) => {
    const [lock] = await tx<
      { taken: boolean }[]
    >`SELECT pg_try_advisory_xact_lock(${TAKE_OVER_LOCK}) AS taken`;
    if (lock?.taken !== true) return 0;
    const { count } = await tx`
      WITH RECURSIVE owners AS (
        (SELECT owner FROM outbox WHERE given_up_at IS NULL ORDER BY owner LIMIT 1)
        UNION ALL
        SELECT (SELECT o.owner FROM outbox o WHERE o.given_up_at IS NULL AND o.owner > owners.owner ORDER BY o.owner LIMIT 1)
        FROM owners WHERE owners.owner IS NOT NULL
      ), dead AS (
        SELECT owner FROM owners WHERE owner IS NOT NULL AND ${isDead(tx, 'owners.owner', context, deadSeconds)}
      ), calls_of_dead AS (
        SELECT DISTINCT app_key, session_id FROM (
          SELECT app_key, session_id FROM outbox
          WHERE given_up_at IS NULL AND owner IN (SELECT owner FROM dead) LIMIT ${limit}
        ) AS found
      )
      UPDATE outbox o SET owner = ${life}
      FROM calls_of_dead c
      WHERE o.app_key = c.app_key AND o.session_id = c.session_id
        AND o.given_up_at IS NULL AND o.owner IN (SELECT owner FROM dead)`;
    return count;
  });
}
