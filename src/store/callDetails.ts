import { jsonColumn, millisecondColumn, textColumn } from './columns.ts';
import { type Sql, storeErrorOf } from './database.ts';

/** One SIP message of a call, as an arrow of its ladder. Numbers are masked. */
export interface LadderLine {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly leg: 'caller' | 'callee';
  /** As axbridge sees it. */
  readonly way: 'in' | 'out';
  /** Who is at the other end: `udp/192.0.2.1:5060`. */
  readonly peer: string;
  /** `INVITE`, or `180 Ringing`. */
  readonly what: string;
  /** Of the CSeq header: what a response answers. */
  readonly method: string;
  /** User parts of a request's From and To. */
  readonly from?: string;
  readonly to?: string;
  /** The Reason header. */
  readonly reason?: string;
  /** What the SDP says in short: `192.0.2.1:4000 PCMA telephone-event sendonly`. */
  readonly sdp?: string;
  /** The whole message, where messages are kept. */
  readonly text?: string;
}

export interface LadderSoFar {
  readonly lines: readonly LadderLine[];
  /** Messages that had no room any more. */
  readonly omitted: number;
}

/** What a media server counted of one leg. Where it did not say, nothing stands. */
export interface LegFigures {
  readonly codec?: string;
  /** RTP packets that came from the party, and that went to it. */
  readonly packetsIn?: number;
  readonly packetsOut?: number;
  /** Packets that should have come and did not; FreeSWITCH adds some when several are missing in a row. */
  readonly lost?: number;
  /** Largest standard deviation of the time between two packets, milliseconds. */
  readonly jitterMs?: number;
  /** Mean opinion score, 1 to 4.5, as the media server reckons it. */
  readonly mos?: number;
}

export interface MediaFigures {
  readonly caller?: LegFigures;
  readonly callee?: LegFigures;
}

/** What is kept of a call that has ended. */
export interface CallDetail {
  readonly appKey: string;
  readonly sessionId: string;
  /** Milliseconds since the epoch. */
  readonly endedAt: number;
  readonly ladder: LadderSoFar;
  readonly media: MediaFigures | undefined;
}

/** Writes details of calls. Written twice, they stand once. @throws the database's error */
export async function insertCallDetails(sql: Sql, details: readonly CallDetail[]): Promise<void> {
  const texts = (name: 'appKey' | 'sessionId') =>
    textColumn(
      sql,
      details.map((detail) => detail[name]),
    );
  const documents = (name: 'ladder' | 'media') =>
    jsonColumn(
      sql,
      details.map((detail) => detail[name] ?? null),
    );
  const endedMs = millisecondColumn(
    sql,
    details.map(({ endedAt }) => endedAt),
  );
  await sql`
    INSERT INTO call_details (app_key, session_id, ended_at, ladder, media)
    SELECT d.app_key, d.session_id, to_timestamp(d.ended_ms / 1000), d.ladder,
      CASE WHEN json_typeof(d.media) <> 'null' THEN d.media END
    FROM ROWS FROM (
      ${texts('appKey')}, ${texts('sessionId')}, ${endedMs}, ${documents('ladder')}, ${documents('media')}
    ) AS d (app_key, session_id, ended_ms, ladder, media)
    ON CONFLICT DO NOTHING`;
}

/**
 * The details of a call that has ended.
 * @returns undefined where none are kept, or not any more
 * @throws StoreError
 */
export async function callDetailOf(
  sql: Sql,
  appKey: string,
  sessionId: string,
): Promise<Pick<CallDetail, 'ladder' | 'media'> | undefined> {
  const [row] = await sql<{ ladder: LadderSoFar; media: MediaFigures | null }[]>`
    SELECT ladder, media FROM call_details WHERE app_key = ${appKey} AND session_id = ${sessionId}`.catch(
    rethrow,
  );
  return row && { ladder: row.ladder, media: row.media ?? undefined };
}

/**
 * Takes away what ended before a moment.
 * @param most rows at once
 * @returns how many went
 * @throws StoreError
 */
export async function deleteCallDetailsBefore(sql: Sql, moment: Date, most: number): Promise<number> {
  const { count } = await sql`
    DELETE FROM call_details WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM call_details WHERE ended_at < ${moment} ORDER BY ended_at LIMIT ${most}
      FOR UPDATE SKIP LOCKED))`.catch(rethrow);
  return count;
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
