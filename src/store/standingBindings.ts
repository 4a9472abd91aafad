import type { Fragment } from 'postgres';
import type { Mode } from '../../routing/types.ts';
import { type Sql, type SqlRunner, storeErrorOf } from './database.ts';

/** The modes in which customers bind. */
export type BoundMode = Exclude<Mode, 'X'>;

export const BOUND_MODES: readonly BoundMode[] = ['AXB', 'AX', 'AXE', 'AXYB'];

/** A live binding of any mode, as an overview shows it. */
export interface StandingBinding {
  readonly mode: BoundMode;
  readonly appKey: string;
  readonly subscriptionId: string;
  readonly x: string;
  /** AXE. */
  readonly extension?: string;
  readonly aSealed: Buffer;
  /** AXB. */
  readonly bSealed?: Buffer;
  /** AXYB: how many Bs are bound to this A. */
  readonly relations?: number;
  readonly subscribedAt: Date;
  /** Undefined: never. */
  readonly expiresAt?: Date;
}

/** A binding in which a certain person was found. */
export interface FoundBinding extends StandingBinding {
  /** Whether he is its A or a B. */
  readonly role: 'a' | 'b';
  /** AXYB: the Y behind which he is, as a B. */
  readonly y?: string;
}

/** Bindings are listed by application, and within one by their id. */
export interface BindingPlace {
  readonly appKey: string;
  readonly subscriptionId: string;
}

export interface BindingPage {
  /** The last one of the page before. */
  readonly after: BindingPlace | undefined;
  readonly limit: number;
  /** Now: what has expired by then does not stand any more. */
  readonly at: Date;
}

/** Which bindings are meant: all, those of a mode, of an application, or of one number (X or Y) of an application. */
export interface BindingFilter {
  readonly mode?: BoundMode;
  readonly appKey?: string;
  /** Only together with `appKey`. */
  readonly number?: string;
}

interface Row {
  mode: BoundMode;
  app_key: string;
  subscription_id: string;
  x: string;
  extension: string | null;
  a_sealed: Buffer;
  b_sealed: Buffer | null;
  relations: number | null;
  subscribed_at: Date;
  expires_at: Date | null;
}

const FIRST: BindingPlace = { appKey: '', subscriptionId: '00000000-0000-0000-0000-000000000000' };

/** One page of live bindings. @throws StoreError */
export async function listStandingBindings(
  sql: Sql,
  filter: BindingFilter,
  { after = FIRST, limit, at }: BindingPage,
): Promise<StandingBinding[]> {
  const { mode, appKey } = filter;
  const ofMode = (each: BoundMode) => sql`
    (SELECT ${columnsOf(sql, each, at)} FROM ${rowsOf(sql, each, filter)} b
     WHERE ${isLive(sql, each, at)} AND (b.app_key, b.subscription_id) > (${after.appKey}, ${after.subscriptionId}::uuid)
       ${appKey === undefined ? sql`` : sql`AND b.app_key = ${appKey}`}
     ORDER BY b.app_key, b.subscription_id LIMIT ${limit})`;
  const parts = BOUND_MODES.filter((each) => mode === undefined || each === mode).map(ofMode);
  const rows = await sql<Row[]>`
    SELECT * FROM (${unionOf(sql, parts)}) listed
    ORDER BY app_key, subscription_id LIMIT ${limit}`.catch(rethrow);
  return rows.map(bindingOf);
}

/**
 * One page of the live bindings in which a person takes part, whatever his role.
 *
 * AXB has no index by person alone, which would make every bind dearer: what is asked is whether he is on this X, for
 * each X that carries anything. That is some microseconds an X.
 * @param digest of his number
 * @param appKey in this application only
 * @throws StoreError
 */
export async function findBindingsOf(
  sql: Sql,
  digest: Buffer,
  appKey: string | undefined,
  { after = FIRST, limit, at }: BindingPage,
): Promise<FoundBinding[]> {
  const ofApp = appKey === undefined ? sql`` : sql`AND o.app_key = ${appKey}`;
  const asA = (mode: 'AX' | 'AXYB') => sql`
    SELECT ${columnsOf(sql, mode, at)}, 'a' AS role, NULL::text AS y
    FROM apps o CROSS JOIN LATERAL (
      SELECT * FROM ${sql(TABLES[mode])} b WHERE b.app_key = o.app_key AND b.a_digest = ${digest} OFFSET 0) b
    WHERE o.mode = ${mode} ${ofApp} AND ${isLive(sql, mode, at)}`;
  // Each search reads the one index that serves it, also while the tables have no statistics: OFFSET 0 keeps them apart.
  const parts = [
    sql`
    SELECT ${columnsOf(sql, 'AXB', at)}, CASE WHEN b.a_digest = ${digest} THEN 'a' ELSE 'b' END AS role, NULL AS y
    FROM numbers n
    JOIN apps o ON o.app_key = n.app_key
    CROSS JOIN LATERAL (
      SELECT p.subscription_id FROM binding_parties p
      WHERE p.app_key = n.app_key AND p.x = n.number AND p.party_digest = ${digest} OFFSET 0) p
    CROSS JOIN LATERAL (
      SELECT * FROM bindings b WHERE b.app_key = n.app_key AND b.subscription_id = p.subscription_id OFFSET 0) b
    WHERE o.mode = 'AXB' ${ofApp} AND n.bindings > 0 AND ${isLive(sql, 'AXB', at)}`,
    asA('AX'),
    sql`
    SELECT ${columnsOf(sql, 'AXE', at)}, 'a' AS role, NULL AS y
    FROM (SELECT * FROM axe_bindings b WHERE b.a_digest = ${digest} OFFSET 0) b JOIN apps o ON o.app_key = b.app_key
    WHERE ${isLive(sql, 'AXE', at)} ${ofApp}`,
    asA('AXYB'),
    sql`
    SELECT ${columnsOf(sql, 'AXYB', at)}, 'b' AS role, r.y
    FROM (SELECT * FROM axyb_relations r WHERE r.b_digest = ${digest} AND r.expires_at > ${at} OFFSET 0) r
    JOIN apps o ON o.app_key = r.app_key
    CROSS JOIN LATERAL (
      SELECT * FROM axyb_bindings b WHERE b.app_key = r.app_key AND b.subscription_id = r.subscription_id OFFSET 0) b
    WHERE ${isLive(sql, 'AXYB', at)} ${ofApp}`,
  ];
  const rows = await sql<(Row & { role: 'a' | 'b'; y: string | null })[]>`
    SELECT * FROM (${unionOf(sql, parts)}) found
    WHERE (app_key, subscription_id) > (${after.appKey}, ${after.subscriptionId}::uuid)
    ORDER BY app_key, subscription_id LIMIT ${limit}`.catch(rethrow);
  return rows.map((row) => ({ ...bindingOf(row), role: row.role, ...(row.y !== null && { y: row.y }) }));
}

