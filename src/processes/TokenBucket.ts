import type { Allowance } from './SharedUse.ts';

/**
 * A bucket of tokens, full at first, that fills evenly within the limit's seconds. A request or a call takes one token; is
 * there none, it is refused. No span of so many seconds sees more than twice the limit.
 */
export class TokenBucket {
  readonly limit: Allowance;
  #tokens: number;
  #filledAt: number;

  /** @param nowMs on a clock that does not jump, as all others */
  constructor(limit: Allowance, nowMs: number) {
    this.limit = limit;
    this.#tokens = limit.requests;
    this.#filledAt = nowMs;
  }

  /** @returns 0 when a token was taken; else in how many milliseconds there will be one */
  take(nowMs: number): number {
    if (!this.has(nowMs)) return (1 - this.#tokens) * this.#msPerToken;
    this.#tokens -= 1;
    return 0;
  }

  /** Whether there is a token. */
  has(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#tokens >= 1;
  }

  /** Takes tokens whether they are there or not; where they were not, the next one is longer in coming. */
  remove(nowMs: number, tokens = 1): void {
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
