import { type Sql, storeErrorOf } from './database.ts';

/** An address that sent wrong credentials too often. */
export interface BlockedAddress {
  /** An IPv4 address, or the /64 of an IPv6 address. */
  readonly address: string;
  readonly blockedAt: Date;
  readonly blockedUntil: Date;
}

interface AddressRow {
  address: string;
  blocked_at: Date;
  blocked_until: Date;
}

/** Blocks an address for so many seconds from now; one that is blocked already, for at least as long. @throws StoreError */
export async function blockAddress(sql: Sql, address: string, seconds: number): Promise<void> {
  await sql`
    INSERT INTO blocked_addresses AS b (address, blocked_until)
    VALUES (${address}, now() + make_interval(secs => ${seconds}::float8))
    ON CONFLICT (address) DO UPDATE SET blocked_until = greatest(b.blocked_until, excluded.blocked_until)`.catch(
    rethrow,
  );
}

/** Those that are blocked now, the last one first; all of them, or the last so many. @throws StoreError */
export async function listBlockedAddresses(sql: Sql, most?: number): Promise<BlockedAddress[]> {
  const rows = await sql<AddressRow[]>`
    SELECT * FROM blocked_addresses WHERE blocked_until > now() ORDER BY blocked_at DESC, address
    ${most === undefined ? sql`` : sql`LIMIT ${most}`}`.catch(rethrow);
  return rows.map((row) => ({
    address: row.address,
    blockedAt: row.blocked_at,
    blockedUntil: row.blocked_until,
  }));
}

/** @returns false when it is not blocked. @throws StoreError */
export async function unblockAddress(sql: Sql, address: string): Promise<boolean> {
  const { count } = await sql`
    DELETE FROM blocked_addresses WHERE address = ${address} AND blocked_until > now()`.catch(rethrow);
  return count > 0;
}

/** Takes away those that are blocked no more. @returns whether there may be more. @throws StoreError */
export async function sweepBlockedAddresses(sql: Sql, most: number): Promise<boolean> {
  const { count } = await sql`
    DELETE FROM blocked_addresses WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM blocked_addresses WHERE blocked_until <= now() LIMIT ${most} FOR UPDATE SKIP LOCKED))`.catch(
    rethrow,
  );
  return count === most;
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
