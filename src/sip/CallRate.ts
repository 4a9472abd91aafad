const MS_PER_SECOND = 1000;

/**
 * So many calls a second: what was not begun in one second is lost to the next, so that no second sees more than twice
 * the rate.
 */
export class CallRate {
  readonly perSecond: number;
  #left: number;
  #at: number;

  /** @param nowMs on a clock that does not jump, as all others */
  constructor(perSecond: number, nowMs: number) {
    this.perSecond = perSecond;
    this.#left = perSecond;
    this.#at = nowMs;
  }

  /** Whether one more call may begin now. */
  hasRoom(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#left >= 1;
  }

  /** Calls begin, also where there is no room: then the next one waits for longer. */
  take(nowMs: number, calls = 1): void {
    this.#refill(nowMs);
    this.#left -= calls;
  }

  #refill(nowMs: number): void {
    const added = ((nowMs - this.#at) / MS_PER_SECOND) * this.perSecond;
    this.#left = Math.min(this.perSecond, this.#left + added);
    this.#at = nowMs;
  }
}