/** The live binding with an id, of whatever application and mode. @throws StoreError */
export async function getStandingBinding(
  sql: Sql,
  subscriptionId: string,
  at: Date,
): Promise<StandingBinding | undefined> {
  const ofMode = (mode: BoundMode) => sql`
    SELECT ${columnsOf(sql, mode, at)} FROM apps o CROSS JOIN LATERAL (
      SELECT * FROM ${sql(TABLES[mode])} b
      WHERE b.app_key = o.app_key AND b.subscription_id = ${subscriptionId} OFFSET 0) b
    WHERE o.mode = ${mode} AND ${isLive(sql, mode, at)}`;
  const [row] = await sql<Row[]>`${unionOf(sql, BOUND_MODES.map(ofMode))} LIMIT 1`.catch(rethrow);
  return row && bindingOf(row);
}

const TABLES = {
  AXB: 'bindings',
  AX: 'ax_bindings',
  AXE: 'axe_bindings',
  AXYB: 'axyb_bindings',
} as const satisfies Record<BoundMode, string>;

/** What an overview needs of a mode's table, under the same names for all. */
function columnsOf(sql: SqlRunner, mode: BoundMode, at: Date) {
  return sql`
    ${mode}::text AS mode, b.app_key, b.subscription_id, b.x, b.a_sealed, b.subscribed_at,
    ${mode === 'AXE' ? sql`b.extension` : sql`NULL::text AS extension`},
    ${mode === 'AXB' ? sql`b.b_sealed` : sql`NULL::bytea AS b_sealed`},
    ${mode === 'AX' ? sql`NULL::timestamptz AS expires_at` : sql`nullif(b.expires_at, 'infinity') AS expires_at`},
    ${
      mode === 'AXYB'
        ? sql`(
      SELECT count(*)::int FROM axyb_relations r
      WHERE r.app_key = b.app_key AND r.subscription_id = b.subscription_id AND r.expires_at > ${at}) AS relations`
        : sql`NULL::int AS relations`
    }`;
}

function isLive(sql: SqlRunner, mode: BoundMode, at: Date) {
  return mode === 'AX' ? sql`true` : sql`b.expires_at > ${at}`;
}

/** The table of a mode; of a number, what stands on it: read by the number, and not in search of it through the key. */
function rowsOf(sql: SqlRunner, mode: BoundMode, { appKey = '', number }: BindingFilter) {
  if (number === undefined) return sql(TABLES[mode]);
  // As in migration 007: with app_key, the index of the ids might be read whole.
  if (mode === 'AXB') return sql`(SELECT * FROM bindings b WHERE b.x = ${number} OFFSET 0)`;
  const onX = sql`b.app_key = ${appKey} AND b.x = ${number}`;
  if (mode !== 'AXYB') return sql`(SELECT * FROM ${sql(TABLES[mode])} b WHERE ${onX} OFFSET 0)`;
  return sql`(
    SELECT b.* FROM axyb_bindings b WHERE ${onX}
    UNION ALL
    SELECT b.* FROM axyb_relations r JOIN axyb_bindings b USING (app_key, subscription_id)
    WHERE r.app_key = ${appKey} AND r.y = ${number})`;
}

function unionOf(sql: SqlRunner, parts: readonly Fragment[]) {
  return parts.reduce((all, part) => sql`${all} UNION ALL ${part}`);
}

function bindingOf(row: Row): StandingBinding {
  return {
    mode: row.mode,
    appKey: row.app_key,
    subscriptionId: row.subscription_id,
    x: row.x,
    ...(row.extension !== null && { extension: row.extension }),
    aSealed: row.a_sealed,
    ...(row.b_sealed !== null && { bSealed: row.b_sealed }),
    ...(row.relations !== null && { relations: row.relations }),
    subscribedAt: row.subscribed_at,
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
  };
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
