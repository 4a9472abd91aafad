import type { CallSnapshot } from './CallSnapshot.ts';
import { integerColumn, millisecondColumn, packBytes, packedTable, textColumn } from './columns.ts';
import type { Sql } from './database.ts';
import type { StoredMessage } from './journal.ts';
import type { Message } from './Message.ts';

/** What one call has to write: its latest snapshot and the messages that came with it. */
export interface JournalEntry {
  readonly call: {
    readonly appKey: string;
    readonly sessionId: string;
    readonly x: string;
    readonly openedAt: number;
  };
  /** The snapshot as JSON text. */
  snapshot: string;
  stateCode: number | undefined;
  /** Milliseconds since the epoch; undefined while the call is open. */
  closedAt: number | undefined;
  /** What a call that is closed has left. */
  recording: CallSnapshot['recording'];
  /** A call that is closed has a line to give back. */
  hasLine: boolean;
  /** One more than the highest event seq in this entry. */
  nextSeq: number;
  readonly messages: Message[];
  /** The call was opened by this life. */
  readonly fresh: boolean;
}

interface Writer {
  readonly sql: Sql;
  readonly sealer: { seal(text: string): Buffer };
  readonly nodeId: string;
  readonly life: string;
}

/**
 * Writes calls and their messages in one statement, so in one transaction and one round trip.
 *
 * A call that is new is inserted. One that stands is changed if it is open, belongs to this life and the entry is
 * newer than the row. The messages and the recording of a call are filed only if its row was written; the line of one that
 * is closed is freed in any case.
 * @returns the session ids of the calls that were written; the others were written before or belong to another life
 */
export async function writeEntries(
  { sql, sealer, nodeId, life }: Writer,
  entries: readonly JournalEntry[],
  messages: readonly StoredMessage[],
): Promise<ReadonlySet<string>> {
  const sessionIds = entries.map(({ call }) => call.sessionId);
  const ofCalls = (name: 'appKey' | 'x') =>
    textColumn(
      sql,
      entries.map(({ call }) => call[name]),
    );
  const ofEntries = (name: 'stateCode' | 'nextSeq') =>
    integerColumn(
      sql,
      entries.map((entry) => entry[name]),
    );
  const moments = (read: (entry: JournalEntry) => number | undefined) =>
    millisecondColumn(sql, entries.map(read));
  const ofMessages = (name: 'appKey' | 'sessionId' | 'kind' | 'id') =>
    textColumn(
      sql,
      messages.map((message) => message[name]),
    );
  const seqs = integerColumn(
    sql,
    messages.map(({ seq }) => seq),
  );
  const snapshots = packBytes(entries.map(({ snapshot }) => sealer.seal(snapshot)));
  const bodies = packBytes(messages.map(({ text }) => sealer.seal(text)));
  // IS TRUE keeps the planner from joining messages with calls, which it would do by comparing each with each.
  const [row] = await sql<{ some: string[] | null }[]>`
    WITH saved AS (
      INSERT INTO calls AS c
        (app_key, session_id, node_id, life, x, state_code, snapshot, next_seq, opened_at, closed_at)
      SELECT e.app_key, e.session_id, ${nodeId}, ${life}, e.x, e.state_code,
        substring(packed.bytes FROM e.at FOR e.length), e.next_seq,
        to_timestamp(e.opened_ms / 1000), to_timestamp(e.closed_ms / 1000)
      FROM ${packedTable(sql, snapshots)} packed, ROWS FROM (
        ${ofCalls('appKey')}, ${textColumn(sql, sessionIds)}, ${ofCalls('x')},
        ${ofEntries('stateCode')}, ${integerColumn(sql, snapshots.at)}, ${integerColumn(sql, snapshots.lengths)},
        ${ofEntries('nextSeq')}, ${moments(({ call }) => call.openedAt)}, ${moments(({ closedAt }) => closedAt)}
      ) AS e (app_key, session_id, x, state_code, at, length, next_seq, opened_ms, closed_ms)
      ON CONFLICT (app_key, session_id) DO UPDATE
        SET state_code = excluded.state_code, snapshot = excluded.snapshot,
            next_seq = greatest(c.next_seq, excluded.next_seq), closed_at = excluded.closed_at
        WHERE c.life = excluded.life AND c.closed_at IS NULL
          AND (excluded.closed_at IS NOT NULL OR excluded.next_seq > c.next_seq)
      RETURNING app_key, session_id
    ), filed AS (
      INSERT INTO outbox (app_key, session_id, kind, seq, id, body_sealed, owner)
      SELECT m.app_key, m.session_id, m.kind, m.seq, m.id, substring(packed.bytes FROM m.at FOR m.length), ${life}
      FROM ${packedTable(sql, bodies)} packed, ROWS FROM (
        ${ofMessages('appKey')}, ${ofMessages('sessionId')}, ${ofMessages('kind')}, ${seqs}, ${ofMessages('id')},
        ${integerColumn(sql, bodies.at)}, ${integerColumn(sql, bodies.lengths)}
      ) AS m (app_key, session_id, kind, seq, id, at, length)
      WHERE ((m.app_key, m.session_id) IN (SELECT app_key, session_id FROM saved)) IS TRUE
      ON CONFLICT DO NOTHING
    )${recordingsOf(sql, entries)}${linesOf(sql, entries)}
    SELECT CASE WHEN count(*) < ${entries.length} THEN coalesce(array_agg(session_id), '{}') END AS some FROM saved`;
  return new Set(row?.some ?? sessionIds);
}

/** A further part of the statement for calls that leave a recording; most groups have none. */
function recordingsOf(sql: Sql, entries: readonly JournalEntry[]) {
  const recorded = entries.flatMap(({ call, closedAt, recording }) =>
    recording === undefined ? [] : [{ ...call, ...recording, closedAt }],
  );
  if (recorded.length === 0) return sql``;
  const texts = (name: 'appKey' | 'sessionId' | 'objectName' | 'domain') =>
    textColumn(
      sql,
      recorded.map((each) => each[name]),
    );
  const closedMs = millisecondColumn(
    sql,
    recorded.map(({ closedAt }) => closedAt),
  );
  return sql`, recorded AS (
      INSERT INTO recordings (app_key, object_name, domain, recorded_at)
      SELECT r.app_key, r.object_name, r.domain, to_timestamp(r.closed_ms / 1000)
      FROM ROWS FROM (${texts('appKey')}, ${texts('sessionId')}, ${texts('objectName')}, ${texts('domain')}, ${closedMs})
        AS r (app_key, session_id, object_name, domain, closed_ms)
      WHERE ((r.app_key, r.session_id) IN (SELECT app_key, session_id FROM saved)) IS TRUE
      ON CONFLICT DO NOTHING
    )`;
}

/** A further part of the statement for calls that give back a line. */
function linesOf(sql: Sql, entries: readonly JournalEntry[]) {
  const ended = entries.flatMap(({ call, hasLine }) => (hasLine ? [call] : []));
  if (ended.length === 0) return sql``;
  const texts = (name: 'appKey' | 'sessionId') =>
    textColumn(
      sql,
      ended.map((each) => each[name]),
    );
  return sql`, freed AS (
      DELETE FROM lines l USING ROWS FROM (${texts('appKey')}, ${texts('sessionId')}) AS e (app_key, session_id)
      WHERE l.app_key = e.app_key AND l.session_id = e.session_id
    )`;
}
