import type { Logger } from '../telemetry/logger.ts';
import type { Blocks } from './blackListEntries.ts';
import type { Changes } from './changes.ts';
import { type Sql, storeErrorOf } from './database.ts';
import { Rereading } from './Rereading.ts';
import type { Sealer } from './sealing.ts';

export interface BlackListOptions {
  readonly sql: Sql;
  readonly sealer: Pick<Sealer, 'digest'>;
  readonly changes: Changes;
  readonly log: Logger;
}

interface Entry {
  /** Null for every application. */
  readonly appKey: string | null;
  readonly blocks: Blocks;
}

/** Few enough that calls do not wait for the reading of a long list. */
const ROWS_AT_ONCE = 1000;

/**
 * The whole black list, in memory: every call asks it twice. It holds digests, not numbers: a look-up costs one digest,
 * some microseconds, and where the list is empty nothing. It is read at start and after each change of whatever node;
 * when PostgreSQL is away, the last list stays, because calls must go on.
 */
export class BlackList {
  readonly #options: BlackListOptions;
  readonly #rereading: Rereading;
  #entries: ReadonlyMap<string, readonly Entry[]> = new Map();
  #unsubscribe: (() => void) | undefined;

  constructor(options: BlackListOptions) {
    this.#options = options;
    this.#rereading = new Rereading({
      read: () => this.#read(),
      onFailure: (err) =>
        options.log.warn({ err }, 'the black list could not be read again; the last one stays'),
    });
  }

  /**
   * Reads the list and follows its changes until `stop`.
   * @throws StoreError
   */
  async start(): Promise<void> {
    this.#unsubscribe = this.#options.changes.onChange(({ blackList, everything }) => {
      if (blackList || everything) void this.reload();
    });
    await this.#read();
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    await this.#rereading.stop();
  }

  /** Numbers on the list. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * @param appKey the application whose call it is
   * @param number E.164, or '' for a number that is not known, which is never blocked
   */
  isBlockedCaller(appKey: string, number: string): boolean {
    return this.#isBlocked(appKey, number, 'caller');
  }

  /** As `isBlockedCaller`, for the person to ring. */
  isBlockedCallee(appKey: string, number: string): boolean {
    return this.#isBlocked(appKey, number, 'callee');
  }

  /** Reads the list again; a change that comes while it is read makes it read once more. */
  reload(): Promise<void> {
    return this.#rereading.request();
  }

  #isBlocked(callOf: string, number: string, role: 'caller' | 'callee'): boolean {
    if (this.#entries.size === 0 || number === '') return false;
    const entries = this.#entries.get(keyOf(this.#options.sealer.digest(number))) ?? [];
    return entries.some(
      ({ appKey, blocks }) =>
        (appKey === null || appKey === callOf) && (blocks === 'both' || blocks === role),
    );
  }

  async #read(): Promise<void> {
    const entries = new Map<string, Entry[]>();
    const rows = this.#options.sql<{ app_key: string | null; number_digest: Buffer; blocks: Blocks }[]>`
      SELECT app_key, number_digest, blocks FROM black_list`;
    try {
      for await (const some of rows.cursor(ROWS_AT_ONCE)) {
        for (const { app_key: appKey, number_digest, blocks } of some) {
          const key = keyOf(number_digest);
          entries.set(key, [...(entries.get(key) ?? []), { appKey, blocks }]);
        }
      }
    } catch (error) {
      throw storeErrorOf(error);
    }
    this.#entries = entries;
  }
}

function keyOf(digest: Buffer): string {
  return digest.toString('latin1');
}
