import type { CallSnapshot } from './CallSnapshot.ts';
import { type Sql, storeErrorOf } from './database.ts';
import type { Sealer } from './sealing.ts';

/** A call as the journal has it, with the node that carries it or carried it last. */
export interface JournaledCall {
  readonly call: CallSnapshot;
  readonly nodeId: string;
  readonly isOpen: boolean;
}

/**
 * A call by its session id alone, which is unique.
 * @returns undefined when there is none, or not any more
 * @throws StoreError
 */
export async function journaledCall(
  sql: Sql,
  sealer: Pick<Sealer, 'open'>,
  sessionId: string,
): Promise<JournaledCall | undefined> {
  // The key begins with the application: an index for this question alone would cost every call. '' stands for calls to an
  // X of nobody.
  const [row] = await sql<Row[]>`
    SELECT node_id AS "nodeId", snapshot, closed_at IS NULL AS "isOpen" FROM calls
    WHERE app_key = ANY (ARRAY(SELECT app_key FROM apps) || ''::text) AND session_id = ${sessionId}`.catch(
    (error: unknown) => {
      throw storeErrorOf(error);
    },
  );
  return row && opened(sealer, row);
}

/** Which calls are looked for: all that is named applies. */
export interface CallSearch {
  /** When they came in; `to` itself is not included. */
  readonly from: Date;
  readonly to: Date;
  readonly appKey?: string;
  /** E.164. */
  readonly x?: string;
  readonly stateCode?: number;
  /** Calls at most. */
  readonly limit: number;
}

/**
 * Calls, the latest first. They are found by their time, so a narrow search is a quick one.
 * @throws StoreError
 */
export async function findCalls(
  sql: Sql,
  sealer: Pick<Sealer, 'open'>,
  { from, to, appKey, x, stateCode, limit }: CallSearch,
): Promise<readonly JournaledCall[]> {
  const rows = await sql<Row[]>`
    SELECT node_id AS "nodeId", snapshot, closed_at IS NULL AS "isOpen" FROM calls
    WHERE opened_at >= ${from} AND opened_at < ${to}
      ${appKey === undefined ? sql`` : sql`AND app_key = ${appKey}`}
      ${x === undefined ? sql`` : sql`AND x = ${x}`}
      ${stateCode === undefined ? sql`` : sql`AND state_code = ${stateCode}`}
    ORDER BY opened_at DESC LIMIT ${limit}`.catch((error: unknown) => {
    throw storeErrorOf(error);
  });
  return rows.map((row) => opened(sealer, row));
}

interface Row {
  readonly nodeId: string;
  readonly snapshot: Buffer;
  readonly isOpen: boolean;
}

function opened(sealer: Pick<Sealer, 'open'>, { nodeId, snapshot, isOpen }: Row): JournaledCall {
  return { call: JSON.parse(sealer.open(snapshot)) as CallSnapshot, nodeId, isOpen };
}
