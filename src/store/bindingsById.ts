import type { AxRow } from './axBindings.ts';
import type { AxbRow } from './axbBindings.ts';
import type { AxeRow } from './axeBindings.ts';
import type { AxybRow } from './axybBindings.ts';
import { type Sql, type SqlRunner, storeErrorOf } from './database.ts';

/** Which binding is meant. */
export interface BindingId {
  readonly appKey: string;
  readonly subscriptionId: string;
}

type Found<Row> = Row & { readonly ord: string };

/** AXB: the live binding of each id, null where there is none, in one statement. @throws StoreError */
export async function getAxbBindings(
  sql: Sql,
  ids: readonly BindingId[],
  at: Date,
): Promise<(AxbRow | null)[]> {
  const found = await sql<Found<AxbRow>[]>`
    SELECT * FROM ${wanted(sql, ids)} CROSS JOIN LATERAL (
      SELECT * FROM bindings b WHERE b.app_key = w.app_key AND b.subscription_id = w.id AND b.expires_at > ${at} LIMIT 1
    ) b`.catch(rethrow);
  return onlyOf(ids, found);
}

/** AX: the binding of each id, null where there is none, in one statement. @throws StoreError */
export async function getAxBindings(sql: Sql, ids: readonly BindingId[]): Promise<(AxRow | null)[]> {
  const found = await sql<Found<AxRow>[]>`
    SELECT * FROM ${wanted(sql, ids)} CROSS JOIN LATERAL (
      SELECT * FROM ax_bindings b WHERE b.app_key = w.app_key AND b.subscription_id = w.id LIMIT 1
    ) b`.catch(rethrow);
  return onlyOf(ids, found);
}

/** AXE: the live binding of each id, null where there is none, in one statement. @throws StoreError */
export async function getAxeBindings(
  sql: Sql,
  ids: readonly BindingId[],
  at: Date,
): Promise<(AxeRow | null)[]> {
  const found = await sql<Found<AxeRow>[]>`
    SELECT * FROM ${wanted(sql, ids)} CROSS JOIN LATERAL (
      SELECT * FROM axe_bindings b
      WHERE b.app_key = w.app_key AND b.subscription_id = w.id AND b.expires_at > ${at} LIMIT 1
    ) b`.catch(rethrow);
  return onlyOf(ids, found);
}

/** AXYB: the live binding of each id, once for each live relation, the oldest first, in one statement. @throws StoreError */
export async function getAxybBindings(
  sql: Sql,
  ids: readonly BindingId[],
  at: Date,
): Promise<(readonly AxybRow[])[]> {
  const found = await sql<Found<AxybRow>[]>`
    SELECT w.ord, b.subscription_id, b.x, b.a_sealed, b.call_direction, b.duration_seconds, b.record_flag,
           b.record_hint_tone, b.pre_voice_x, coalesce(r.user_data, b.user_data) AS user_data,
           coalesce(r.bound_at, b.subscribed_at) AS bound_at,
           r.y, r.b_sealed, r.duration_seconds AS yb_duration_seconds, r.pre_voice_y
    FROM ${wanted(sql, ids)} CROSS JOIN LATERAL (
      SELECT * FROM axyb_bindings b
      WHERE b.app_key = w.app_key AND b.subscription_id = w.id AND b.expires_at > ${at} LIMIT 1
    ) b LEFT JOIN LATERAL (
      SELECT * FROM axyb_relations r
      WHERE r.app_key = w.app_key AND r.subscription_id = w.id AND r.expires_at > ${at} OFFSET 0
    ) r ON true
    ORDER BY r.bound_at, r.y`.catch(rethrow);
  const byOrd = Map.groupBy(found, ({ ord }) => ord);
  return ids.map((_, index) => byOrd.get(String(index + 1)) ?? []);
}

/** The ids as a table `w`, each with its place from 1 (`ord`). What is found for each is found by its key: LATERAL. */
function wanted(sql: SqlRunner, ids: readonly BindingId[]) {
  const [only, ...more] = ids;
  // PostgreSQL takes a single row for what it is, a pair of constants.
  if (only !== undefined && more.length === 0) {
    return sql`(VALUES (${only.appKey}::text, ${only.subscriptionId}::uuid, 1::bigint)) w(app_key, id, ord)`;
  }
  return sql`unnest(${ids.map((id) => id.appKey)}::text[], ${ids.map((id) => id.subscriptionId)}::uuid[])
    WITH ORDINALITY w(app_key, id, ord)`;
}

function onlyOf<Row>(ids: readonly BindingId[], found: readonly Found<Row>[]): (Row | null)[] {
  const rows = ids.map((): Row | null => null);
  for (const row of found) rows[Number(row.ord) - 1] = row;
  return rows;
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
