import type { CallDirection } from '../../routing/types.ts';
import { type Sql, storeErrorOf } from './database.ts';
import { appKeysOf, inOrder, rowsAsJson } from './sharedRows.ts';
import { placeColumns, type WantedPlace } from './wantedX.ts';

/** Most X that one A holds at the same time, and most relations that one Y carries (facts 5.1). */
export const MOST_X_OF_A = 5;
export const MOST_RELATIONS_ON_Y = 1000;

/** The first part of a binding, but for its X. */
export interface NewAxybRow {
  readonly place: WantedPlace;
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
  /** Where the Y is looked for. */
  readonly place: WantedPlace;
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

const requestsOf = (rows: readonly (NewAxybRow | NewRelationRow)[]): string =>
  rowsAsJson(
    rows.map(({ place, expires_at = 'infinity', ...row }) => ({
      ...row,
      expires_at,
      ...placeColumns(place),
    })),
  );

/**
 * Binds each A to an X on which nothing stands, in one statement.
 * @param at now: what has expired by then does not stand in the way
 * @returns an outcome for each row, in their order
 * @throws StoreError
 */
export async function insertAxybBindings(
  sql: Sql,
  rows: readonly NewAxybRow[],
  at: Date,
): Promise<AxybOutcome[]> {
  const outcomes = await sql<{ ord: string; outcome: AxybOutcome['outcome']; on_x: string }[]>`
    SELECT * FROM bind_axyb(
      ${appKeysOf(rows)}, ${requestsOf(rows)}::text::json, ${MOST_X_OF_A}, ${at})`.catch(rethrow);
  const outcomeOf = ({ outcome, on_x: x }: (typeof outcomes)[number]): AxybOutcome =>
    outcome === 'bound' ? { outcome, x } : { outcome };
  return inOrder(rows, outcomes, outcomeOf, { outcome: 'no-free-x' });
}

/**
 * Binds each B to a Y, for the A of a live binding, in one statement.
 * @param at now: what has expired by then does not stand in the way
 * @returns an outcome for each row, in their order
 * @throws StoreError
 */
export async function insertAxybRelations(
  sql: Sql,
  rows: readonly NewRelationRow[],
  at: Date,
): Promise<RelationOutcome[]> {
  type Row = { ord: string; outcome: RelationOutcome['outcome']; on_x: string; on_y: string };
  const outcomes = await sql<Row[]>`
    SELECT * FROM relate_axyb(
      ${appKeysOf(rows)}, ${requestsOf(rows)}::text::json, ${MOST_RELATIONS_ON_Y}, ${at})`.catch(rethrow);
  const outcomeOf = ({ outcome, on_x: x, on_y: y }: Row): RelationOutcome =>
    outcome === 'bound' ? { outcome, x, y } : { outcome };
  return inOrder(rows, outcomes, outcomeOf, { outcome: 'no-such-binding' });
}

/** What is to end: a binding with all its relations, or one relation of it, by its Y or by its B. */
export interface AxybEnding {
  readonly appKey: string;
  readonly subscriptionId: string;
  readonly relation?: { readonly y: string } | { readonly bDigest: Buffer };
}

/**
 * Ends live bindings and relations, in one statement.
 * @returns of each the X and the Ys that it stood on; null where there was none, or an earlier one of `meant` has ended it
 * @throws StoreError
 */
export async function deleteAxybBindings(
  sql: Sql,
  meant: readonly AxybEnding[],
  at: Date,
): Promise<(string[] | null)[]> {
  const requests = meant.map(({ appKey, subscriptionId, relation = {} }) => ({
    app_key: appKey,
    subscription_id: subscriptionId,
    ...('y' in relation ? { y: relation.y } : {}),
    ...('bDigest' in relation ? { b_digest: relation.bDigest } : {}),
  }));
  const ended = await sql<{ ord: string; concerned: string[] | null }[]>`
    SELECT * FROM unbind_axyb(${appKeysOf(requests)}, ${rowsAsJson(requests)}::text::json, ${at})`.catch(
    rethrow,
  );
  return inOrder(meant, ended, ({ concerned }) => concerned, null);
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

/**
 * What stands on a number, live, the oldest first: the binding whose X it is, or the relations whose Y it is.
 * @throws StoreError
 */
export async function listAxybBindings(
  sql: Sql,
  appKey: string,
  number: string,
  at: Date,
): Promise<AxybRow[]> {
  return sql<AxybRow[]>`
    SELECT b.subscription_id, b.x, b.a_sealed, b.call_direction, b.duration_seconds, b.record_flag,
           b.record_hint_tone, b.pre_voice_x, coalesce(r.user_data, b.user_data) AS user_data,
           coalesce(r.bound_at, b.subscribed_at) AS bound_at,
           r.y, r.b_sealed, r.duration_seconds AS yb_duration_seconds, r.pre_voice_y
    FROM axyb_bindings b
    LEFT JOIN axyb_relations r
      ON r.app_key = b.app_key AND r.subscription_id = b.subscription_id AND r.expires_at > ${at}
    WHERE b.app_key = ${appKey} AND b.expires_at > ${at} AND b.subscription_id IN (
        SELECT subscription_id FROM axyb_bindings WHERE app_key = ${appKey} AND x = ${number}
        UNION SELECT subscription_id FROM axyb_relations WHERE app_key = ${appKey} AND y = ${number})
      AND ${number} IN (b.x, r.y)
    ORDER BY r.bound_at, b.subscription_id, r.y`.catch(rethrow);
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
