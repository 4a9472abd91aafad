import { randomBytes } from 'node:crypto';
import type { AppGuards, AppRoute, Mode } from '../../routing/types.ts';
import type { Allowance } from '../processes/SharedUse.ts';
import { type Sql, storeErrorOf } from './database.ts';
import { readGuards, type StoredGuards } from './guards.ts';
import { StoreError } from './StoreError.ts';
import type { Sealer } from './sealing.ts';

/** A customer's application. URLs that are absent mean that this kind of notification is not sent. */
export interface App {
  readonly appKey: string;
  /** The customer's account that it belongs to. */
  readonly accountId: string;
  readonly name: string;
  readonly mode: Mode;
  readonly state: AppRoute['state'];
  readonly recording: boolean;
  readonly statusUrl?: string;
  readonly feeUrl?: string;
  readonly numberStatusUrl?: string;
  /** Whether changes in the states of its X numbers are told, to `numberStatusUrl`, else to `statusUrl`. */
  readonly pushNumberStatus: boolean;
  /** Its numbers may carry short messages. They are not carried yet. */
  readonly sms: boolean;
  readonly smsNotificationUrl?: string;
  readonly smsControlUrl?: string;
  /** Recordings may be listened to, to check quality. */
  readonly qualityCheck: boolean;
  /** The name of an announcement file, or `default`: what both hear of the quality check before a recording begins. */
  readonly qualityHintTone?: string;
  /** By scene: the name of an announcement file, or `default` for the product's own. */
  readonly announcements: Readonly<Record<string, string>>;
  readonly callBackMemory: boolean;
  readonly extensionDigits: number;
  readonly collectRepeats: number;
  /** E.164. */
  readonly callBackNumber?: string;
  readonly guards: AppGuards;
  /** CIDR ranges from which its requests may come; none for anywhere. */
  readonly allowedAddresses: readonly string[];
  /** How many requests it may send; without it, as many as the platform lets every application. */
  readonly requestLimit?: RequestLimit;
  readonly createdAt: Date;
}

/** Requests at the partner API. */
export type RequestLimit = Allowance;

/** What the operator says of a new application; key and secret are made here. */
export interface NewApp {
  /** Without it, the default account. */
  readonly accountId?: string;
  readonly name: string;
  readonly mode: Mode;
  readonly recording?: boolean;
  readonly statusUrl?: string;
  readonly feeUrl?: string;
  readonly numberStatusUrl?: string;
  readonly pushNumberStatus?: boolean;
  readonly sms?: boolean;
  readonly smsNotificationUrl?: string;
  readonly smsControlUrl?: string;
  readonly qualityCheck?: boolean;
  readonly qualityHintTone?: string | null;
  readonly announcements?: Readonly<Record<string, string>>;
  readonly callBackMemory?: boolean;
  readonly extensionDigits?: number;
  readonly collectRepeats?: number;
  readonly callBackNumber?: string;
  readonly guards?: StoredGuards;
  readonly allowedAddresses?: readonly string[];
  readonly requestLimit?: RequestLimit | null;
}

type OrNull<T> = { readonly [Name in keyof T]: T[Name] | null };

/**
 * What may change of an application; its mode is fixed. `null` takes away what is optional. Of announcements and
 * guards, those that are not named stay.
 */
export interface AppChanges {
  readonly accountId?: string;
  readonly name?: string;
  readonly state?: AppRoute['state'];
  readonly recording?: boolean;
  readonly statusUrl?: string | null;
  readonly feeUrl?: string | null;
  readonly numberStatusUrl?: string | null;
  readonly pushNumberStatus?: boolean;
  readonly sms?: boolean;
  readonly smsNotificationUrl?: string | null;
  readonly smsControlUrl?: string | null;
  readonly qualityCheck?: boolean;
  readonly qualityHintTone?: string | null;
  readonly announcements?: Readonly<Record<string, string | null>>;
  readonly callBackMemory?: boolean;
  readonly extensionDigits?: number;
  readonly collectRepeats?: number;
  readonly callBackNumber?: string | null;
  readonly guards?: OrNull<StoredGuards>;
  readonly allowedAddresses?: readonly string[];
  readonly requestLimit?: RequestLimit | null;
}

