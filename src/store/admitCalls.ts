import type { CallLimit } from './callLimits.ts';
import { type Sql, storeErrorOf } from './database.ts';
import type { Sealer } from './sealing.ts';

/** A call that has limits to keep. */
export interface LimitedCall {
  readonly sessionId: string;
  /** In the order in which the first that is exceeded is told. */
  readonly limits: readonly CallLimit[];
}

const TEXT = 25;
const BYTEA = 17;

/**
 * Lets calls through, one after another, or not: one round trip, and exact over all processes (migration 005).
 * @returns for each call the stateCode of the first limit that it would exceed, 0 when it is let through and counted
 * @throws StoreError; then none was counted
 */
export async function admitCalls(
  sql: Sql,
  sealer: Pick<Sealer, 'digest'>,
  calls: readonly LimitedCall[],
): Promise<readonly number[]> {
  const { counts, limits } = tablesOf(calls);
  const texts = (values: readonly (string | number)[]) => sql.array([...values], TEXT);
  const subjects = counts.map(({ subject }) => (subject === '' ? Buffer.alloc(0) : sealer.digest(subject)));
  const [row] = await sql<{ answers: number[] }[]>`
    SELECT admit_calls(
      ${texts(counts.map(({ appKey }) => appKey))}::text[],
      ${texts(counts.map(({ stateCode }) => stateCode))}::int[],
      ${sql.array(subjects, BYTEA)}::bytea[],
      ${texts(counts.map(({ seconds }) => seconds))}::int[],
      ${texts(limits.map(({ callNo }) => callNo))}::int[],
      ${texts(limits.map(({ countNo }) => countNo))}::int[],
      ${texts(limits.map(({ most }) => most))}::int[],
      ${texts(calls.map(({ sessionId }) => sessionId))}::text[]) AS answers`.catch(rethrow);
  return row?.answers ?? [];
}

/** What is counted, each once, and the limits of all calls with the places of their call and count, from 1. */
function tablesOf(calls: readonly LimitedCall[]) {
  const counts: CallLimit[] = [];
  const known = new Map<string, number>();
  const limits = calls.flatMap(({ limits }, index) =>
    limits.map((limit) => {
      const key = `${limit.stateCode} ${limit.appKey} ${limit.subject}`;
      const countNo = known.get(key) ?? counts.push(limit);
      known.set(key, countNo);
      return { callNo: index + 1, countNo, most: limit.most };
    }),
  );
  return { counts, limits };
}

/**
 * Takes away what counts no more: calls that left the span of their limit, ports of calls that are over.
 * @param most rows of each kind at once
 * @returns whether there may be more
 * @throws StoreError
 */
export async function sweepCallCounts(sql: Sql, most: number): Promise<boolean> {
  // Rows that a call has locked are left to the next sweep: waiting for them could deadlock with it.
  const { count } = await sql`
    DELETE FROM call_counts WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM call_counts WHERE ends_at < now() LIMIT ${most} FOR UPDATE SKIP LOCKED))`.catch(
    rethrow,
  );
  const [row] = await sql<{ freed: number }[]>`SELECT free_call_ports(NULL, ${most}) AS freed`.catch(rethrow);
  return count === most || row?.freed === most;
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
