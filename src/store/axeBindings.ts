import type { BindingLock } from './BindingLock.ts';
import { type Sql, type SqlRunner, storeErrorOf, type Transaction } from './database.ts';
import { bindUnlessExpired } from './expiredBindings.ts';
import { namedColumns } from './namedColumns.ts';
import { placeArguments, type WantedPlace, type WantedX, type XRefusal, xRefusal } from './wantedX.ts';

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

/** A new binding, but for its X and extension. */
export interface NewAxeRow extends AxeTermColumns {
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

type Place = { readonly outcome: 'free'; readonly x: string; readonly extension: string };

/**
 * Binds A to an X and an extension on it.
 * @param at now: what has expired by then does not stand in the way
 * @throws StoreError
 */
export async function insertAxeBinding(
  lock: BindingLock,
  row: NewAxeRow,
  wanted: WantedX & WantedExtension,
  at: Date,
): Promise<AxeBindOutcome> {
  return lock.run(row.app_key, (transaction) =>
    bindUnlessExpired<AxeBindOutcome>(transaction, ['axe_bindings'], row.app_key, at, async () => {
      const place = await findPlace(transaction, row, wanted);
      if (place.outcome !== 'free') return place;
      const { x, extension } = place;
      await transaction`INSERT INTO axe_bindings ${transaction(namedColumns({ ...row, x, extension }))}`;
      return { outcome: 'bound', x, extension };
    }),
  );
}

async function findPlace(
  transaction: Transaction,
  row: NewAxeRow,
  wanted: WantedX & WantedExtension,
): Promise<Place | { readonly outcome: AxeBindRefusal }> {
  if ('place' in wanted) return findPlaceIn(transaction, row, wanted.place, wanted);
  const { x } = wanted;
  const refusal =
    (await xRefusal(transaction, row.app_key, x)) ?? (await takenOn(transaction, row, x, wanted.extension));
  return refusal === undefined ? extensionOn(transaction, row, x, wanted) : { outcome: refusal };
}

async function findPlaceIn(
  transaction: Transaction,
  row: NewAxeRow,
  place: WantedPlace,
  wanted: WantedExtension,
): Promise<Place | { readonly outcome: AxeBindRefusal }> {
  const x = await freeAxeX(transaction, row, place, wanted);
  if (x !== undefined) return extensionOn(transaction, row, x, wanted);
  const anyExtension = { ...wanted, extension: undefined };
  const isElsewhere =
    wanted.extension !== undefined && (await freeAxeX(transaction, row, place, anyExtension)) !== undefined;
  return { outcome: isElsewhere ? 'extension-taken' : 'no-free-x' };
}

/** The extension that is wanted on an X, else a free one. */
async function extensionOn(
  transaction: Transaction,
  row: NewAxeRow,
  x: string,
  wanted: WantedExtension,
): Promise<Place | { readonly outcome: AxeBindRefusal }> {
  const extension = wanted.extension ?? (await freeExtension(transaction, row.app_key, x, wanted.digits));
  return extension === undefined ? { outcome: 'no-free-extension' } : { outcome: 'free', x, extension };
}

/** The X with the fewest bindings where A, and the wanted extension if there is one, have a place. */
async function freeAxeX(
  transaction: Transaction,
  { app_key, a_digest }: NewAxeRow,
  place: WantedPlace,
  { extension, digits }: WantedExtension,
): Promise<string | undefined> {
  const most = 10 ** digits - 1;
  const [row] = await transaction<{ x: string | null }[]>`
    SELECT free_axe_x(
      ${app_key}, ${placeArguments(transaction, place)}, ${a_digest}, ${extension ?? null}, ${most}) AS x`;
  return row?.x ?? undefined;
}

/** What stands on a named X in the way of A, or of the extension that he shall have. */
async function takenOn(
  transaction: Transaction,
  { app_key, a_digest }: NewAxeRow,
  x: string,
  extension: string | undefined,
): Promise<'binding-exists' | 'extension-taken' | undefined> {
  // Two searches by key; the one for A leaves app_key out, as all of them do (migration 010).
  const inTheWay = await transaction<{ a_digest: Buffer }[]>`
    SELECT a_digest FROM axe_bindings WHERE a_digest = ${a_digest} AND x = ${x}
    UNION ALL
    SELECT a_digest FROM axe_bindings
    WHERE app_key = ${app_key} AND x = ${x} AND extension = ${extension ?? null}`;
  if (inTheWay.some((other) => other.a_digest.equals(a_digest))) return 'binding-exists';
  return inTheWay.length > 0 ? 'extension-taken' : undefined;
}

async function freeExtension(
  transaction: Transaction,
  appKey: string,
  x: string,
  digits: number,
): Promise<string | undefined> {
  const [row] = await transaction<{ extension: string | null }[]>`
    SELECT free_extension(${appKey}, ${x}, ${digits}) AS extension`;
  return row?.extension ?? undefined;
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

/** Ends a live binding. @returns its X; undefined when there was none. @throws StoreError */
export async function deleteAxeBinding(
  lock: BindingLock,
  appKey: string,
  key: AxeKey,
  at: Date,
): Promise<string | undefined> {
  return lock.run(appKey, async (transaction) => {
    const [ended] = await transaction<{ x: string }[]>`
      DELETE FROM axe_bindings WHERE ${isLive(transaction, appKey, key, at)} RETURNING x`;
    return ended?.x;
  });
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
