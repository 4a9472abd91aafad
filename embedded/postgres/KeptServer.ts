import { setTimeout as delay } from 'node:timers/promises';
import type { RunningServer } from './programs.ts';

/** After its end the server is started again this much later, so that an end at the start is no busy loop. */
const RESTART_DELAY_MS = 250;

export interface KeptServerOptions {
  /** Starts the server; `onEnd` is to be told when it ends without `stop`. */
  readonly start: (onEnd: () => void) => Promise<RunningServer>;
  /** Hears why it could not be started again; that is tried until it can. */
  readonly onFailure: (error: unknown) => void;
}

/** A server that is started again, in the same place, whenever it ends although nobody stopped it. */
export class KeptServer {
  readonly #options: KeptServerOptions;
  readonly #stopping = new AbortController();
  #server: RunningServer | undefined;
  #reviving: Promise<void> = Promise.resolve();

  constructor(options: KeptServerOptions) {
    this.#options = options;
  }

  /** @throws what the first start throws */
  async start(): Promise<RunningServer> {
    const server = await this.#options.start(() => {
      this.#reviving = this.#revive();
    });
    this.#server = server;
    return server;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#reviving;
    await this.#server?.stop();
  }

  async #revive(): Promise<void> {
    const { signal } = this.#stopping;
    this.#server = undefined;
    while (this.#server === undefined) {
      await delay(RESTART_DELAY_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await this.start().catch(this.#options.onFailure);
    }
  }
}
