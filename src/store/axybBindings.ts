import type { CallDirection } from '../../routing/types.ts';
import type { BindingLock } from './BindingLock.ts';
import { type Sql, storeErrorOf, type Transaction } from './database.ts';
import { bindUnlessExpired } from './expiredBindings.ts';
import { namedColumns } from './namedColumns.ts';
import { freeX, placeArguments, type WantedPlace } from './wantedX.ts';

/** Most X that one A holds at the same time, and most relations that one Y carries (facts 5.1). */
export const MOST_X_OF_A = 5;
export const MOST_RELATIONS_ON_Y = 1000;

/** The first part of a binding, but for its X. */
export interface NewAxybRow {
  readonly app_key: string;
  readonly subscription_id: string;
  readonly a_digest: Buffer;
  readonly a_sealed: Buffer;
  readonly call_direction: CallDirection;
  readonly duration_seconds: number;
  /** Undefined: never. */
  readonly expires_at: Date | undefined;
  readonly record_flag: boolean;
  readonly record_hint_tone: string | undefined;
  readonly pre_voice_x: string | undefined;
  readonly user_data: string | undefined;
  readonly subscribed_at: Date;
}

/** The second part, but for its X, its A and its Y. */
export interface NewRelationRow {
  readonly app_key: string;
  readonly subscription_id: string;
  readonly b_digest: Buffer;
  readonly b_sealed: Buffer;
  readonly duration_seconds: number;
  /** Undefined: not before the first part. */
  readonly expires_at: Date | undefined;
  readonly pre_voice_y: string | undefined;
  readonly user_data: string | undefined;
  readonly bound_at: Date;
}

export type AxybOutcome =
  | { readonly outcome: 'bound'; readonly x: string }
  | { readonly outcome: 'too-many-x' | 'no-free-x' };

export type RelationOutcome =
  | { readonly outcome: 'bound'; readonly x: string; readonly y: string }
  | { readonly outcome: 'no-such-binding' | 'number-already-bound' | 'binding-exists' | 'no-free-x' };

/**
 * Binds A to an X on which nothing stands.
 * @param at now: what has expired by then does not stand in the way
 * @throws StoreError
 */
export async function insertAxybBinding(
  lock: BindingLock,
  row: NewAxybRow,
  place: WantedPlace,
  at: Date,
): Promise<AxybOutcome> {
  return lock.run(row.app_key, (transaction) =>
    bindUnlessExpired(transaction, ['axyb_bindings', 'axyb_relations'], row.app_key, at, async () => {
      const [held] = await transaction<{ count: number }[]>`
        SELECT count(*)::int FROM axyb_bindings WHERE app_key = ${row.app_key} AND a_digest = ${row.a_digest}`;
      if ((held?.count ?? 0) >= MOST_X_OF_A) return { outcome: 'too-many-x' };
      const x = await freeX(transaction, row.app_key, place);
      if (x === undefined) return { outcome: 'no-free-x' };
      await transaction`INSERT INTO axyb_bindings ${transaction(namedColumns({ ...row, x }))}`;
      return { outcome: 'bound', x };
    }),
  );
}

/**
 * Binds a B to a Y, for the A of a live binding.
 * @param at now: what has expired by then does not stand in the way
 * @throws StoreError
 */
export async function insertAxybRelation(
  lock: BindingLock,
  row: NewRelationRow,
  place: WantedPlace,
  at: Date,
): Promise<RelationOutcome> {
  const { app_key: appKey, subscription_id: subscriptionId, b_digest: bDigest } = row;
  return lock.run(appKey, async (transaction) => {
    const [first] = await transaction<{ x: string; a_digest: Buffer }[]>`
      SELECT x, a_digest FROM axyb_bindings
      WHERE app_key = ${appKey} AND subscription_id = ${subscriptionId} AND expires_at > ${at}`;
    if (first === undefined) return { outcome: 'no-such-binding' };
    const { x, a_digest } = first;
    if (a_digest.equals(bDigest)) return { outcome: 'number-already-bound' };
    return bindUnlessExpired(transaction, ['axyb_relations', 'axyb_bindings'], appKey, at, async () => {
      const [other] = await transaction`
        SELECT FROM axyb_relations WHERE app_key = ${appKey} AND x = ${x} AND b_digest = ${bDigest}`;
      if (other !== undefined) return { outcome: 'binding-exists' };
      const y = await freeY(transaction, appKey, place, a_digest);
      if (y === undefined) return { outcome: 'no-free-x' };
      await transaction`INSERT INTO axyb_relations ${transaction(namedColumns({ ...row, x, y, a_digest }))}`;
      return { outcome: 'bound', x, y };
    });
  });
}

