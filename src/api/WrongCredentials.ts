import { LRUCache } from 'lru-cache';

export interface WrongCredentialsOptions {
  /** So many wrong credentials from one source … */
  readonly most: number;
  /** … within so many seconds are too many. */
  readonly seconds: number;
}

/** Sources that are counted at the same time; with more, the one that was silent longest is forgotten. */
const REMEMBERED = 20_000;

interface Count {
  wrong: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/**
 * Counts wrong credentials by the source that they come from. Right ones do not make up for them: else a customer of one
 * application could try out secrets of another as often as he likes.
 */
export class WrongCredentials {
  readonly #options: WrongCredentialsOptions;
  readonly #counts = new LRUCache<string, Count>({ max: REMEMBERED });

  constructor(options: WrongCredentialsOptions) {
    this.#options = options;
  }

  /** @returns whether these were one too many; counting then begins anew */
  add(source: string, nowMs: number): boolean {
    const { most, seconds } = this.#options;
    const known = this.#counts.get(source);
    const count =
      known !== undefined && known.until > nowMs ? known : { wrong: 0, until: nowMs + seconds * 1000 };
    count.wrong += 1;
    if (count.wrong < most) {
      this.#counts.set(source, count);
      return false;
    }
    this.#counts.delete(source);
    return true;
  }
}
