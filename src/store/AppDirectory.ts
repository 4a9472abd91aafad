import { LRUCache } from 'lru-cache';
import type { Account } from './accounts.ts';
import { type App, type AppRow, appOf } from './apps.ts';
import type { Changes } from './changes.ts';
import { type Sql, storeErrorOf } from './database.ts';
import type { Sealer } from './sealing.ts';

/** An application with its opened secrets, for checking and making signatures. */
export interface KnownApp {
  readonly app: App;
  /** Of the account that it belongs to. */
  readonly accountState: Account['state'];
  readonly secret: string;
  /** The secret before this one, and until when it is good; milliseconds since the epoch. */
  readonly oldSecret?: { readonly secret: string; readonly until: number };
}

/**
 * The secrets that what is sent to an application is signed with, the one that signs alone first: as long as the old
 * secret is good, the customer is not known to have the new one.
 * @param nowMs milliseconds since the epoch
 */
export function signingSecrets(
  { secret, oldSecret }: KnownApp,
  nowMs: number,
): readonly [string, ...string[]] {
  return oldSecret !== undefined && nowMs < oldSecret.until ? [oldSecret.secret, secret] : [secret];
}

interface KnownRow extends AppRow {
  secret_sealed: Buffer;
  old_secret_sealed: Buffer | null;
  old_secret_until: Date | null;
  account_state: Account['state'];
}

export interface AppDirectoryOptions {
  readonly sql: Sql;
  readonly sealer: Sealer;
  readonly changes: Changes;
  /** Most applications in memory, unknown keys included: guessing keys must not fill it. */
  readonly max?: number;
}

/** Applications by key, from memory while nothing has changed. */
export class AppDirectory {
  readonly #options: AppDirectoryOptions;
  readonly #known: LRUCache<string, { readonly app: KnownApp | undefined }>;
  #loading = new Map<string, Promise<KnownApp | undefined>>();

  constructor(options: AppDirectoryOptions) {
    this.#options = options;
    this.#known = new LRUCache({ max: options.max ?? 10_000 });
    options.changes.onChange(({ apps, everything }) => {
      if (apps || everything) this.#forgetAll();
    });
  }

  /**
   * @returns undefined when there is no such application; without a promise when the answer is at hand
   * @throws StoreError (as a rejection)
   */
  get(appKey: string): KnownApp | undefined | Promise<KnownApp | undefined> {
    if (!this.#options.changes.trusted) return this.#load(appKey);
    const known = this.#known.get(appKey);
    return known === undefined ? this.#loadOnce(appKey) : known.app;
  }

  /** Applications change rarely, and a load that began before a change must not be kept: all are forgotten. */
  #forgetAll(): void {
    this.#known.clear();
    this.#loading = new Map();
  }

  async #loadOnce(appKey: string): Promise<KnownApp | undefined> {
    const flights = this.#loading;
    const flight = flights.get(appKey) ?? this.#load(appKey);
    flights.set(appKey, flight);
    try {
      const app = await flight;
      if (flights === this.#loading) this.#known.set(appKey, { app });
      return app;
    } finally {
      flights.delete(appKey);
    }
  }

  async #load(appKey: string): Promise<KnownApp | undefined> {
    const { sql, sealer } = this.#options;
    try {
      const [row] = await sql<KnownRow[]>`
        SELECT apps.*, accounts.state AS account_state FROM apps JOIN accounts USING (account_id)
        WHERE app_key = ${appKey}`;
      if (row === undefined) return undefined;
      const { old_secret_sealed: old, old_secret_until: until } = row;
      return {
        app: appOf(row, sealer),
        accountState: row.account_state,
        secret: sealer.open(row.secret_sealed),
        ...(old !== null &&
          until !== null && { oldSecret: { secret: sealer.open(old), until: until.getTime() } }),
      };
    } catch (error) {
      throw storeErrorOf(error);
    }
  }
}
