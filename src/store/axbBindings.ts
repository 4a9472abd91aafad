import type { CallDirection } from '../../routing/types.ts';
import { type Sql, storeErrorOf } from './database.ts';
import { inOrder } from './sharedRows.ts';
import type { WantedPlace, WantedX } from './wantedX.ts';

/** Most pairs of numbers that one X carries (facts 2.1). */
export const MOST_BINDINGS_ON_X = 5000;

/** What a new binding's row holds, but for its X, which the database may have to choose. */
export interface NewAxbRow {
  readonly appKey: string;
  readonly subscriptionId: string;
  readonly wanted: WantedX;
  readonly aDigest: Buffer;
  readonly aSealed: Buffer;
  readonly bDigest: Buffer;
  readonly bSealed: Buffer;
  readonly callDirection: CallDirection;
  readonly durationSeconds: number;
  /** Undefined: never. */
  readonly expiresAt: Date | undefined;
  readonly maxDurationMinutes: number;
  readonly recordFlag: boolean;
  readonly recordHintTone: string | null;
  readonly lastMinVoice: string | null;
  readonly privateSms: boolean;
  readonly callerHintTone: string | null;
  readonly calleeHintTone: string | null;
  readonly userData: string | null;
  readonly subscribedAt: Date;
}

export type BindRefusal =
  | 'x-not-of-application'
  | 'x-status-abnormal'
  | 'number-already-bound'
  | 'too-many-bindings'
  | 'no-free-x';

export type BindOutcome =
  | { readonly outcome: 'bound'; readonly x: string }
  /** `taken`: digest of the number that is on the X already. */
  | { readonly outcome: BindRefusal; readonly taken: Buffer | null };

/** The places where X are looked for, each once for each application: those who look in the same share its X evenly. */
class Places {
  readonly #rows: object[] = [];
  readonly #indexes = new Map<string, number>();

  indexOf(appKey: string, { areaCode, nearby, anywhere }: WantedPlace): number {
    const key = [appKey, areaCode, anywhere, ...nearby].join(' ');
    let index = this.#indexes.get(key);
    if (index === undefined) {
      index = this.#indexes.size;
      this.#indexes.set(key, index);
      this.#rows.push({ place: index, app_key: appKey, area_code: areaCode, nearby, anywhere });
    }
    return index;
  }

  toJSON(): readonly object[] {
    return this.#rows;
  }
}

function requestsOf(rows: readonly NewAxbRow[]): { requests: string; places: string } {
  const places = new Places();
  const requests = JSON.stringify(
    rows.map((row, index) => ({
      ord: index + 1,
      app_key: row.appKey,
      subscription_id: row.subscriptionId,
      ...('x' in row.wanted ? { x: row.wanted.x } : { place: places.indexOf(row.appKey, row.wanted.place) }),
      a_digest: row.aDigest.toString('base64'),
      a_sealed: row.aSealed.toString('base64'),
      b_digest: row.bDigest.toString('base64'),
      b_sealed: row.bSealed.toString('base64'),
      call_direction: row.callDirection,
      duration_seconds: row.durationSeconds,
      expires_at: row.expiresAt?.toISOString() ?? 'infinity',
      max_duration_minutes: row.maxDurationMinutes,
      record_flag: row.recordFlag,
      record_hint_tone: row.recordHintTone,
      last_min_voice: row.lastMinVoice,
      private_sms: row.privateSms,
      caller_hint_tone: row.callerHintTone,
      callee_hint_tone: row.calleeHintTone,
      user_data: row.userData,
      subscribed_at: row.subscribedAt.toISOString(),
    })),
  );
  return { requests, places: JSON.stringify(places) };
}

interface BindRow {
  ord: string;
  outcome: 'bound' | BindRefusal;
  on_x: string;
  taken: Buffer | null;
}

/**
 * Makes bindings: together where nothing stands in the way, the rest one by one, all in one statement.
 * @param at now
 * @returns an outcome for each row, in their order
 * @throws StoreError
 */
export async function insertAxbBindings(
  sql: Sql,
  rows: readonly NewAxbRow[],
  at: Date,
): Promise<BindOutcome[]> {
  const { requests, places } = requestsOf(rows);
  const appKeys = [...new Set(rows.map((row) => row.appKey))];
  // Sent as text: postgres.js would take a string for a json parameter apart and quote it again.
  const outcomes = await sql<BindRow[]>`
    SELECT * FROM bind_axb(
      ${appKeys}, ${requests}::text::json, ${places}::text::json, ${at}, ${MOST_BINDINGS_ON_X})`.catch(
    rethrow,
  );
  const outcomeOf = ({ outcome, on_x: x, taken }: BindRow): BindOutcome =>
    outcome === 'bound' ? { outcome, x } : { outcome, taken };
  return inOrder(rows, outcomes, outcomeOf, { outcome: 'no-free-x', taken: null });
}

