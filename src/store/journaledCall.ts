import type { CallSnapshot } from './CallSnapshot.ts';
import { type Sql, storeErrorOf } from './database.ts';
import type { Sealer } from './sealing.ts';

/** A call as the journal has it, with the node that carries it or carried it last. */
export interface JournaledCall {
  readonly call: CallSnapshot;
  readonly nodeId: string;
  readonly isOpen: boolean;
}

/** The second in which a call came in, in the session id that it got then: UTC, `yyyyMMddHHmmss`. */
const SECOND = /_(2\d{3})([01]\d)([0-3]\d)([0-2]\d)([0-5]\d)([0-5]\d)@/;

/**
 * A call by its session id alone, which is unique; also one of an application that has been removed since.
 * @returns undefined when there is none, or not any more
 * @throws StoreError
 */
export async function journaledCall(
  sql: Sql,
  sealer: Pick<Sealer, 'open'>,
  sessionId: string,
): Promise<JournaledCall | undefined> {
  const [, ...parts] = SECOND.exec(sessionId) ?? [];
  const [year = Number.NaN, month = 1, ...rest] = parts.map(Number);
  const second = Date.UTC(year, month - 1, ...rest);
  if (Number.isNaN(second)) return undefined;
  // The key begins with the application: an index for this question alone would cost every call, and there is one by time.
  const [row] = await sql<{ nodeId: string; snapshot: Buffer; isOpen: boolean }[]>`
    SELECT node_id AS "nodeId", snapshot, closed_at IS NULL AS "isOpen" FROM calls
    WHERE opened_at >= ${new Date(second)} AND opened_at < ${new Date(second + 1000)}
      AND session_id = ${sessionId}`.catch((error: unknown) => {
    throw storeErrorOf(error);
  });
  if (row === undefined) return undefined;
  const { nodeId, snapshot, isOpen } = row;
  return { call: JSON.parse(sealer.open(snapshot)) as CallSnapshot, nodeId, isOpen };
}
