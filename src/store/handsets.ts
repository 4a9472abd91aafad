import { type Sql, storeErrorOf } from './database.ts';
import type { Sealer } from './sealing.ts';

/** Where a request came from. */
export interface HandsetSource {
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly address: string;
  readonly port: number;
}

/** One binding of a handset to an address (RFC 3261, 10). */
export interface HandsetContact {
  /** As the phone calls itself: the Request-URI of what is sent to it. */
  readonly uri: string;
  /** Where it is reached. */
  readonly source: HandsetSource;
  readonly callId: string;
  readonly cseq: number;
  /** Milliseconds since the epoch. */
  readonly registeredAt: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A softphone that counts as a number. */
export interface Handset {
  /** Begins with a letter, so that it cannot be taken for a number. */
  readonly username: string;
  /** E.164. */
  readonly number: string;
  readonly password: string;
  /** For old phones that give up when they are offered another digest than MD5. */
  readonly md5Only: boolean;
  readonly enabled: boolean;
  /** In the order in which they registered, expired ones included. */
  readonly contacts: readonly HandsetContact[];
}

export type NewHandset = Pick<Handset, 'username' | 'number' | 'password' | 'md5Only'>;

export type HandsetChanges = Partial<Pick<Handset, 'number' | 'password' | 'md5Only' | 'enabled'>>;

interface HandsetRow {
  username: string;
  number_sealed: Buffer;
  password_sealed: Buffer;
  md5_only: boolean;
  enabled: boolean;
  contacts_sealed: Buffer | null;
}

function handsetOf(row: HandsetRow, sealer: Sealer): Handset {
  return {
    username: row.username,
    number: sealer.open(row.number_sealed),
    password: sealer.open(row.password_sealed),
    md5Only: row.md5_only,
    enabled: row.enabled,
    contacts: contactsOf(row.contacts_sealed, sealer),
  };
}

function contactsOf(sealed: Buffer | null, sealer: Sealer): readonly HandsetContact[] {
  return sealed === null ? [] : JSON.parse(sealer.open(sealed));
}

/** @throws StoreError ALREADY_EXISTS when the user name or the number is another handset's */
export async function insertHandset(sql: Sql, sealer: Sealer, handset: NewHandset): Promise<Handset> {
  const columns = {
    username: handset.username,
    number_digest: sealer.digest(handset.number),
    number_sealed: sealer.seal(handset.number),
    password_sealed: sealer.seal(handset.password),
    md5_only: handset.md5Only,
  };
  await sql`INSERT INTO handsets ${sql(columns)}`.catch(rethrow);
  return { ...handset, enabled: true, contacts: [] };
}

/** All handsets, also those that are switched off, by user name. */
export async function listHandsets(sql: Sql, sealer: Sealer): Promise<Handset[]> {
  const rows = await sql<HandsetRow[]>`SELECT * FROM handsets ORDER BY username`.catch(rethrow);
  return rows.map((row) => handsetOf(row, sealer));
}

export async function getHandset(sql: Sql, sealer: Sealer, username: string): Promise<Handset | undefined> {
  const [row] = await sql<HandsetRow[]>`SELECT * FROM handsets WHERE username = ${username}`.catch(rethrow);
  return row && handsetOf(row, sealer);
}

/**
 * Changes a handset. Its contacts are forgotten: they were registered with the old password, for the old number, or
 * while it was switched on.
 * @returns the handset as it is now, or undefined when there is none of this name
 * @throws StoreError ALREADY_EXISTS when the number is another handset's
 */
export async function updateHandset(
  sql: Sql,
  sealer: Sealer,
  username: string,
  { number, password, md5Only, enabled }: HandsetChanges,
): Promise<Handset | undefined> {
  const columns = {
    ...(number !== undefined && {
      number_digest: sealer.digest(number),
      number_sealed: sealer.seal(number),
    }),
    ...(password !== undefined && { password_sealed: sealer.seal(password) }),
    ...(md5Only !== undefined && { md5_only: md5Only }),
    ...(enabled !== undefined && { enabled }),
    contacts_sealed: null,
    updated_at: new Date(),
  };
  const [row] = await sql<HandsetRow[]>`
    UPDATE handsets SET ${sql(columns)} WHERE username = ${username} RETURNING *`.catch(rethrow);
  return row && handsetOf(row, sealer);
}

/** @returns false when there is none of this name */
export async function deleteHandset(sql: Sql, username: string): Promise<boolean> {
  const { count } = await sql`DELETE FROM handsets WHERE username = ${username}`.catch(rethrow);
  return count > 0;
}

/**
 * Changes the contacts of a handset; two changes at a time, of whatever nodes, follow each other.
 * @param change gets the contacts until now and gives those from now on, or undefined to leave them
 * @returns false when the handset is gone, or has another password than the one that was proved
 * @throws StoreError
 */
export async function changeContacts(
  sql: Sql,
  sealer: Sealer,
  { username, password }: Pick<Handset, 'username' | 'password'>,
  change: (before: readonly HandsetContact[]) => readonly HandsetContact[] | undefined,
): Promise<boolean> {
  try {
    return await sql.begin(async (transaction) => {
      const [row] = await transaction<HandsetRow[]>`
        SELECT * FROM handsets WHERE username = ${username} AND enabled FOR UPDATE`;
      if (row === undefined || sealer.open(row.password_sealed) !== password) return false;
      const contacts = change(contactsOf(row.contacts_sealed, sealer));
      if (contacts === undefined) return true;
      const sealed = contacts.length === 0 ? null : sealer.seal(JSON.stringify(contacts));
      await transaction`UPDATE handsets SET contacts_sealed = ${sealed} WHERE username = ${username}`;
      return true;
    });
  } catch (error) {
    throw storeErrorOf(error);
  }
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