export interface EndedBinding {
  readonly subscriptionId: string;
  readonly x: string;
}

interface EndedRow {
  subscription_id: string;
  x: string;
}

const endedOf = (row: EndedRow): EndedBinding => ({ subscriptionId: row.subscription_id, x: row.x });

/**
 * Ends bindings by id.
 * @returns for each what was ended; undefined where no such binding lived until now, or an earlier one of `ids` ended it
 */
export async function deleteAxbBindings(
  sql: Sql,
  ids: readonly { readonly appKey: string; readonly subscriptionId: string }[],
  at: Date,
): Promise<(EndedBinding | undefined)[]> {
  const rows = await sql<(EndedRow & { app_key: string })[]>`
    SELECT e.subscription_id, e.x, n.app_key
    FROM unbind_axb(${ids.map((id) => id.appKey)}, ${ids.map((id) => id.subscriptionId)}::uuid[], ${at}) e
    JOIN numbers n ON n.number = e.x`.catch(rethrow);
  const ended = new Map(rows.map((row) => [`${row.app_key} ${row.subscription_id}`, endedOf(row)]));
  return ids.map(({ appKey, subscriptionId }) => {
    const key = `${appKey} ${subscriptionId}`;
    const own = ended.get(key);
    ended.delete(key);
    return own;
  });
}

/** Ends at most `most` bindings of an X, expired ones included. @returns what was ended */
export async function deleteAxbBindingsOfX(
  sql: Sql,
  appKey: string,
  x: string,
  most: number,
): Promise<EndedBinding[]> {
  const rows = await sql<EndedRow[]>`SELECT * FROM unbind_axb_of_x(${appKey}, ${x}, ${most})`.catch(rethrow);
  return rows.map(endedOf);
}

/** Ends at most `most` expired bindings, of whatever application. @returns how many */
export async function deleteExpiredBindings(sql: Sql, at: Date, most: number): Promise<number> {
  const [row] = await sql<{ count: number }[]>`SELECT end_expired(${at}, ${most}) AS count`.catch(rethrow);
  return row?.count ?? 0;
}

/** A row of `bindings`, as far as the API shows it. */
export interface AxbRow {
  subscription_id: string;
  x: string;
  a_digest: Buffer;
  a_sealed: Buffer;
  b_digest: Buffer;
  b_sealed: Buffer;
  call_direction: CallDirection;
  duration_seconds: number;
  max_duration_minutes: number;
  record_flag: boolean;
  record_hint_tone: string | null;
  last_min_voice: string | null;
  private_sms: boolean;
  caller_hint_tone: string | null;
  callee_hint_tone: string | null;
  user_data: string | null;
  subscribed_at: Date;
}

/** Which live bindings of an X are meant: all, or that of a certain A, B, or both. */
export interface AxbFilter {
  readonly appKey: string;
  readonly x: string;
  readonly aDigest: Buffer | undefined;
  readonly bDigest: Buffer | undefined;
  readonly at: Date;
}

/** One page of live bindings of an X, the oldest first, and how many there are on all pages. */
export async function listAxbBindings(
  sql: Sql,
  { appKey, x, aDigest, bDigest, at }: AxbFilter,
  page: { readonly limit: number; readonly offset: number },
): Promise<{ rows: AxbRow[]; total: number }> {
  const where = sql`
    app_key = ${appKey} AND x = ${x} AND expires_at > ${at}
    ${aDigest === undefined ? sql`` : sql`AND a_digest = ${aDigest}`}
    ${bDigest === undefined ? sql`` : sql`AND b_digest = ${bDigest}`}`;
  const [rows, [counted]] = await Promise.all([
    sql<AxbRow[]>`SELECT * FROM bindings WHERE ${where}
      ORDER BY subscribed_at, subscription_id LIMIT ${page.limit} OFFSET ${page.offset}`,
    sql<{ total: number }[]>`SELECT count(*)::integer AS total FROM bindings WHERE ${where}`,
  ]).catch(rethrow);
  return { rows, total: counted?.total ?? 0 };
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