/** A Y that can carry one more relation of A. */
async function freeY(
  transaction: Transaction,
  appKey: string,
  place: WantedPlace,
  aDigest: Buffer,
): Promise<string | undefined> {
  const [row] = await transaction<{ y: string | null }[]>`
    SELECT free_y(${appKey}, ${placeArguments(transaction, place)}, ${aDigest}, ${MOST_RELATIONS_ON_Y}) AS y`;
  return row?.y ?? undefined;
}

/**
 * Ends a live binding with all its relations.
 * @returns the X and the Ys that it stood on; undefined when there was none
 * @throws StoreError
 */
export async function deleteAxybBinding(
  lock: BindingLock,
  appKey: string,
  subscriptionId: string,
  at: Date,
): Promise<string[] | undefined> {
  return lock.run(appKey, async (transaction) => {
    const related = await transaction<{ y: string }[]>`
      SELECT y FROM axyb_relations WHERE app_key = ${appKey} AND subscription_id = ${subscriptionId}`;
    const [ended] = await transaction<{ x: string }[]>`
      DELETE FROM axyb_bindings
      WHERE app_key = ${appKey} AND subscription_id = ${subscriptionId} AND expires_at > ${at} RETURNING x`;
    return ended && [ended.x, ...related.map(({ y }) => y)];
  });
}

/** One relation of a binding: by its Y, or by its B. */
export type RelationKey = { readonly y: string } | { readonly bDigest: Buffer };

/**
 * Ends one live relation of a binding.
 * @returns the X and the Y of it; undefined when there was none
 * @throws StoreError
 */
export async function deleteAxybRelation(
  lock: BindingLock,
  appKey: string,
  subscriptionId: string,
  key: RelationKey,
  at: Date,
): Promise<string[] | undefined> {
  return lock.run(appKey, async (transaction) => {
    const [ended] = await transaction<{ x: string; y: string }[]>`
      DELETE FROM axyb_relations
      WHERE app_key = ${appKey} AND subscription_id = ${subscriptionId} AND expires_at > ${at}
        AND ${'y' in key ? transaction`y = ${key.y}` : transaction`b_digest = ${key.bDigest}`}
        AND EXISTS (SELECT FROM axyb_bindings b
                    WHERE b.app_key = ${appKey} AND b.subscription_id = ${subscriptionId} AND b.expires_at > ${at})
      RETURNING x, y`;
    return ended && [ended.x, ended.y];
  });
}

/** A live binding with one of its live relations, or with none. */
export interface AxybRow {
  subscription_id: string;
  x: string;
  a_sealed: Buffer;
  call_direction: CallDirection;
  duration_seconds: number;
  record_flag: boolean;
  record_hint_tone: string | null;
  pre_voice_x: string | null;
  user_data: string | null;
  /** Of the relation, where there is one, else of the first part. */
  bound_at: Date;
  /** The rest is null where there is no relation. */
  y: string | null;
  b_sealed: Buffer | null;
  yb_duration_seconds: number | null;
  pre_voice_y: string | null;
}

/** A binding by its id, or what stands on a number: the binding whose X it is, or the relations whose Y it is. */
export type AxybKey = { readonly subscriptionId: string } | { readonly number: string };

/** Live bindings with their live relations, the oldest first. @throws StoreError */
export async function listAxybBindings(sql: Sql, appKey: string, key: AxybKey, at: Date): Promise<AxybRow[]> {
  const isMeant =
    'subscriptionId' in key
      ? sql`b.subscription_id = ${key.subscriptionId}`
      : sql`
        b.subscription_id IN (
          SELECT subscription_id FROM axyb_bindings WHERE app_key = ${appKey} AND x = ${key.number}
          UNION SELECT subscription_id FROM axyb_relations WHERE app_key = ${appKey} AND y = ${key.number})
        AND ${key.number} IN (b.x, r.y)`;
  return sql<AxybRow[]>`
    SELECT b.subscription_id, b.x, b.a_sealed, b.call_direction, b.duration_seconds, b.record_flag,
           b.record_hint_tone, b.pre_voice_x, coalesce(r.user_data, b.user_data) AS user_data,
           coalesce(r.bound_at, b.subscribed_at) AS bound_at,
           r.y, r.b_sealed, r.duration_seconds AS yb_duration_seconds, r.pre_voice_y
    FROM axyb_bindings b
    LEFT JOIN axyb_relations r
      ON r.app_key = b.app_key AND r.subscription_id = b.subscription_id AND r.expires_at > ${at}
    WHERE b.app_key = ${appKey} AND b.expires_at > ${at} AND ${isMeant}
    ORDER BY r.bound_at, b.subscription_id, r.y`.catch((error: unknown) => {
    throw storeErrorOf(error);
  });
}
