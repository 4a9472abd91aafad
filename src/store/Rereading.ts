export interface RereadingOptions {
  readonly read: () => Promise<void>;
  /** A reading failed; what was read before stays. */
  readonly onFailure: (error: unknown) => void;
}

/** Reads a list again after each change: one reading at a time, and once more when a change came while it was read. */
export class Rereading {
  readonly #options: RereadingOptions;
  #running: Promise<void> | undefined;
  #stale = false;

  constructor(options: RereadingOptions) {
    this.#options = options;
  }

  /** Resolves when a reading that began after this call has ended. */
  request(): Promise<void> {
    this.#stale = true;
    this.#running ??= this.#readWhileStale().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Begins no further reading; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.#stale = false;
    await this.#running;
  }

  async #readWhileStale(): Promise<void> {
    while (this.#stale) {
      this.#stale = false;
      try {
        await this.#options.read();
      } catch (error) {
        this.#options.onFailure(error);
      }
    }
  }
}
