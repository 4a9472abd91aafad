import type { Changes } from '../store/changes.ts';
import { faultFields } from '../telemetry/fault.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface StopRequestsOptions {
  readonly changes: Pick<Changes, 'onChange'>;
  /** Session ids of calls carried here that were asked to end and have not. */
  readonly missed: () => Promise<readonly string[]>;
  /** Ends a call, if it is carried here. */
  readonly stop: (sessionId: string) => void;
  readonly logger: Logger;
}

/**
 * Ends calls whose customers asked for it through the API of this or any other node. A node that could not hear the news
 * for a while reads, when it hears again, what it missed.
 */
export class StopRequests {
  readonly #options: StopRequestsOptions;
  #endSubscription: (() => void) | undefined;
  #reading: Promise<void> = Promise.resolve();

  constructor(options: StopRequestsOptions) {
    this.#options = options;
  }

  start(): void {
    const { changes, stop } = this.#options;
    this.#endSubscription = changes.onChange(({ stops, everything }) => {
      for (const sessionId of stops ?? []) stop(sessionId);
      if (everything) this.#reading = this.#reading.then(() => this.#stopMissed());
    });
  }

  async stop(): Promise<void> {
    this.#endSubscription?.();
    await this.#reading;
  }

  async #stopMissed(): Promise<void> {
    const { missed, stop, logger } = this.#options;
    try {
      for (const sessionId of await missed()) stop(sessionId);
    } catch (error) {
      logger.warn(faultFields(error), 'calls that were asked to end could not be read');
    }
  }
}
