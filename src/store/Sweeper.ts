import { setTimeout as delay } from 'node:timers/promises';
import { faultFields } from '../telemetry/fault.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Duties } from './Duties.ts';

export interface SweeperOptions {
  /** What is swept, for log lines; and the duty, where it is one. */
  readonly name: string;
  /** Of all processes that sweep this one does at a time. Absent: this one always does. */
  readonly duties?: Pick<Duties, 'hold'> | undefined;
  /** Removes some of what is to go. True: there may be more. */
  readonly sweep: () => Promise<boolean>;
  /** Milliseconds from the end of one sweep to the next. */
  readonly everyMs: number;
  readonly log: Logger;
}

/**
 * Takes away, at intervals, what lies there and is not to stay: rows, files. Every node may sweep, since what one has taken
 * the others do not find; with duties one does.
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
    const { name, sweep, duties, everyMs, log } = this.#options;
    try {
      if (duties && !(await duties.hold(name, everyMs))) return false;
      return await sweep();
    } catch (error) {
      log.warn(faultFields(error), `${name} could not be swept; will be tried again`);
      return false;
    }
  }
}
