import { LRUCache } from 'lru-cache';

/** Wrong passwords for one user from one address, after which that address is not listened to for a while. */
export const MOST_FAILURES_FROM_ONE_ADDRESS = 5;
/** Wrong passwords for one user from everywhere: guessing from many addresses ends here. */
export const MOST_FAILURES_OF_ONE_USER = 100;
export const FAILURES_FORGOTTEN_AFTER_MS = 300_000;

const REMEMBERED = 10_000;

interface Failures {
  count: number;
  readonly until: number;
}

/**
 * Counts wrong passwords. The limit of an address stands far below that of a user, so that a stranger who guesses
 * does not lock the user's own phone out with a few tries.
 */
export class FailureLimit {
  readonly #failures = new LRUCache<string, Failures>({ max: REMEMBERED });

  /** Whether credentials of this user from this address are looked at. @param nowMs milliseconds since the epoch */
  isBlocked(username: string, address: string, nowMs: number): boolean {
    return (
      this.#count(keyOf(username, address), nowMs) >= MOST_FAILURES_FROM_ONE_ADDRESS ||
      this.#count(keyOf(username), nowMs) >= MOST_FAILURES_OF_ONE_USER
    );
  }

  /** @returns whether this failure was the one that closed the door */
  failed(username: string, address: string, nowMs: number): boolean {
    for (const key of [keyOf(username, address), keyOf(username)]) {
      const failures = this.#at(key, nowMs);
      failures.count += 1;
      this.#failures.set(key, failures);
    }
    return this.isBlocked(username, address, nowMs);
  }

  /** The right password makes up for wrong ones before it. */
  succeeded(username: string, address: string): void {
    this.#failures.delete(keyOf(username, address));
  }

  #count(key: string, nowMs: number): number {
    return this.#at(key, nowMs).count;
  }

  #at(key: string, nowMs: number): Failures {
    const failures = this.#failures.get(key);
    if (failures !== undefined && failures.until > nowMs) return failures;
    return { count: 0, until: nowMs + FAILURES_FORGOTTEN_AFTER_MS };
  }
}

/** User names in requests are as long as their sender likes. */
function keyOf(username: string, address = ''): string {
  return `${address} ${username.slice(0, 64)}`;
}
