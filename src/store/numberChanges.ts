import { maskNumber } from '../../routing/numbers.ts';
import type { XNumberState } from '../../routing/types.ts';
import { type Sql, storeErrorOf, type Transaction } from './database.ts';
import { fileNumberStatus, type NumberCause, type NumberStatusWriter } from './numberStatus.ts';
import { type NumberRow, numberOf, type StoredNumber } from './numbers.ts';
import { StoreError } from './StoreError.ts';

/** A state that an operator gives numbers. */
export interface NewState {
  readonly state: XNumberState;
  /** Why; of `unavailable` and `returned` only, and known there. */
  readonly cause?: NumberCause;
  /** Together with the state, the city. */
  readonly areaCode?: string;
}

/** What became of numbers, and whom that concerns. */
export interface ChangedNumbers {
  readonly items: readonly StoredNumber[];
  /** How many bindings were ended, in all modes. */
  readonly endedBindings: number;
  /** Numbers of which calls know something else now. */
  readonly concerned: readonly string[];
  /** Applications for which there is a message to send. */
  readonly told: readonly string[];
}

/**
 * Gives numbers a state, all or none, and files what their customers are told of it. A number that is returned loses
 * everything that stands on it, and stays returned.
 * @throws StoreError NOT_FOUND, NUMBER_RETURNED with the number
 */
export function setNumberStates(
  sql: Sql,
  writer: NumberStatusWriter,
  numbers: readonly string[],
  { state, cause, areaCode }: NewState,
): Promise<ChangedNumbers> {
  return changeLocked(sql, numbers, [], async (transaction, before) => {
    refuseReturned(before, (number) => state === 'returned' && number.cause === cause);
    const cleared = state === 'returned' ? await endAllOn(transaction, before) : NOTHING_ENDED;
    const items = await update(
      transaction,
      numbers,
      transaction`
      state = ${state}, cause = ${cause ?? null}, area_code = coalesce(${areaCode ?? null}, area_code)`,
    );
    const changed = before.filter((number) => number.state !== state || number.cause !== cause);
    const told: string[] = [];
    for (const [appKey, own] of Map.groupBy(changed, (number) => number.appKey)) {
      const statuses = own.map(({ number }) => ({ number, state, ...(cause !== undefined && { cause }) }));
      if (await fileNumberStatus(transaction, writer, appKey, statuses)) told.push(appKey);
    }
    return { items, told, ...cleared };
  });
}

/**
 * Gives numbers to another application, all or none. Everything that stands on them is ended, whatever the modes of the
 * two; calls in progress go on. The customer who loses them is told that they are gone.
 * @throws StoreError NOT_FOUND, NUMBER_RETURNED, ALREADY_EXISTS (it belongs to that application) with the number; IN_USE:
 * there is no such application
 */
export function moveNumbers(
  sql: Sql,
  writer: NumberStatusWriter,
  numbers: readonly string[],
  appKey: string,
): Promise<ChangedNumbers> {
  return changeLocked(sql, numbers, [appKey], async (transaction, before) => {
    refuseReturned(before, () => false);
    const there = before.find((number) => number.appKey === appKey);
    if (there !== undefined) {
      throw new StoreError('ALREADY_EXISTS', `${there.number} belongs to application ${appKey} already.`);
    }
    const cleared = await endAllOn(transaction, before);
    const items = await update(transaction, numbers, transaction`app_key = ${appKey}`);
    const told: string[] = [];
    for (const [from, own] of Map.groupBy(before, (number) => number.appKey)) {
      if (await fileNumberStatus(transaction, writer, from, own.map(goneFor))) told.push(from);
    }
    return { items, told, ...cleared };
  });
}

/**
 * Takes a number away on which nothing stands. Its customer is told, unless he knows that it was returned.
 * @returns what happened, and the application for which there is a message to send
 * @throws StoreError
 */
