import type { CallDirection } from '../../routing/types.ts';
import { type Sql, type SqlRunner, storeErrorOf } from './database.ts';
import { namedColumns } from './namedColumns.ts';
import { appKeysOf, inOrder, rowsAsJson } from './sharedRows.ts';
import { type WantedX, wantedColumns, type XRefusal } from './wantedX.ts';

/** Most X that one A holds at the same time (facts 3.1). */
export const MOST_X_OF_A = 5;

/** What a modify may set of a binding; what is absent stays. */
export interface AxTermColumns {
  readonly call_direction?: CallDirection | undefined;
  readonly max_duration_minutes?: number | undefined;
  readonly record_flag?: boolean | undefined;
  readonly record_hint_tone?: string | undefined;
  readonly last_min_voice?: string | undefined;
  readonly private_sms?: boolean | undefined;
  readonly caller_hint_tone?: string | undefined;
  readonly callee_hint_tone?: string | undefined;
  readonly user_data?: string | undefined;
  readonly subscribed_at: Date;
}

/** A new binding, but for its X, which the database may have to choose. */
export interface NewAxRow extends AxTermColumns {
  readonly wanted: WantedX;
  readonly app_key: string;
  readonly subscription_id: string;
  readonly a_digest: Buffer;
  readonly a_sealed: Buffer;
  readonly shows_caller: boolean;
}

/** A row of `ax_bindings`, as far as the API shows it. */
export interface AxRow {
  subscription_id: string;
  x: string;
  a_digest: Buffer;
  a_sealed: Buffer;
  shows_caller: boolean;
  call_direction: CallDirection | null;
  max_duration_minutes: number;
  record_flag: boolean;
  record_hint_tone: string | null;
  last_min_voice: string | null;
  private_sms: boolean;
  caller_hint_tone: string | null;
  callee_hint_tone: string | null;
  user_data: string | null;
}

export type AxBindOutcome =
  | { readonly outcome: 'bound'; readonly x: string }
  | { readonly outcome: XRefusal | 'x-taken' | 'binding-exists' | 'too-many-x' | 'no-free-x' };

/**
 * Binds each A to the X that is wanted, or to a free one, in one statement.
 * @returns an outcome for each row, in their order
 * @throws StoreError
 */
export async function insertAxBindings(sql: Sql, rows: readonly NewAxRow[]): Promise<AxBindOutcome[]> {
  const requests = rowsAsJson(rows.map(({ wanted, ...row }) => ({ ...row, ...wantedColumns(wanted) })));
  const outcomes = await sql<{ ord: string; outcome: AxBindOutcome['outcome']; on_x: string }[]>`
    SELECT * FROM bind_ax(${appKeysOf(rows)}, ${requests}::text::json, ${MOST_X_OF_A})`.catch(rethrow);
  const outcomeOf = ({ outcome, on_x: x }: (typeof outcomes)[number]): AxBindOutcome =>
    outcome === 'bound' ? { outcome, x } : { outcome };
  return inOrder(rows, outcomes, outcomeOf, { outcome: 'no-free-x' });
}

/** One binding: by its id, or by its X, of which the A may be checked. */
export type AxKey =
  | { readonly subscriptionId: string }
  | { readonly x: string; readonly aDigest?: Buffer | undefined };

function isKeyed(sql: SqlRunner, appKey: string, key: AxKey) {
  if ('subscriptionId' in key) return sql`app_key = ${appKey} AND subscription_id = ${key.subscriptionId}`;
  return sql`
    app_key = ${appKey} AND x = ${key.x} ${key.aDigest === undefined ? sql`` : sql`AND a_digest = ${key.aDigest}`}`;
}

/**
 * Ends bindings, in one statement.
 * @returns of each its X; null where there was none, or an earlier one of `meant` has ended it
 * @throws StoreError
 */
export async function deleteAxBindings(
  sql: Sql,
  meant: readonly { readonly appKey: string; readonly key: AxKey }[],
): Promise<(string | null)[]> {
  const requests = meant.map(({ appKey, key }) => ({
    app_key: appKey,
    ...('x' in key ? { x: key.x, a_digest: key.aDigest } : { subscription_id: key.subscriptionId }),
  }));
  const ended = await sql<{ ord: string; on_x: string }[]>`
    SELECT * FROM unbind_ax(${appKeysOf(requests)}, ${rowsAsJson(requests)}::text::json)`.catch(rethrow);
  return inOrder<(typeof ended)[number], string | null>(meant, ended, ({ on_x }) => on_x, null);
}

/** @returns the X of the binding that was changed; undefined when there is none. @throws StoreError */
export async function updateAxBinding(
  sql: Sql,
  appKey: string,
  key: AxKey,
  columns: AxTermColumns,
): Promise<string | undefined> {
  const [changed] = await sql<{ x: string }[]>`
    UPDATE ax_bindings SET ${sql(namedColumns(columns))} WHERE ${isKeyed(sql, appKey, key)} RETURNING x`.catch(
    rethrow,
  );
  return changed?.x;
}

export interface TemporaryCalleeColumns {
  readonly callee_id: string;
  readonly callee_sealed: Buffer;
  readonly callee_expires_at: Date;
  readonly callee_user_data: string | null;
}

/**
 * Sets whom A reaches with the next call, in place of the one before.
 * @param calleeDigest must not be A's own
 * @returns false when there is no such binding, or it is A's own number
 * @throws StoreError
 */
export async function setTemporaryCallee(
  sql: Sql,
  appKey: string,
  key: AxKey,
  callee: TemporaryCalleeColumns,
  calleeDigest: Buffer,
): Promise<boolean> {
  const { count } = await sql`
    UPDATE ax_bindings SET ${sql({ ...callee })}
    WHERE ${isKeyed(sql, appKey, key)} AND a_digest <> ${calleeDigest}`.catch(rethrow);
  return count > 0;
}

/** Bindings, the oldest first: those of an A, of an X, or the one with an id. @throws StoreError */
export async function listAxBindings(
  sql: Sql,
  appKey: string,
  key: AxKey | { readonly aDigest: Buffer },
): Promise<AxRow[]> {
  const where =
    'subscriptionId' in key || 'x' in key
      ? isKeyed(sql, appKey, key)
      : sql`app_key = ${appKey} AND a_digest = ${key.aDigest}`;
  return sql<AxRow[]>`
    SELECT * FROM ax_bindings WHERE ${where} ORDER BY subscribed_at, subscription_id`.catch(rethrow);
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
