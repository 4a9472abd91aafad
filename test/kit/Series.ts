const PATIENCE_MS = 15_000;

interface Waiter<T> {
  readonly wanted: (item: T) => boolean;
  readonly found: (item: T) => void;
  /** Nobody else is to have what this one waits for. */
  readonly takes: boolean;
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
  /** Indexes of the items that somebody took. */
  readonly #taken = new Set<number>();

  /** @param what is named when somebody waits in vain; `describe` puts what did come beside it */
  constructor(what: string, describe: (item: T) => string = () => '') {
    this.#what = what;
    this.#describe = describe;
  }

  push(item: T): void {
    const index = this.items.push(item) - 1;
    for (const waiter of [...this.#waiters]) {
      if (!waiter.wanted(item) || (waiter.takes && this.#taken.has(index))) continue;
      if (waiter.takes) this.#taken.add(index);
      waiter.found(item);
    }
  }

  /** The first item, past or future, for which `wanted` holds. @throws PatienceError */
  when(wanted: (item: T) => boolean = () => true, patienceMs = PATIENCE_MS): Promise<T> {
    const past = this.items.find(wanted);
    return past === undefined ? this.#future(wanted, patienceMs) : Promise.resolve(past);
  }

  /** The next item that nobody took with `next` or `take` before. @throws PatienceError */
  next(patienceMs = PATIENCE_MS): Promise<T> {
    return this.take(() => true, patienceMs);
  }

  /** The next item for which `wanted` holds and that nobody took before. @throws PatienceError */
  take(wanted: (item: T) => boolean, patienceMs = PATIENCE_MS): Promise<T> {
    for (const [index, item] of this.items.entries()) {
      if (this.#taken.has(index) || !wanted(item)) continue;
      this.#taken.add(index);
      return Promise.resolve(item);
    }
    return this.#future(wanted, patienceMs, true);
  }

  /** Resolves as soon as there are `count` items. @throws PatienceError */
  async count(count: number, patienceMs = PATIENCE_MS): Promise<readonly T[]> {
    if (this.items.length < count) await this.#future(() => this.items.length >= count, patienceMs);
    return this.items;
  }

  #future(wanted: (item: T) => boolean, patienceMs: number, takes = false): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter<T> = {
        wanted,
        takes,
        found: (item) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(item);
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
