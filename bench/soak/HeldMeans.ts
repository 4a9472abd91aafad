import { setTimeout as delay } from 'node:timers/promises';
import type { CallServers, HeldByServers } from './callServers.ts';

const EVERY_MS = 2000;

/** Looks often at what the servers hold: one look a minute would say more of that moment than of that minute. */
export class HeldMeans implements AsyncDisposable {
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #looks: HeldByServers[] = [];
  #latest: HeldByServers = { dialogs: 0, transactions: 0, channels: 0 };

  constructor(servers: CallServers) {
    this.#running = this.#run(servers);
  }

  /** The means since this was asked before. */
  take(): HeldByServers {
    const looks = this.#looks.splice(0);
    if (looks.length === 0) looks.push(this.#latest);
    const meanOf = (of: (held: HeldByServers) => number): number =>
      looks.reduce((sum, held) => sum + of(held), 0) / looks.length;
    return {
      dialogs: meanOf(({ dialogs }) => dialogs),
      transactions: meanOf(({ transactions }) => transactions),
      channels: meanOf(({ channels }) => channels),
    };
  }

  async #run(servers: CallServers): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        this.#latest = await servers.held();
        this.#looks.push(this.#latest);
      } catch {
        // A server that is too busy to tell, for once, tells next time; one that is gone is seen by the calls.
      }
      await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }
}
