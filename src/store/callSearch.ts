import type { CallSnapshot } from './CallSnapshot.ts';
import { type Sql, storeErrorOf } from './database.ts';
import type { JournaledCall } from './journaledCall.ts';
import type { Sealer } from './sealing.ts';

/** Which calls are looked for: all to which everything applies that is named. */
export interface CallSearch {
  /** They came in at this time or later, … */
  readonly from: Date;
  /** … and before this one. */
  readonly to: Date;
  readonly appKey?: string;
  readonly x?: string;
  readonly stateCode?: number;
  /** Of a person, as caller or callee, E.164. */
  readonly number?: string;
}

/** Calls are found from the latest on; of those of one moment by their id. */
export interface CallPlace {
  readonly openedAt: Date;
  readonly sessionId: string;
}

/** What was found, and where to go on looking; undefined at the end. */
export interface FoundCalls {
  readonly calls: readonly JournaledCall[];
  readonly next: CallPlace | undefined;
}

/** Calls that are read at a time: opening them keeps everything else waiting for some milliseconds. */
const CHUNK = 200;

interface Row {
  nodeId: string;
  sessionId: string;
  snapshot: Buffer;
  isOpen: boolean;
  openedAt: Date;
}

/**
 * Looks through the journal, from the latest call on.
 *
 * The people of a call are sealed, and no digest of them is kept: who looks for one has all calls opened to which the rest
 * applies, in chunks between which calls go on, and at most so many.
 * @param most calls that are found
 * @param mostRead calls that are looked at; when they are used up, the search goes on at `next`
 * @throws StoreError
 */
export async function findCalls(
  sql: Sql,
  sealer: Pick<Sealer, 'open'>,
  search: CallSearch,
  {
    after,
    most,
    mostRead,
  }: { readonly after: CallPlace | undefined; readonly most: number; readonly mostRead: number },
): Promise<FoundCalls> {
  const { number } = search;
  const calls: JournaledCall[] = [];
  let place = after;
  for (let read = 0; read < mostRead; ) {
    const size = Math.min(number === undefined ? most : CHUNK, mostRead - read);
    const rows = await readChunk(sql, search, place, size);
    for (const { nodeId, sessionId, snapshot, isOpen, openedAt } of rows) {
      place = { openedAt, sessionId };
      const call = JSON.parse(sealer.open(snapshot)) as CallSnapshot;
      if (number !== undefined && call.caller !== number && call.callee !== number) continue;
      calls.push({ call, nodeId, isOpen });
      if (calls.length === most) return { calls, next: place };
    }
    if (rows.length < size) return { calls, next: undefined };
    read += rows.length;
  }
  return { calls, next: place };
}

async function readChunk(
  sql: Sql,
  { from, to, appKey, x, stateCode }: CallSearch,
  after: CallPlace | undefined,
  size: number,
): Promise<Row[]> {
  return sql<Row[]>`
    SELECT node_id AS "nodeId", session_id AS "sessionId", snapshot, closed_at IS NULL AS "isOpen", opened_at AS "openedAt"
    FROM calls
    WHERE opened_at >= ${from} AND opened_at < ${to}
      ${after === undefined ? sql`` : sql`AND (opened_at, session_id) < (${after.openedAt}, ${after.sessionId})`}
      ${appKey === undefined ? sql`` : sql`AND app_key = ${appKey}`}
      ${x === undefined ? sql`` : sql`AND x = ${x}`}
      ${stateCode === undefined ? sql`` : sql`AND state_code = ${stateCode}`}
    ORDER BY opened_at DESC, session_id DESC LIMIT ${size}`.catch((error: unknown) => {
    throw storeErrorOf(error);
  });
}
