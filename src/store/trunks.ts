import { type Sql, storeErrorOf } from './database.ts';
import type { Sealer } from './sealing.ts';

export type TrunkTransport = 'udp' | 'tcp' | 'tls';

/** A carrier's SIP trunk, in and out. */
export interface Trunk {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly transport: TrunkTransport;
  /** CIDR blocks from which the carrier's requests come. */
  readonly sources: readonly string[];
  /** Digest credentials, for a carrier that asks for them. */
  readonly username?: string;
  readonly password?: string;
  /** Lower is tried first (as in SRV records, RFC 2782). */
  readonly priority: number;
  /** Share of the calls among trunks of one priority. */
  readonly weight: number;
  /** Most calls at a time; absent for no limit. */
  readonly maxCalls?: number;
  /** Calls that may begin in a second, both ways together; absent for any number. */
  readonly callsPerSecond?: number;
  readonly enabled: boolean;
}

/** A new trunk; what is absent takes its default (port 5060, udp, priority 1, weight 1, enabled). */
export type NewTrunk = Pick<Trunk, 'name' | 'host'> & Partial<Trunk>;

/** What may change of a trunk; `null` takes an optional value away. */
export type TrunkChanges = Partial<
  Omit<Trunk, 'name' | 'username' | 'password' | 'maxCalls' | 'callsPerSecond'>
> & {
  readonly username?: string | null;
  readonly password?: string | null;
  readonly maxCalls?: number | null;
  readonly callsPerSecond?: number | null;
};

interface TrunkRow {
  name: string;
  host: string;
  port: number;
  transport: TrunkTransport;
  sources: string[];
  username: string | null;
  password_sealed: Buffer | null;
  priority: number;
  weight: number;
  max_calls: number | null;
  calls_per_second: number | null;
  enabled: boolean;
}

function trunkOf(row: TrunkRow, sealer: Sealer): Trunk {
  return {
    name: row.name,
    host: row.host,
    port: row.port,
    transport: row.transport,
    sources: row.sources,
    ...(row.username === null ? {} : { username: row.username }),
    ...(row.password_sealed === null ? {} : { password: sealer.open(row.password_sealed) }),
    priority: row.priority,
    weight: row.weight,
    ...(row.max_calls === null ? {} : { maxCalls: row.max_calls }),
    ...(row.calls_per_second === null ? {} : { callsPerSecond: row.calls_per_second }),
    enabled: row.enabled,
  };
}

function columnsOf(sealer: Sealer, trunk: TrunkChanges): Record<string, unknown> {
  const { password } = trunk;
  const columns = {
    host: trunk.host,
    port: trunk.port,
    transport: trunk.transport,
    sources: trunk.sources,
    username: trunk.username,
    password_sealed: password === undefined || password === null ? password : sealer.seal(password),
    priority: trunk.priority,
    weight: trunk.weight,
    max_calls: trunk.maxCalls,
    calls_per_second: trunk.callsPerSecond,
    enabled: trunk.enabled,
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}

/** @throws StoreError ALREADY_EXISTS */
export async function insertTrunk(sql: Sql, sealer: Sealer, trunk: NewTrunk): Promise<Trunk> {
  const columns = { name: trunk.name, ...columnsOf(sealer, trunk) };
  const rows = await sql<TrunkRow[]>`INSERT INTO trunks ${sql(columns)} RETURNING *`.catch(rethrow);
  const row = rows[0];
  if (row === undefined) throw storeErrorOf(new Error('INSERT returned no row'));
  return trunkOf(row, sealer);
}

/** All trunks, also those that are switched off, by priority and name. */
export async function listTrunks(sql: Sql, sealer: Sealer): Promise<Trunk[]> {
  const rows = await sql<TrunkRow[]>`SELECT * FROM trunks ORDER BY priority, name`.catch(rethrow);
  return rows.map((row) => trunkOf(row, sealer));
}

export async function getTrunk(sql: Sql, sealer: Sealer, name: string): Promise<Trunk | undefined> {
  const [row] = await sql<TrunkRow[]>`SELECT * FROM trunks WHERE name = ${name}`.catch(rethrow);
  return row && trunkOf(row, sealer);
}

/** @returns the trunk as it is now, or undefined when there is none of this name */
export async function updateTrunk(
  sql: Sql,
  sealer: Sealer,
  name: string,
  changes: TrunkChanges,
): Promise<Trunk | undefined> {
  const columns = { ...columnsOf(sealer, changes), updated_at: new Date() };
  const [row] = await sql<TrunkRow[]>`
    UPDATE trunks SET ${sql(columns)} WHERE name = ${name} RETURNING *`.catch(rethrow);
  return row && trunkOf(row, sealer);
}

/** @returns false when there is none of this name */
export async function deleteTrunk(sql: Sql, name: string): Promise<boolean> {
  const { count } = await sql`DELETE FROM trunks WHERE name = ${name}`.catch(rethrow);
  return count > 0;
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
