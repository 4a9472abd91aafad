import type { XNumberState } from '../../routing/types.ts';
import { type Sql, storeErrorOf } from './database.ts';
import type { NumberCause } from './numberStatus.ts';

/** An X number of an application. */
export interface StoredNumber {
  /** E.164. */
  readonly number: string;
  readonly appKey: string;
  /** City code, as `0571`; '' for none. */
  readonly areaCode: string;
  readonly state: XNumberState;
  /** Why it is out of service; known where the state is `unavailable` or `returned`. */
  readonly cause?: NumberCause;
  /** Bindings that stand on it, those that have expired but were not swept yet included. */
  readonly bindings: number;
  readonly createdAt: Date;
}

export interface NewNumber {
  readonly number: string;
  readonly areaCode?: string;
}

export interface NumberPage {
  readonly after?: string;
  readonly limit?: number;
  readonly state?: XNumberState;
}

/** A row of `numbers`. */
export interface NumberRow {
  number: string;
  app_key: string;
  area_code: string;
  state: XNumberState;
  cause: NumberCause | null;
  bindings: number;
  created_at: Date;
}

/** Reads a row of `numbers`. */
export const numberOf = (row: NumberRow): StoredNumber => ({
  number: row.number,
  appKey: row.app_key,
  areaCode: row.area_code,
  state: row.state,
  ...(row.cause !== null && { cause: row.cause }),
  bindings: row.bindings,
  createdAt: row.created_at,
});

/**
 * Gives X numbers to an application, all or none.
 * @throws StoreError ALREADY_EXISTS when one of them is known already (of whatever application); IN_USE: no such application
 */
export async function insertNumbers(
  sql: Sql,
  appKey: string,
  numbers: readonly NewNumber[],
): Promise<StoredNumber[]> {
  const rows = await sql<NumberRow[]>`
    INSERT INTO numbers (number, app_key, area_code)
    SELECT number, ${appKey}, area_code
    FROM unnest(${numbers.map((each) => each.number)}::text[], ${numbers.map((each) => each.areaCode ?? '')}::text[])
      AS given (number, area_code)
    RETURNING *`.catch(rethrow);
  return rows.map(numberOf);
}

/**
 * @param page `after`: the last number of the page before; `limit`: most rows; `state`: only those in this state
 * @returns numbers in order, of one application or of all
 */
export async function listNumbers(
  sql: Sql,
  appKey?: string,
  { after = '', limit = 1000, state }: NumberPage = {},
): Promise<StoredNumber[]> {
  const rows = await sql<NumberRow[]>`
    SELECT * FROM numbers
    WHERE number > ${after} ${appKey === undefined ? sql`` : sql`AND app_key = ${appKey}`}
      ${state === undefined ? sql`` : sql`AND state = ${state}`}
    ORDER BY number LIMIT ${limit}`.catch(rethrow);
  return rows.map(numberOf);
}

export async function getNumber(sql: Sql, number: string): Promise<StoredNumber | undefined> {
  const [row] = await sql<NumberRow[]>`SELECT * FROM numbers WHERE number = ${number}`.catch(rethrow);
  return row && numberOf(row);
}

/** Says in which city a number is. @returns the number as it is now, or undefined when it is not known */
export async function updateAreaCode(
  sql: Sql,
  number: string,
  areaCode: string,
): Promise<StoredNumber | undefined> {
  const [row] = await sql<NumberRow[]>`
    UPDATE numbers SET area_code = ${areaCode}, updated_at = now()
    WHERE number = ${number} RETURNING *`.catch(rethrow);
  return row && numberOf(row);
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
