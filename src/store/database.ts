import postgres from 'postgres';
import { migrate } from './migrate.ts';
import { StoreError } from './StoreError.ts';
import { SealError } from './sealing.ts';

/** A pool of connections to PostgreSQL, or one transaction on one of them. */
export type Sql = postgres.Sql;
export type Transaction = postgres.TransactionSql;
/** Where a statement may run: on any connection of the pool, or inside a transaction. */
export type SqlRunner = postgres.ISql;

export interface DatabaseOptions {
  /** postgres://user:password@host:port/database */
  readonly url: string;
  /** Most connections. */
  readonly max: number;
}

const CONNECT_TIMEOUT_SECONDS = 5;
const CLOSE_TIMEOUT_SECONDS = 5;
const FIRST_WAIT_SECONDS = 0.02;
const LONGEST_WAIT_SECONDS = 0.5;

/** postgres.js would wait up to twenty seconds more after a database that was away is back; a call cannot. */
function secondsBeforeAttempt(attempt: number): number {
  return Math.min(FIRST_WAIT_SECONDS * 2 ** attempt, LONGEST_WAIT_SECONDS);
}

/** Connects without touching the schema: for tools, and for tests that look at an empty database. */
export function connectDatabase({ url, max }: DatabaseOptions): Sql {
  return postgres(url, {
    max,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    backoff: secondsBeforeAttempt,
    // "IF NOT EXISTS … skipping" is no news.
    onnotice: () => undefined,
    connection: { application_name: 'axbridge' },
  });
}

/**
 * Connects and brings the schema up to date.
 * Several nodes may start at the same time: one migrates, the others wait for it.
 * @throws StoreError DATABASE_UNAVAILABLE, DATABASE_FAILED
 */
export async function openDatabase(options: DatabaseOptions): Promise<Sql> {
  const sql = connectDatabase(options);
  try {
    await migrate(sql);
  } catch (error) {
    await closeDatabase(sql);
    throw storeErrorOf(error);
  }
  return sql;
}

/** Ends all connections; statements under way may finish within five seconds. */
export async function closeDatabase(sql: Sql): Promise<void> {
  await sql.end({ timeout: CLOSE_TIMEOUT_SECONDS });
}

/** Connection exceptions, out of resources, and operator intervention (PostgreSQL, Appendix A). */
const UNAVAILABLE_CLASSES = new Set(['08', '53', '57']);
const UNIQUE_VIOLATION = '23505';
/** PostgreSQL 18 tells a row that must stay (restrict_violation) from one that is missing (foreign_key_violation). */
const REFERENCE_VIOLATIONS = new Set(['23001', '23503']);

/** Gives any error of a database call its class and stable code. */
export function storeErrorOf(cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  if (cause instanceof postgres.PostgresError) {
    // PostgreSQL's message names tables and constraints; its `detail` may hold values and is left out.
    const message = `PostgreSQL ${cause.code}: ${cause.message}`;
    if (cause.code === UNIQUE_VIOLATION) return new StoreError('ALREADY_EXISTS', message, { cause });
    if (REFERENCE_VIOLATIONS.has(cause.code)) return new StoreError('IN_USE', message, { cause });
    const unavailable = UNAVAILABLE_CLASSES.has(cause.code.slice(0, 2));
    return new StoreError(unavailable ? 'DATABASE_UNAVAILABLE' : 'DATABASE_FAILED', message, { cause });
  }
  if (cause instanceof SealError) return new StoreError('ROW_INVALID', cause.message, { cause });
  if (isConnectionError(cause)) {
    return new StoreError('DATABASE_UNAVAILABLE', `PostgreSQL is not there (${cause.code})`, { cause });
  }
  return new StoreError('DATABASE_FAILED', 'a statement could not be sent', { cause });
}

/** Errors of postgres.js (CONNECTION_CLOSED, CONNECT_TIMEOUT …) and of the socket (ECONNREFUSED …). */
function isConnectionError(cause: unknown): cause is Error & { code: string } {
  if (!(cause instanceof Error && 'code' in cause && typeof cause.code === 'string')) return false;
  return cause.code.startsWith('CONNECT') || 'syscall' in cause;
}
