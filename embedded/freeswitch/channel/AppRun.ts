/** What ends an application before its time: one file of it, all of it, or the whole channel. */
export type Interruption = 'break' | 'break_all' | 'hangup';

/** Something that an application waits for and that can be cut short. */
export interface Stoppable<T> {
  readonly done: Promise<T>;
  stop(): void;
}

/** One execution of an application on a channel. */
export class AppRun {
  /** Runs are numbered; of several at a time the newest is the one that is heard and that gets the digits. */
  readonly order: number;
  readonly uuid: string;
  readonly application: string;
  readonly argument: string;
  /** Becomes the Application-Response of the completion event. */
  response: string | undefined;
  /** Who takes the digits that arrive during this run; without one they are dropped. */
  onDigit: ((digit: string) => void) | undefined;
  #interruption: Interruption | undefined;
  #stop: (() => void) | undefined;

  constructor(order: number, uuid: string, application: string, argument: string) {
    this.order = order;
    this.uuid = uuid;
    this.application = application;
    this.argument = argument;
  }

  /** Why the run should end, if it should. */
  get interruption(): Interruption | undefined {
    return this.#interruption;
  }

  /** Cuts short what the run waits for. A hang-up is not taken back by a later break. */
  interrupt(interruption: Interruption): void {
    if (this.#interruption !== 'hangup') this.#interruption = interruption;
    this.#stop?.();
  }

  /** Ends what the run waits for at the moment, while the run itself goes on. */
  stopWaiting(): void {
    this.#stop?.();
  }

  /** Goes on after a break that ended one file only. */
  clearBreak(): void {
    if (this.#interruption === 'break') this.#interruption = undefined;
  }

  /** Waits for `work`, which an interruption stops. */
  async wait<T>(work: Stoppable<T>): Promise<T> {
    this.#stop = () => work.stop();
    if (this.#interruption) work.stop();
    try {
      return await work.done;
    } finally {
      this.#stop = undefined;
    }
  }

  /** Waits for a time; an interruption ends it early. */
  sleep(durationMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, durationMs);
    return this.wait({
      done: promise,
      stop: () => {
        clearTimeout(timer);
        resolve();
      },
    });
  }
}