export async function deleteNumber(
  sql: Sql,
  writer: NumberStatusWriter,
  number: string,
): Promise<{ readonly outcome: 'deleted' | 'unknown' | 'in-use'; readonly told: readonly string[] }> {
  try {
    return await sql.begin(async (transaction) => {
      const [known] = await lockNumbers(transaction, [number], []);
      if (known === undefined) return { outcome: 'unknown', told: [] };
      const { count } = await transaction`DELETE FROM numbers WHERE number = ${number} AND bindings = 0`;
      if (count === 0) return { outcome: 'in-use', told: [] };
      const isNews = known.state !== 'returned';
      const isTold = isNews && (await fileNumberStatus(transaction, writer, known.appKey, [goneFor(known)]));
      return { outcome: 'deleted', told: isTold ? [known.appKey] : [] };
    });
  } catch (error) {
    throw storeErrorOf(error);
  }
}

type Outcome = Omit<ChangedNumbers, 'concerned'> & { readonly alsoConcerned: readonly string[] };

const NOTHING_ENDED = { endedBindings: 0, alsoConcerned: [] };

const goneFor = ({ number }: StoredNumber) => ({ number, state: 'unavailable', cause: 'deleted' }) as const;

async function changeLocked(
  sql: Sql,
  numbers: readonly string[],
  otherApps: readonly string[],
  change: (transaction: Transaction, before: readonly StoredNumber[]) => Promise<Outcome>,
): Promise<ChangedNumbers> {
  try {
    const { alsoConcerned, ...outcome } = await sql.begin(async (transaction) => {
      const before = await lockNumbers(transaction, numbers, otherApps);
      const unknown = numbers.find((number) => !before.some((known) => known.number === number));
      if (unknown !== undefined)
        throw new StoreError('NOT_FOUND', `There is no number ${maskNumber(unknown)}.`);
      return change(transaction, before);
    });
    return { ...outcome, concerned: [...new Set([...numbers, ...alsoConcerned])] };
  } catch (error) {
    throw storeErrorOf(error);
  }
}

/**
 * Takes the locks of the applications that numbers belong to, so that nobody binds on them meanwhile, and of some
 * others. Locks must be taken in their order (migration 006): whoever finds that a number has moved before he had them
 * takes no further ones, but gives up.
 * @returns the numbers as they are now
 * @throws StoreError IN_USE when a number was moved at the same moment
 */
async function lockNumbers(
  transaction: Transaction,
  numbers: readonly string[],
  otherApps: readonly string[],
): Promise<StoredNumber[]> {
  const owners = await transaction<{ app_key: string }[]>`
    SELECT DISTINCT app_key FROM numbers WHERE number = ANY(${[...numbers]})`;
  const locked = new Set([...owners.map((row) => row.app_key), ...otherApps]);
  await transaction`SELECT lock_bindings(${[...locked]})`;
  const rows = await transaction<NumberRow[]>`
    SELECT * FROM numbers WHERE number = ANY(${[...numbers]}) ORDER BY number FOR UPDATE`;
  const moved = rows.find((row) => !locked.has(row.app_key));
  if (moved === undefined) return rows.map(numberOf);
  throw new StoreError('IN_USE', `${moved.number} was moved to another application just now.`);
}

function refuseReturned(numbers: readonly StoredNumber[], isSame: (number: StoredNumber) => boolean): void {
  const returned = numbers.find((number) => number.state === 'returned' && !isSame(number));
  if (returned === undefined) return;
  throw new StoreError('NUMBER_RETURNED', `${returned.number} was returned, which cannot be undone.`);
}

async function endAllOn(transaction: Transaction, numbers: readonly StoredNumber[]) {
  let endedBindings = 0;
  const alsoConcerned: string[] = [];
  for (const { appKey, number } of numbers) {
    const [row] = await transaction<{ ended: number; concerned: string[] }[]>`
      SELECT ended, concerned FROM end_all_on(${appKey}, ${number})`;
    endedBindings += row?.ended ?? 0;
    alsoConcerned.push(...(row?.concerned ?? []));
  }
  return { endedBindings, alsoConcerned };
}

async function update(
  transaction: Transaction,
  numbers: readonly string[],
  columns: ReturnType<Transaction>,
): Promise<StoredNumber[]> {
  const rows = await transaction<NumberRow[]>`
    UPDATE numbers SET ${columns}, updated_at = now() WHERE number = ANY(${[...numbers]}) RETURNING *`;
  return rows.map(numberOf).toSorted((one, other) => (one.number < other.number ? -1 : 1));
}
