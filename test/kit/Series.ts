const PATIENCE_MS = 15_000;

interface Waiter<T> {
  readonly wanted: (item: T) => boolean;
  readonly found: (item: T) => void;
}

/** A wait that lasted too long; its message says what was waited for and what came instead. */
export class PatienceError extends Error {
  readonly code = 'NOTHING_CAME';
  constructor(what: string, ms: number, came: string) {
    super(`${what}: nothing came within ${ms} ms${came === '' ? '' : `; so far: ${came}`}`);
    this.name = 'PatienceError';
  }
}

/** Things that happen one after the other. Whoever looks later sees what has been; whoever waits hears at once. */
export class Series<T> {
  readonly items: T[] = [];
  readonly #what: string;
  readonly #describe: (item: T) => string;
  readonly #waiters = new Set<Waiter<T>>();
  #taken = 0;

  /** @param what is named when somebody waits in vain; `describe` puts what did come beside it */
  constructor(what: string, describe: (item: T) => string = () => '') {
    this.#what = what;
    this.#describe = describe;
  }

  push(item: T): void {
    this.items.push(item);
    for (const waiter of [...this.#waiters]) if (waiter.wanted(item)) waiter.found(item);
  }

  /** The first item, past or future, for which `wanted` holds. @throws PatienceError */
  when(wanted: (item: T) => boolean = () => true, patienceMs = PATIENCE_MS): Promise<T> {
    const past = this.items.find(wanted);
    return past === undefined ? this.#future(wanted, patienceMs) : Promise.resolve(past);
  }

  /** The next item that nobody took with `next` before. @throws PatienceError */
  async next(patienceMs = PATIENCE_MS): Promise<T> {
    const index = this.#taken++;
    const ready = this.items[index];
    return (
      ready ??
      this.#future(
        () => this.items.length > index,
        patienceMs,
        () => this.items[index],
      )
    );
  }

  /** Resolves as soon as there are `count` items. @throws PatienceError */
  async count(count: number, patienceMs = PATIENCE_MS): Promise<readonly T[]> {
    if (this.items.length < count) await this.#future(() => this.items.length >= count, patienceMs);
    return this.items;
  }

  #future(
    wanted: (item: T) => boolean,
    patienceMs: number,
    pick: (item: T) => T | undefined = (item) => item,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter<T> = {
        wanted,
        found: (item) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(pick(item) ?? item);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        const came = this.items.map(this.#describe).join(', ');
        reject(new PatienceError(this.#what, patienceMs, came));
      }, patienceMs);
      this.#waiters.add(waiter);
    });
  }
}

/** Waits for a promise, but not for ever. @throws PatienceError */
export async function within<T>(promise: Promise<T>, what: string, patienceMs = PATIENCE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const impatience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new PatienceError(what, patienceMs, '')), patienceMs);
  });
  try {
    return await Promise.race([promise, impatience]);
  } finally {
    clearTimeout(timer);
  }
}
