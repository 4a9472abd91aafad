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
  const [row] = await sql<{ nodeId: string; snapshot: Buffer; isOpen: boolean }[]>`
    SELECT node_id AS "nodeId", snapshot, closed_at IS NULL AS "isOpen" FROM calls
    WHERE app_key = ANY (ARRAY(SELECT app_key FROM apps) || ''::text) AND session_id = ${sessionId}`.catch(
    (error: unknown) => {
      throw storeErrorOf(error);
    },
  );
  if (row === undefined) return undefined;
  const { nodeId, snapshot, isOpen } = row;
  return { call: JSON.parse(sealer.open(snapshot)) as CallSnapshot, nodeId, isOpen };
}
