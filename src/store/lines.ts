import type { Line, Remember } from '../../routing/types.ts';
import { type Sql, storeErrorOf } from './database.ts';
import type { Sealer } from './sealing.ts';

export interface LinesOptions {
  readonly sql: Sql;
  readonly sealer: Pick<Sealer, 'seal'>;
  /** The life of this process (nodes.ts): what a dead life has taken is free. */
  readonly life: string;
}

export interface LineRequest {
  readonly appKey: string;
  /** The binding that the call goes by. */
  readonly subscriptionId: string;
  readonly line: Line;
  readonly sessionId: string;
  /** Kept when the line is taken, as long as the binding stands. */
  readonly remember?: Remember;
  /** `id` of the temporary callee that is used up when the line is taken. */
  readonly temporaryCallee?: string;
  /** From when on it is remembered who called; milliseconds since the epoch. */
  readonly now: number;
}

/**
 * `busy`: another call has the line. `used`: the temporary callee is not there any more: used up, or replaced.
 * Only with `taken` has anything changed.
 */
export type LineAnswer = 'taken' | 'busy' | 'used';

/** A line that belongs to no open call of the journal is left to a call that is only about to be in it for so long. */
const NOT_YET_DURABLE_SECONDS = 300;

/**
 * The exclusive lines of AX and AXE: one call at a time on an X, or on an X with an extension, over all processes. The
 * key of the table decides: a call has the line when its row stands.
 *
 * A line is freed in the transaction that closes its call in the journal (writeEntries.ts), for a dead process when
 * another one claims what it left open (nodes.ts).
 */
export class Lines {
  readonly #options: LinesOptions;

  constructor(options: LinesOptions) {
    this.#options = options;
  }

  /**
   * Takes a line for a call, and with it, in one round trip and in one transaction, uses up the temporary callee and
   * keeps who called.
   * @throws StoreError; then it is unknown whether the line was taken, and the call must be ended as one that has it
   */
  async take(request: LineRequest): Promise<LineAnswer> {
    const { sql, life } = this.#options;
    const { appKey, line, sessionId } = request;
    const [row] = await sql<{ callees: number; lines: number }[]>`
      WITH callee AS (
        ${this.#lockCallee(request)}
      ), taken AS (
        INSERT INTO lines (app_key, x, extension, session_id, life)
        SELECT ${appKey}, ${line.x}, ${line.extension}, ${sessionId}, ${life} FROM callee
        ON CONFLICT DO NOTHING
        RETURNING app_key
      )${this.#useCallee(request)}${this.#remember(request)}
      SELECT (SELECT count(*)::int FROM callee) AS callees, (SELECT count(*)::int FROM taken) AS lines`.catch(
      rethrow,
    );
    if (row?.lines) return 'taken';
    return row?.callees ? 'busy' : 'used';
  }

  /**
   * Frees what a call has taken that the journal never had; the close of any other does so itself.
   * @throws StoreError
   */
  async free(appKey: string, sessionId: string): Promise<void> {
    const { sql } = this.#options;
    await sql`DELETE FROM lines WHERE app_key = ${appKey} AND session_id = ${sessionId}`.catch(rethrow);
  }

  /** One row when there is nothing in the way of taking the line; nobody else can use the callee up meanwhile. */
  #lockCallee({ appKey, subscriptionId, temporaryCallee }: LineRequest) {
    const { sql } = this.#options;
    if (temporaryCallee === undefined) return sql`SELECT`;
    return sql`
        SELECT FROM ax_bindings
        WHERE app_key = ${appKey} AND subscription_id = ${subscriptionId} AND callee_id = ${temporaryCallee}
        FOR NO KEY UPDATE`;
  }

  #useCallee({ appKey, subscriptionId, temporaryCallee }: LineRequest) {
    const { sql } = this.#options;
    if (temporaryCallee === undefined) return sql``;
    return sql`, used AS (
        UPDATE ax_bindings b
        SET callee_id = NULL, callee_sealed = NULL, callee_expires_at = NULL, callee_user_data = NULL
        FROM taken
        WHERE b.app_key = ${appKey} AND b.subscription_id = ${subscriptionId} AND b.callee_id = ${temporaryCallee}
      )`;
  }

  /** The binding is locked, so that it cannot end while its record is written: the record goes with it (migration 009). */
  #remember({ appKey, subscriptionId, line, remember, now }: LineRequest) {
    const { sql, sealer } = this.#options;
    if (remember === undefined) return sql``;
    const bindings = sql(line.extension === '' ? 'ax_bindings' : 'axe_bindings');
    const expiresAt = remember.seconds === 0 ? null : new Date(now + remember.seconds * 1000);
    return sql`, binding AS (
        SELECT FROM ${bindings} WHERE app_key = ${appKey} AND subscription_id = ${subscriptionId} FOR KEY SHARE
      ), remembered AS (
        INSERT INTO call_backs (app_key, x, extension, caller_sealed, expires_at)
        SELECT ${appKey}, ${line.x}, ${line.extension}, ${sealer.seal(remember.caller)},
               coalesce(${expiresAt}::timestamptz, 'infinity')
        FROM taken, binding
        ON CONFLICT (app_key, x, extension)
        DO UPDATE SET caller_sealed = excluded.caller_sealed, expires_at = excluded.expires_at
      )`;
  }
}

/**
 * Frees lines that belong to no call: it never got into the journal, and whoever had to free them could not.
 * @returns how many were freed
 * @throws StoreError
 */
export async function freeForgottenLines(sql: Sql): Promise<number> {
  const { count } = await sql`
    DELETE FROM lines l
    WHERE taken_at < now() - make_interval(secs => ${NOT_YET_DURABLE_SECONDS}) AND NOT EXISTS (
      SELECT FROM calls c
      WHERE c.app_key = l.app_key AND c.session_id = l.session_id AND c.closed_at IS NULL)`.catch(rethrow);
  return count;
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
