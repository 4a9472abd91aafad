import { randomBytes } from 'node:crypto';
import type { AppRoute, Mode } from '../../routing/types.ts';
import { type Sql, storeErrorOf } from './database.ts';
import type { Sealer } from './sealing.ts';

/** A customer's application. URLs that are absent mean that this kind of notification is not sent. */
export interface App {
  readonly appKey: string;
  readonly name: string;
  readonly mode: Mode;
  readonly state: AppRoute['state'];
  readonly recording: boolean;
  readonly statusUrl?: string;
  readonly feeUrl?: string;
  readonly numberStatusUrl?: string;
  /** Announcement file names by scene. */
  readonly announcements: Readonly<Record<string, string>>;
  readonly createdAt: Date;
}

/** What the operator says of a new application; key and secret are made here. */
export interface NewApp {
  readonly name: string;
  readonly mode: Mode;
  readonly recording?: boolean;
  readonly statusUrl?: string;
  readonly feeUrl?: string;
  readonly numberStatusUrl?: string;
  readonly announcements?: Readonly<Record<string, string>>;
}

/** What may change of an application; its mode is fixed. `null` takes a URL away. */
export interface AppChanges {
  readonly name?: string;
  readonly state?: AppRoute['state'];
  readonly recording?: boolean;
  readonly statusUrl?: string | null;
  readonly feeUrl?: string | null;
  readonly numberStatusUrl?: string | null;
  readonly announcements?: Readonly<Record<string, string>>;
}

/** A row of `apps`. */
export interface AppRow {
  app_key: string;
  name: string;
  mode: Mode;
  state: AppRoute['state'];
  recording: boolean;
  status_url: string | null;
  fee_url: string | null;
  number_status_url: string | null;
  announcements: Record<string, string>;
  created_at: Date;
}

const APP_KEY_BYTES = 12;
const APP_SECRET_BYTES = 24;

/** Reads a row of `apps`. */
export function appOf(row: AppRow): App {
  return {
    appKey: row.app_key,
    name: row.name,
    mode: row.mode,
    state: row.state,
    recording: row.recording,
    ...(row.status_url === null ? {} : { statusUrl: row.status_url }),
    ...(row.fee_url === null ? {} : { feeUrl: row.fee_url }),
    ...(row.number_status_url === null ? {} : { numberStatusUrl: row.number_status_url }),
    announcements: row.announcements,
    createdAt: row.created_at,
  };
}

/** Letters alone: what masks numbers in texts never touches a key, and none begins with a dash, as an option would. */
function newAppKey(): string {
  const digits = 'ghijklmnop';
  return randomBytes(APP_KEY_BYTES)
    .toString('hex')
    .replace(/\d/g, (digit) => digits.charAt(Number(digit)));
}

function makeSecret(): string {
  return randomBytes(APP_SECRET_BYTES).toString('base64url');
}

/**
 * Adds an application with a fresh key and secret; the secret is returned once and kept sealed.
 * @throws StoreError
 */
export async function insertApp(
  sql: Sql,
  sealer: Sealer,
  app: NewApp,
): Promise<{ app: App; appSecret: string }> {
  const appKey = newAppKey();
  const appSecret = makeSecret();
  const rows = await sql<AppRow[]>`
    INSERT INTO apps (app_key, name, mode, secret_sealed, recording, status_url, fee_url, number_status_url, announcements)
    VALUES (${appKey}, ${app.name}, ${app.mode}, ${sealer.seal(appSecret)}, ${app.recording ?? false},
            ${app.statusUrl ?? null}, ${app.feeUrl ?? null}, ${app.numberStatusUrl ?? null},
            ${sql.json(app.announcements ?? {})})
    RETURNING *`.catch(rethrow);
  const row = rows[0];
  if (row === undefined) throw storeErrorOf(new Error('INSERT returned no row'));
  return { app: appOf(row), appSecret };
}

/** All applications, oldest first. */
export async function listApps(sql: Sql): Promise<App[]> {
  const rows = await sql<AppRow[]>`SELECT * FROM apps ORDER BY created_at, app_key`.catch(rethrow);
  return rows.map(appOf);
}

export async function getApp(sql: Sql, appKey: string): Promise<App | undefined> {
  const [row] = await sql<AppRow[]>`SELECT * FROM apps WHERE app_key = ${appKey}`.catch(rethrow);
  return row && appOf(row);
}

/** @returns the application as it is now, or undefined when there is none with this key */
export async function updateApp(sql: Sql, appKey: string, changes: AppChanges): Promise<App | undefined> {
  const columns = Object.entries({
    name: changes.name,
    state: changes.state,
    recording: changes.recording,
    status_url: changes.statusUrl,
    fee_url: changes.feeUrl,
    number_status_url: changes.numberStatusUrl,
    announcements: changes.announcements && sql.json(changes.announcements),
  }).filter(([, value]) => value !== undefined);
  const [row] = await sql<AppRow[]>`
    UPDATE apps SET ${sql({ ...Object.fromEntries(columns), updated_at: new Date() })}
    WHERE app_key = ${appKey} RETURNING *`.catch(rethrow);
  return row && appOf(row);
}

/**
 * @returns false when there is none with this key
 * @throws StoreError IN_USE while it owns numbers
 */
export async function deleteApp(sql: Sql, appKey: string): Promise<boolean> {
  const { count } = await sql`DELETE FROM apps WHERE app_key = ${appKey}`.catch(rethrow);
  return count > 0;
}

/** The opened secret, or undefined when there is no such application. */
export async function appSecret(sql: Sql, sealer: Sealer, appKey: string): Promise<string | undefined> {
  const [row] = await sql<{ secret_sealed: Buffer }[]>`
    SELECT secret_sealed FROM apps WHERE app_key = ${appKey}`.catch(rethrow);
  return row && sealer.open(row.secret_sealed);
}

/** Gives an application a new secret; the old one ends at once. Undefined when there is no such application. */
export async function renewAppSecret(sql: Sql, sealer: Sealer, appKey: string): Promise<string | undefined> {
  const secret = makeSecret();
  const { count } = await sql`
    UPDATE apps SET secret_sealed = ${sealer.seal(secret)}, updated_at = now()
    WHERE app_key = ${appKey}`.catch(rethrow);
  return count > 0 ? secret : undefined;
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