/** A row of `apps`. */
export interface AppRow {
  app_key: string;
  account_id: string;
  name: string;
  mode: Mode;
  state: AppRoute['state'];
  recording: boolean;
  status_url: string | null;
  fee_url: string | null;
  number_status_url: string | null;
  push_number_status: boolean;
  sms: boolean;
  sms_notification_url: string | null;
  sms_control_url: string | null;
  quality_check: boolean;
  quality_hint_tone: string | null;
  announcements: Record<string, string>;
  call_back_memory: boolean;
  extension_digits: number;
  collect_repeats: number;
  call_back_number_sealed: Buffer | null;
  guards: StoredGuards;
  allowed_addresses: string[];
  request_limit: RequestLimit | null;
  created_at: Date;
}

const APP_KEY_BYTES = 12;
const APP_SECRET_BYTES = 24;

/** Reads a row of `apps`. @throws SealError */
export function appOf(row: AppRow, sealer: Sealer): App {
  return {
    appKey: row.app_key,
    accountId: row.account_id,
    name: row.name,
    mode: row.mode,
    state: row.state,
    recording: row.recording,
    ...(row.status_url === null ? {} : { statusUrl: row.status_url }),
    ...(row.fee_url === null ? {} : { feeUrl: row.fee_url }),
    ...(row.number_status_url === null ? {} : { numberStatusUrl: row.number_status_url }),
    pushNumberStatus: row.push_number_status,
    sms: row.sms,
    ...(row.sms_notification_url === null ? {} : { smsNotificationUrl: row.sms_notification_url }),
    ...(row.sms_control_url === null ? {} : { smsControlUrl: row.sms_control_url }),
    qualityCheck: row.quality_check,
    ...(row.quality_hint_tone === null ? {} : { qualityHintTone: row.quality_hint_tone }),
    announcements: row.announcements,
    callBackMemory: row.call_back_memory,
    extensionDigits: row.extension_digits,
    collectRepeats: row.collect_repeats,
    ...(row.call_back_number_sealed === null
      ? {}
      : { callBackNumber: sealer.open(row.call_back_number_sealed) }),
    guards: readGuards(row.guards),
    allowedAddresses: row.allowed_addresses,
    ...(row.request_limit === null ? {} : { requestLimit: row.request_limit }),
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
  const columns = {
    app_key: appKey,
    name: app.name,
    mode: app.mode,
    secret_sealed: sealer.seal(appSecret),
    announcements: sql.json(app.announcements ?? {}),
    guards: asJson(sql, app.guards ?? {}),
    ...plainColumns(sql, app, sealer),
  };
  const rows = await sql<AppRow[]>`INSERT INTO apps ${sql(columns)} RETURNING *`.catch(rethrow);
  const row = rows[0];
  if (row === undefined) throw storeErrorOf(new Error('INSERT returned no row'));
  return { app: appOf(row, sealer), appSecret };
}

/** Applications, those of one account or all, the oldest first. */
export async function listApps(sql: Sql, sealer: Sealer, accountId?: string): Promise<App[]> {
  const rows = await sql<AppRow[]>`
    SELECT * FROM apps ${accountId === undefined ? sql`` : sql`WHERE account_id = ${accountId}`}
    ORDER BY created_at, app_key`.catch(rethrow);
  return rows.map((row) => appOf(row, sealer));
}

export async function getApp(sql: Sql, sealer: Sealer, appKey: string): Promise<App | undefined> {
  const [row] = await sql<AppRow[]>`SELECT * FROM apps WHERE app_key = ${appKey}`.catch(rethrow);
  return row && appOf(row, sealer);
}

/**
 * @returns the application as it is now, or undefined when there is none with this key
 * @throws StoreError IN_USE when an extension of its bindings could not be typed any more
 */
export async function updateApp(
  sql: Sql,
  sealer: Sealer,
  appKey: string,
  changes: AppChanges,
): Promise<App | undefined> {
  const { name, state, announcements = {}, extensionDigits, guards = {} } = changes;
  const columns = Object.entries({ name, state, ...plainColumns(sql, changes, sealer) });
  const tooLong = sql`
    EXISTS (SELECT FROM axe_bindings b
            WHERE b.app_key = ${appKey} AND b.expires_at > now() AND length(b.extension) > ${extensionDigits ?? 0})`;
  const [row] = await sql<AppRow[]>`
    UPDATE apps SET
      ${sql({ ...Object.fromEntries(columns.filter(([, value]) => value !== undefined)), updated_at: new Date() })},
      announcements = jsonb_strip_nulls(announcements || ${sql.json(announcements)}),
      guards = jsonb_strip_nulls(guards || ${asJson(sql, guards)})
    WHERE app_key = ${appKey} ${extensionDigits === undefined ? sql`` : sql`AND NOT ${tooLong}`}
    RETURNING *`.catch(rethrow);
  if (row !== undefined) return appOf(row, sealer);
  if ((await getApp(sql, sealer, appKey)) === undefined) return undefined;
  throw new StoreError(
    'IN_USE',
    `Bindings of application ${appKey} have extensions of more than ${extensionDigits} digits: unbind them first.`,
  );
}

/** The columns that are one field each; undefined for what is not named. */
function plainColumns(sql: Sql, app: NewApp | AppChanges, sealer: Sealer) {
  const { callBackNumber, allowedAddresses, requestLimit } = app;
  const columns = {
    account_id: app.accountId,
    recording: app.recording,
    status_url: app.statusUrl,
    fee_url: app.feeUrl,
    number_status_url: app.numberStatusUrl,
    push_number_status: app.pushNumberStatus,
    sms: app.sms,
    sms_notification_url: app.smsNotificationUrl,
    sms_control_url: app.smsControlUrl,
    quality_check: app.qualityCheck,
    quality_hint_tone: app.qualityHintTone,
    call_back_memory: app.callBackMemory,
    extension_digits: app.extensionDigits,
    collect_repeats: app.collectRepeats,
    call_back_number_sealed: callBackNumber ? sealer.seal(callBackNumber) : callBackNumber,
    allowed_addresses: allowedAddresses && [...allowedAddresses],
    request_limit: requestLimit ? sql.json({ ...requestLimit }) : requestLimit,
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
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

/** A secret that was just made. */
export interface NewSecret {
  readonly secret: string;
  /** Until when the one before it is good, too; undefined when it has ended. */
  readonly oldSecretUntil: Date | undefined;
}

/**
 * Gives an application a new secret. The present one stays good for so many seconds; the one before that ends.
 * @param keepOldSeconds 0 ends the present one at once
 * @returns undefined when there is no such application
 */
export async function renewAppSecret(
  sql: Sql,
  sealer: Sealer,
  appKey: string,
  keepOldSeconds: number,
): Promise<NewSecret | undefined> {
  const secret = makeSecret();
  const keepsOld = keepOldSeconds > 0;
  const [row] = await sql<{ old_secret_until: Date | null }[]>`
    UPDATE apps SET
      secret_sealed = ${sealer.seal(secret)},
      old_secret_sealed = CASE WHEN ${keepsOld} THEN secret_sealed END,
      old_secret_until = CASE WHEN ${keepsOld} THEN now() + make_interval(secs => ${keepOldSeconds}::float8) END,
      updated_at = now()
    WHERE app_key = ${appKey} RETURNING old_secret_until`.catch(rethrow);
  return row && { secret, oldSecretUntil: row.old_secret_until ?? undefined };
}

/** Ends the secret before the present one. @returns false when there is none, or no such application */
export async function endOldSecret(sql: Sql, appKey: string): Promise<boolean> {
  const { count } = await sql`
    UPDATE apps SET old_secret_sealed = NULL, old_secret_until = NULL, updated_at = now()
    WHERE app_key = ${appKey} AND old_secret_until > now()`.catch(rethrow);
  return count > 0;
}

/** postgres.js takes no interface for JSON, only what has an index signature. */
function asJson(sql: Sql, value: StoredGuards | OrNull<StoredGuards>) {
  return sql.json({ toJSON: () => value });
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
