import { type Sql, storeErrorOf } from './database.ts';
import { eventTypeOf, type KeptAttempt } from './deliveries.ts';
import type { Message } from './Message.ts';
import type { Sealer } from './sealing.ts';

/** One message about a call: what became of it, and of each attempt, the first one first. */
export interface MessageHistory {
  /** The webhook-id; of a record that is part of no message yet, the record's own. */
  readonly id: string;
  readonly event: string;
  /** `unanswered`: the question of mode X, which is asked once. `dropped`: given up, and taken away since. */
  readonly state: 'delivered' | 'waiting' | 'given-up' | 'unanswered' | 'dropped';
  readonly attempts: readonly {
    readonly at: Date;
    readonly seconds: number;
    readonly status?: number;
    readonly error?: string;
  }[];
  /** When a message that waits is tried next; earlier than now if its target is being left alone. */
  readonly nextAttemptAt?: Date;
}

/** Longest answer about one call. */
const MOST_ROWS = 1000;

interface PendingRow {
  readonly app_key: string;
  readonly id: string;
  readonly kind: Message['kind'];
  readonly body_sealed: Buffer;
  readonly next_attempt_at: Date;
  readonly given_up_at: Date | null;
}

/**
 * Everything that the customer was told of a call, or is still to be told, in the order of the first attempts.
 * @returns undefined when nothing is known: nobody was to be told, or it is too long ago
 * @throws StoreError
 */
export async function deliveriesOf(
  sql: Sql,
  sealer: Pick<Sealer, 'open'>,
  sessionId: string,
): Promise<{ readonly appKey: string; readonly messages: readonly MessageHistory[] } | undefined> {
  // The outbox first: what is delivered between the two questions is then found in both, and not in neither.
  const pending = await sql<PendingRow[]>`
    SELECT app_key, coalesce(message_id, id) AS id, kind, body_sealed, next_attempt_at, given_up_at FROM outbox
    WHERE app_key = ANY (ARRAY(SELECT app_key FROM apps)) AND session_id = ${sessionId}
    ORDER BY kind, seq LIMIT ${MOST_ROWS}`.catch(rethrow);
  const rows = await sql<{ app_key: string; attempts: KeptAttempt[] }[]>`
    SELECT app_key, attempts FROM deliveries WHERE session_id = ${sessionId} LIMIT ${MOST_ROWS}`.catch(
    rethrow,
  );
  const appKey = pending[0]?.app_key ?? rows[0]?.app_key;
  if (appKey === undefined) return undefined;

  const attempts = rows.flatMap((row) => row.attempts).sort((one, other) => one.at - other.at);
  const byId = Map.groupBy(attempts, ({ id }) => id);
  const waiting = new Map(pending.map((row) => [row.id, row]));
  const ids = new Set([...byId.keys(), ...waiting.keys()]);
  return {
    appKey,
    messages: [...ids].map((id) => historyOf(id, byId.get(id) ?? [], waiting.get(id), sealer)),
  };
}

function historyOf(
  id: string,
  attempts: readonly KeptAttempt[],
  row: PendingRow | undefined,
  sealer: Pick<Sealer, 'open'>,
): MessageHistory {
  const event = attempts[0]?.event ?? (row === undefined ? '' : eventOf(row, sealer));
  const once = attempts.filter((each, index) => each.at !== attempts[index - 1]?.at);
  return {
    id,
    event,
    state: stateOf(event, attempts, row),
    attempts: once.map(({ at, ms, status, error }) => ({
      at: new Date(at),
      seconds: ms / 1000,
      ...(status !== undefined && { status }),
      ...(error !== undefined && { error }),
    })),
    ...(row?.given_up_at === null && { nextAttemptAt: row.next_attempt_at }),
  };
}

function stateOf(
  event: string,
  attempts: readonly KeptAttempt[],
  row: PendingRow | undefined,
): MessageHistory['state'] {
  // A message that was delivered just now may still stand in the outbox.
  if (attempts.length > 0 && attempts.at(-1)?.error === undefined) return 'delivered';
  if (row !== undefined) return row.given_up_at === null ? 'waiting' : 'given-up';
  return event === QUESTION ? 'unanswered' : 'dropped';
}

/** The event of a question to the customer's server (mode X), told apart from the callin event that is no question. */
export const QUESTION = 'callin?';

function eventOf({ kind, body_sealed }: PendingRow, sealer: Pick<Sealer, 'open'>): string {
  return kind === 'record' ? 'fee' : eventTypeOf(sealer.open(body_sealed));
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
