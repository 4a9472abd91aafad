import { type Sql, type SqlRunner, storeErrorOf } from './database.ts';
import { namedColumns } from './namedColumns.ts';
import { appKeysOf, inOrder, rowsAsJson } from './sharedRows.ts';
import { type WantedX, wantedColumns, type XRefusal } from './wantedX.ts';

/** What a modify may set of a binding; what is absent stays. */
export interface AxeTermColumns {
  readonly record_flag?: boolean | undefined;
  readonly record_hint_tone?: string | undefined;
  readonly call_back_tone?: string | undefined;
  readonly call_back_number_sealed?: Buffer | undefined;
  readonly call_back_expired_time?: number | undefined;
  readonly call_back_seconds?: number | undefined;
  readonly user_data?: string | undefined;
  readonly subscribed_at: Date;
}

/** A new binding, but for its X and extension, which the database may have to choose. */
export interface NewAxeRow extends AxeTermColumns {
  readonly wanted: WantedX & WantedExtension;
  readonly app_key: string;
  readonly subscription_id: string;
  readonly a_digest: Buffer;
  readonly a_sealed: Buffer;
  readonly shows_caller: boolean;
  readonly time_unit: 0 | 1;
  readonly bind_expired_time: number;
  /** Undefined: never. */
  readonly expires_at: Date | undefined;
}

/** A row of `axe_bindings`, as far as the API shows it. */
export interface AxeRow {
  subscription_id: string;
  x: string;
  extension: string;
  a_sealed: Buffer;
  shows_caller: boolean;
  record_flag: boolean;
  record_hint_tone: string | null;
  call_back_tone: string | null;
  call_back_number_sealed: Buffer | null;
  time_unit: 0 | 1;
  bind_expired_time: number;
  call_back_expired_time: number;
  user_data: string | null;
  /** Of two bindings of an application the later one has the larger; a bigint, as text. */
  ordinal: string;
}

export type AxeBindRefusal =
  | XRefusal
  | 'binding-exists'
  | 'extension-taken'
  | 'no-free-extension'
  | 'no-free-x';

export type AxeBindOutcome =
  | { readonly outcome: 'bound'; readonly x: string; readonly extension: string }
  | { readonly outcome: AxeBindRefusal };

export interface WantedExtension {
  /** This one; undefined for any that is free. */
  readonly extension: string | undefined;
  /** Digits of the application's extensions. */
  readonly digits: number;
}

/**
 * Binds each A to an X and an extension on it, in one statement.
 * @param at now: what has expired by then does not stand in the way
 * @returns an outcome for each row, in their order
 * @throws StoreError
 */
export async function insertAxeBindings(
  sql: Sql,
  rows: readonly NewAxeRow[],
  at: Date,
): Promise<AxeBindOutcome[]> {
  const requests = rowsAsJson(
    rows.map(({ wanted, ...row }) => {
      const { extension, digits } = wanted;
      const expires_at = row.expires_at ?? 'infinity';
      return { ...row, ...wantedColumns(wanted), extension, digits, expires_at };
    }),
  );
  type Row = { ord: string; outcome: AxeBindOutcome['outcome']; on_x: string; on_extension: string };
  const outcomes = await sql<Row[]>`
    SELECT * FROM bind_axe(${appKeysOf(rows)}, ${requests}::text::json, ${at})`.catch(rethrow);
  const outcomeOf = ({ outcome, on_x: x, on_extension: extension }: Row): AxeBindOutcome =>
    outcome === 'bound' ? { outcome, x, extension } : { outcome };
  return inOrder(rows, outcomes, outcomeOf, { outcome: 'no-free-x' });
}

/** One binding: by its id, or by its X and extension. */
export type AxeKey = { readonly subscriptionId: string } | { readonly x: string; readonly extension: string };

function isLive(sql: SqlRunner, appKey: string, key: AxeKey, at: Date) {
  const isKeyed =
    'subscriptionId' in key
      ? sql`subscription_id = ${key.subscriptionId}`
      : sql`x = ${key.x} AND extension = ${key.extension}`;
  return sql`app_key = ${appKey} AND ${isKeyed} AND expires_at > ${at}`;
}

/**
 * Ends live bindings, in one statement.
 * @returns of each its X; null where there was none, or an earlier one of `meant` has ended it
 * @throws StoreError
 */
export async function deleteAxeBindings(
  sql: Sql,
  meant: readonly { readonly appKey: string; readonly key: AxeKey }[],
  at: Date,
): Promise<(string | null)[]> {
  const requests = meant.map(({ appKey, key }) => ({
    app_key: appKey,
    ...('x' in key ? { x: key.x, extension: key.extension } : { subscription_id: key.subscriptionId }),
  }));
  const ended = await sql<{ ord: string; on_x: string }[]>`
    SELECT * FROM unbind_axe(${appKeysOf(requests)}, ${rowsAsJson(requests)}::text::json, ${at})`.catch(
    rethrow,
  );
  return inOrder<(typeof ended)[number], string | null>(meant, ended, ({ on_x }) => on_x, null);
}

/**
 * Changes a live binding.
 * @param expiresAt the new end; null: never; undefined: as it is
 * @returns its X; undefined when there is none
 * @throws StoreError
 */
export async function updateAxeBinding(
  sql: Sql,
  appKey: string,
  key: AxeKey,
  columns: AxeTermColumns,
  expiresAt: Date | null | undefined,
  at: Date,
): Promise<string | undefined> {
  const set = namedColumns({ ...columns, expires_at: expiresAt ?? undefined });
  const [changed] = await sql<{ x: string }[]>`
    UPDATE axe_bindings SET ${sql(set)} ${expiresAt === null ? sql`, expires_at = 'infinity'` : sql``}
    WHERE ${isLive(sql, appKey, key, at)} RETURNING x`.catch(rethrow);
  return changed?.x;
}

/** One live binding. @throws StoreError */
export async function getAxeBinding(
  sql: Sql,
  appKey: string,
  key: AxeKey,
  at: Date,
): Promise<AxeRow | undefined> {
  const [row] = await sql<AxeRow[]>`
    SELECT * FROM axe_bindings WHERE ${isLive(sql, appKey, key, at)}`.catch(rethrow);
  return row;
}

/**
 * A page of live bindings of an application, or of one X, in the order of binding.
 * @param after the ordinal of the last one before
 * @throws StoreError
 */
export async function listAxeBindings(
  sql: Sql,
  appKey: string,
  page: { readonly x: string | undefined; readonly after: string; readonly limit: number },
  at: Date,
): Promise<AxeRow[]> {
  const { x, after, limit } = page;
  return sql<AxeRow[]>`
    SELECT * FROM axe_bindings
    WHERE app_key = ${appKey} ${x === undefined ? sql`` : sql`AND x = ${x}`}
      AND ordinal > ${after} AND expires_at > ${at}
    ORDER BY app_key, ordinal LIMIT ${limit}`.catch(rethrow);
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
