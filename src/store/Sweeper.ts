import { setTimeout as delay } from 'node:timers/promises';
import { faultFields } from '../telemetry/fault.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface SweeperOptions {
  /** What is swept, for log lines. */
  readonly name: string;
  /** Removes some of what is to go. True: there may be more. */
  readonly sweep: () => Promise<boolean>;
  /** Milliseconds from the end of one sweep to the next. */
  readonly everyMs: number;
  readonly log: Logger;
}

/**
 * Takes away, at intervals, what lies there and is not to stay: rows, files. Every node may sweep: what one has taken the
 * others do not find.
 */
export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** Sweeps at once and at intervals until `stop`. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the sweep under way has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      if (await this.#sweep()) continue;
      await delay(this.#options.everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #sweep(): Promise<boolean> {
    const { name, sweep, log } = this.#options;
    try {
      return await sweep();
    } catch (error) {
      log.warn(faultFields(error), `${name} could not be swept; will be tried again`);
      return false;
    }
  }
}
