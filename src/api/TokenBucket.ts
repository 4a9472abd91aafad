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
    const { requests, seconds } = this.limit;
    const msPerToken = (seconds * 1000) / requests;
    this.#tokens = Math.min(requests, this.#tokens + (nowMs - this.#filledAt) / msPerToken);
    this.#filledAt = nowMs;
    if (this.#tokens < 1) return (1 - this.#tokens) * msPerToken;
    this.#tokens -= 1;
    return 0;
  }
}
