import { type Sql, storeErrorOf } from './database.ts';
import { StoreError } from './StoreError.ts';
import type { Sealer } from './sealing.ts';

/** In which role a number is blocked. */
export type Blocks = 'caller' | 'callee' | 'both';

/** A number on the black list. */
export interface BlackListEntry {
  readonly id: number;
  /** E.164. */
  readonly number: string;
  /** Blocked in the calls of this application; without it, in those of every one. */
  readonly appKey?: string;
  readonly blocks: Blocks;
  readonly createdAt: Date;
}

export type NewBlackListEntry = Pick<BlackListEntry, 'number' | 'appKey' | 'blocks'>;

interface EntryRow {
  id: number;
  app_key: string | null;
  number_sealed: Buffer;
  blocks: Blocks;
  created_at: Date;
}

function entryOf(row: EntryRow, sealer: Sealer): BlackListEntry {
  return {
    id: row.id,
    number: sealer.open(row.number_sealed),
    ...(row.app_key !== null && { appKey: row.app_key }),
    blocks: row.blocks,
    createdAt: row.created_at,
  };
}

/**
 * Puts a number on the list; one that stands there for the same application is changed.
 * @returns the entry, and whether it is new
 * @throws StoreError IN_USE when there is no such application
 */
export async function putBlackListEntry(
  sql: Sql,
  sealer: Sealer,
  { number, appKey, blocks }: NewBlackListEntry,
): Promise<{ readonly entry: BlackListEntry; readonly isNew: boolean }> {
  const rows = await sql<(EntryRow & { is_new: boolean })[]>`
    INSERT INTO black_list (app_key, number_digest, number_sealed, blocks)
    VALUES (${appKey ?? null}, ${sealer.digest(number)}, ${sealer.seal(number)}, ${blocks})
    ON CONFLICT (app_key, number_digest) DO UPDATE SET blocks = excluded.blocks
    RETURNING *, xmax = 0 AS is_new`.catch(rethrow);
  const row = rows[0];
  if (row === undefined) throw new StoreError('DATABASE_FAILED', 'INSERT returned no row');
  return { entry: entryOf(row, sealer), isNew: row.is_new };
}

/**
 * @param page `after`: the id of the last entry of the page before; `limit`: most entries
 * @returns entries in the order in which they were made, those of one application or all
 */
export async function listBlackList(
  sql: Sql,
  sealer: Sealer,
  appKey?: string,
  { after = 0, limit = 1000 }: { readonly after?: number; readonly limit?: number } = {},
): Promise<BlackListEntry[]> {
  const rows = await sql<EntryRow[]>`
    SELECT * FROM black_list
    WHERE id > ${after} ${appKey === undefined ? sql`` : sql`AND app_key = ${appKey}`}
    ORDER BY id LIMIT ${limit}`.catch(rethrow);
  return rows.map((row) => entryOf(row, sealer));
}

export async function getBlackListEntry(
  sql: Sql,
  sealer: Sealer,
  id: number,
): Promise<BlackListEntry | undefined> {
  const [row] = await sql<EntryRow[]>`SELECT * FROM black_list WHERE id = ${id}`.catch(rethrow);
  return row && entryOf(row, sealer);
}

/** @returns false when there is none with this id */
export async function deleteBlackListEntry(sql: Sql, id: number): Promise<boolean> {
  const { count } = await sql`DELETE FROM black_list WHERE id = ${id}`.catch(rethrow);
  return count > 0;
}

/** Takes a number off the list of one application, or off the one for all. @returns false when it does not stand there */
export async function deleteBlockedNumber(
  sql: Sql,
  sealer: Sealer,
  { number, appKey }: Pick<BlackListEntry, 'number' | 'appKey'>,
): Promise<boolean> {
  const { count } = await sql`
    DELETE FROM black_list
    WHERE number_digest = ${sealer.digest(number)} AND app_key IS NOT DISTINCT FROM ${appKey ?? null}`.catch(
    rethrow,
  );
  return count > 0;
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
