import type { AccountRoute, Frequency } from '../../routing/types.ts';
import { type Sql, storeErrorOf } from './database.ts';
import { StoreError } from './StoreError.ts';

/** A customer. */
export interface Account {
  /** `spId` of call records. */
  readonly accountId: string;
  readonly name: string;
  readonly state: AccountRoute['state'];
  /** Applications for which nobody names an account belong to this one. */
  readonly isDefault: boolean;
  /** How often calls of all its applications may come; without it, as often as the platform lets an account's. */
  readonly callFrequency?: Frequency;
  /** Applications that belong to it. */
  readonly apps: number;
  readonly createdAt: Date;
}

export interface NewAccount {
  readonly accountId: string;
  readonly name: string;
  readonly callFrequency?: Frequency;
}

/** `null` takes the frequency away. */
export interface AccountChanges {
  readonly name?: string;
  readonly state?: AccountRoute['state'];
  readonly callFrequency?: Frequency | null;
}

interface AccountRow {
  account_id: string;
  name: string;
  state: AccountRoute['state'];
  is_default: boolean;
  call_frequency: Frequency | null;
  apps: number;
  created_at: Date;
}

const accountOf = (row: AccountRow): Account => ({
  accountId: row.account_id,
  name: row.name,
  state: row.state,
  isDefault: row.is_default,
  ...(row.call_frequency !== null && { callFrequency: row.call_frequency }),
  apps: row.apps,
  createdAt: row.created_at,
});

const columns = (sql: Sql) => sql`
  account_id, name, state, is_default, call_frequency, created_at,
  (SELECT count(*)::int FROM apps a WHERE a.account_id = accounts.account_id) AS apps`;

/** Adds an account. @throws StoreError ALREADY_EXISTS when there is one with this id */
export async function insertAccount(sql: Sql, account: NewAccount): Promise<Account> {
  const { accountId, name, callFrequency } = account;
  const rows = await sql<AccountRow[]>`
    INSERT INTO accounts (account_id, name, call_frequency)
    VALUES (${accountId}, ${name}, ${frequencyJson(sql, callFrequency)})
    ON CONFLICT DO NOTHING RETURNING ${columns(sql)}`.catch(rethrow);
  const [row] = rows;
  if (row === undefined) throw new StoreError('ALREADY_EXISTS', `There is an account ${accountId} already.`);
  return accountOf(row);
}

/** All accounts, the default one first, then the oldest. */
export async function listAccounts(sql: Sql): Promise<Account[]> {
  const rows = await sql<AccountRow[]>`
    SELECT ${columns(sql)} FROM accounts ORDER BY is_default DESC, created_at, account_id`.catch(rethrow);
  return rows.map(accountOf);
}

export async function getAccount(sql: Sql, accountId: string): Promise<Account | undefined> {
  const [row] = await sql<AccountRow[]>`
    SELECT ${columns(sql)} FROM accounts WHERE account_id = ${accountId}`.catch(rethrow);
  return row && accountOf(row);
}

/** @returns the account as it is now, or undefined when there is none with this id */
export async function updateAccount(
  sql: Sql,
  accountId: string,
  { name, state, callFrequency }: AccountChanges,
): Promise<Account | undefined> {
  const [row] = await sql<AccountRow[]>`
    UPDATE accounts SET
      name = coalesce(${name ?? null}, name),
      state = coalesce(${state ?? null}, state),
      call_frequency = ${callFrequency === undefined ? sql`call_frequency` : frequencyJson(sql, callFrequency)},
      updated_at = now()
    WHERE account_id = ${accountId} RETURNING ${columns(sql)}`.catch(rethrow);
  return row && accountOf(row);
}

/** The keys of an account's applications, at most so many. */
export async function appKeysOf(sql: Sql, accountId: string, most: number): Promise<string[]> {
  const rows = await sql<{ app_key: string }[]>`
    SELECT app_key FROM apps WHERE account_id = ${accountId} LIMIT ${most}`.catch(rethrow);
  return rows.map((row) => row.app_key);
}

/**
 * @returns false when there is none with this id
 * @throws StoreError IN_USE while it has applications, and for the default account
 */
export async function deleteAccount(sql: Sql, accountId: string): Promise<boolean> {
  const account = await getAccount(sql, accountId);
  if (account === undefined) return false;
  if (account.isDefault)
    throw new StoreError('IN_USE', `Account ${accountId} is the one that applications belong to by default.`);
  if (account.apps > 0)
    throw new StoreError('IN_USE', `Account ${accountId} has ${account.apps} applications: move them first.`);
  const { count } = await sql`
    DELETE FROM accounts WHERE account_id = ${accountId} AND NOT is_default`.catch(rethrow);
  return count > 0;
}

/**
 * Sees to it that the default account has this id: an account that has it already becomes the default one, else the
 * default account is given it, with all of its applications. So a change of the setting changes what call records name,
 * as it did before there were accounts.
 * @throws StoreError
 */
export async function claimDefaultAccount(sql: Sql, accountId: string): Promise<void> {
  const known = await getAccount(sql, accountId);
  if (known?.isDefault) return;
  try {
    await sql.begin(async (transaction) => {
      // Nodes may start together.
      await transaction`LOCK TABLE accounts IN SHARE ROW EXCLUSIVE MODE`;
      const [account] = await transaction<{ is_default: boolean }[]>`
        SELECT is_default FROM accounts WHERE account_id = ${accountId}`;
      if (account?.is_default) return;
      if (account === undefined) {
        await transaction`UPDATE accounts SET account_id = ${accountId}, updated_at = now() WHERE is_default`;
        return;
      }
      await transaction`UPDATE accounts SET is_default = false WHERE is_default`;
      await transaction`UPDATE accounts SET is_default = true WHERE account_id = ${accountId}`;
    });
  } catch (error) {
    throw storeErrorOf(error);
  }
}

/** postgres.js takes no interface for JSON, only what has an index signature. */
function frequencyJson(sql: Sql, frequency: Frequency | null | undefined) {
  return frequency ? sql.json({ calls: frequency.calls, seconds: frequency.seconds }) : null;
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
