import type { Logger } from '../telemetry/logger.ts';
import type { Changes } from './changes.ts';
import type { Sql } from './database.ts';
import { Rereading } from './Rereading.ts';
import type { Sealer } from './sealing.ts';
import { listTrunks, type Trunk } from './trunks.ts';

export interface TrunkDirectoryOptions {
  readonly sql: Sql;
  readonly sealer: Sealer;
  readonly changes: Changes;
  readonly log: Logger;
}

/**
 * All enabled trunks, in memory: every call needs them, and there are few. The list is read at start and after
 * each change; when PostgreSQL is away, the last list stays, because calls must go on.
 */
export class TrunkDirectory {
  readonly #options: TrunkDirectoryOptions;
  readonly #rereading: Rereading;
  readonly #listeners = new Set<(trunks: readonly Trunk[]) => void>();
  #trunks: readonly Trunk[] = [];
  #unsubscribe: (() => void) | undefined;

  constructor(options: TrunkDirectoryOptions) {
    this.#options = options;
    this.#rereading = new Rereading({
      read: () => this.#read(),
      onFailure: (err) => options.log.warn({ err }, 'trunks could not be read again; the last list stays'),
    });
  }

  get trunks(): readonly Trunk[] {
    return this.#trunks;
  }

  /**
   * Reads the list and follows its changes until `stop`.
   * @throws StoreError
   */
  async start(): Promise<void> {
    this.#unsubscribe = this.#options.changes.onChange(({ trunks, everything }) => {
      if (trunks || everything) this.reload();
    });
    await this.#read();
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    await this.#rereading.stop();
  }

  /** @returns a function that ends the subscription */
  onReload(listener: (trunks: readonly Trunk[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads the list again; a change that comes while it is read makes it read once more. */
  reload(): Promise<void> {
    return this.#rereading.request();
  }

  async #read(): Promise<void> {
    const { sql, sealer } = this.#options;
    this.#trunks = (await listTrunks(sql, sealer)).filter((trunk) => trunk.enabled);
    for (const listener of this.#listeners) listener(this.#trunks);
  }
}
