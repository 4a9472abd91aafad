import type { CallSnapshot } from './CallSnapshot.ts';
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
  const rows = await sql<{ session_id: string }[]>`
    WITH saved AS (
      INSERT INTO calls AS c
        (app_key, session_id, node_id, life, x, state_code, snapshot, next_seq, opened_at, closed_at)
      SELECT e.app_key, e.session_id, ${nodeId}, ${life}, e.x, e.state_code, e.snapshot, e.next_seq, e.opened_at, e.closed_at
      FROM unnest(
        ${sql.array(
          entries.map(({ call }) => call.appKey),
          25,
        )}::text[],
        ${sql.array(
          entries.map(({ call }) => call.sessionId),
          25,
        )}::text[],
        ${sql.array(
          entries.map(({ call }) => call.x),
          25,
        )}::text[],
        ${sql.array(
          entries.map(({ stateCode }) => stateCode ?? null),
          25,
        )}::int[],
        ${sql.array(
          entries.map(({ snapshot }) => sealer.seal(snapshot)),
          17,
        )}::bytea[],
        ${sql.array(
          entries.map(({ nextSeq }) => nextSeq),
          25,
        )}::int[],
        ${sql.array(
          entries.map(({ call }) => isoTime(call.openedAt)),
          25,
        )}::timestamptz[],
        ${sql.array(
          entries.map(({ closedAt }) => isoTime(closedAt)),
          25,
        )}::timestamptz[]
      ) AS e (app_key, session_id, x, state_code, snapshot, next_seq, opened_at, closed_at)
      ON CONFLICT (app_key, session_id) DO UPDATE
        SET state_code = excluded.state_code, snapshot = excluded.snapshot,
            next_seq = greatest(c.next_seq, excluded.next_seq), closed_at = excluded.closed_at
        WHERE c.life = excluded.life AND c.closed_at IS NULL
          AND (excluded.closed_at IS NOT NULL OR excluded.next_seq > c.next_seq)
      RETURNING app_key, session_id
    ), filed AS (
      INSERT INTO outbox (app_key, session_id, kind, seq, id, body_sealed, owner)
      SELECT m.app_key, m.session_id, m.kind, m.seq, m.id, m.body_sealed, ${life}
      FROM unnest(
        ${sql.array(
          messages.map(({ appKey }) => appKey),
          25,
        )}::text[],
        ${sql.array(
          messages.map(({ sessionId }) => sessionId),
          25,
        )}::text[],
        ${sql.array(
          messages.map(({ kind }) => kind),
          25,
        )}::text[],
        ${sql.array(
          messages.map(({ seq }) => seq),
          25,
        )}::int[],
        ${sql.array(
          messages.map(({ id }) => id),
          25,
        )}::text[],
        ${sql.array(
          messages.map(({ text }) => sealer.seal(text)),
          17,
        )}::bytea[]
      ) AS m (app_key, session_id, kind, seq, id, body_sealed)
      JOIN saved USING (app_key, session_id)
      ON CONFLICT DO NOTHING
    )${recordingsOf(sql, entries)}${linesOf(sql, entries)}
    SELECT session_id FROM saved`;
  return new Set(rows.map((row) => row.session_id));
}

/** A further part of the statement for calls that leave a recording; most groups have none. */
function recordingsOf(sql: Sql, entries: readonly JournalEntry[]) {
  const recorded = entries.flatMap(({ call, closedAt, recording }) =>
    recording === undefined ? [] : [{ ...call, ...recording, closedAt }],
  );
  if (recorded.length === 0) return sql``;
  return sql`, recorded AS (
      INSERT INTO recordings (app_key, object_name, domain, recorded_at)
      SELECT r.app_key, r.object_name, r.domain, r.recorded_at
      FROM unnest(
        ${sql.array(
          recorded.map(({ appKey }) => appKey),
          25,
        )}::text[],
        ${sql.array(
          recorded.map(({ sessionId }) => sessionId),
          25,
        )}::text[],
        ${sql.array(
          recorded.map(({ objectName }) => objectName),
          25,
        )}::text[],
        ${sql.array(
          recorded.map(({ domain }) => domain),
          25,
        )}::text[],
        ${sql.array(
          recorded.map(({ closedAt }) => isoTime(closedAt)),
          25,
        )}::timestamptz[]
      ) AS r (app_key, session_id, object_name, domain, recorded_at)
      JOIN saved USING (app_key, session_id)
      ON CONFLICT DO NOTHING
    )`;
}

/** A further part of the statement for calls that give back a line. */
function linesOf(sql: Sql, entries: readonly JournalEntry[]) {
  const ended = entries.filter(({ hasLine }) => hasLine);
  if (ended.length === 0) return sql``;
  return sql`, freed AS (
      DELETE FROM lines l
      USING unnest(
        ${sql.array(
          ended.map(({ call }) => call.appKey),
          25,
        )}::text[],
        ${sql.array(
          ended.map(({ call }) => call.sessionId),
          25,
        )}::text[]
      ) AS e (app_key, session_id)
      WHERE l.app_key = e.app_key AND l.session_id = e.session_id
    )`;
}

function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
