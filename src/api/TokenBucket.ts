import type { RequestLimit } from '../store/apps.ts';

/**
 * A bucket of tokens, full at first, that fills evenly within the limit's seconds. A request takes one token; there is
 * none, it is refused.
 */
export class TokenBucket {
  readonly limit: RequestLimit;
  #tokens: number;
  #filledAt: number;

  /** @param nowMs on a clock that does not jump, as all others */
  constructor(limit: RequestLimit, nowMs: number) {
    this.limit = limit;
    this.#tokens = limit.requests;
    this.#filledAt = nowMs;
  }

  /** @returns 0 when a token was taken; else in how many milliseconds there will be one */
  take(nowMs: number): number {
    this.#fill(nowMs);
    if (this.#tokens < 1) return (1 - this.#tokens) * this.#msPerToken;
    this.#tokens -= 1;
    return 0;
  }

  /** Tokens were taken elsewhere, perhaps more than there were: then the next one is longer in coming. */
  remove(nowMs: number, tokens: number): void {
    this.#fill(nowMs);
    this.#tokens -= tokens;
  }

  get #msPerToken(): number {
    return (this.limit.seconds * 1000) / this.limit.requests;
  }

  #fill(nowMs: number): void {
    const added = (nowMs - this.#filledAt) / this.#msPerToken;
    this.#tokens = Math.min(this.limit.requests, this.#tokens + added);
    this.#filledAt = nowMs;
  }
}
