const LAST_MINUTE_MS = 60_000;

export interface DurationLimit {
  readonly seconds: number;
  /** One minute before the end, or at once when the call may not last longer than that. */
  readonly onLastMinute: () => void;
  readonly onEnd: () => void;
}

/** The timers of one call. `stop` ends all of them; what they were to do does not happen then. */
export class CallLimits {
  #ring: NodeJS.Timeout | undefined;
  #lastMinute: NodeJS.Timeout | undefined;
  #end: NodeJS.Timeout | undefined;

  /** The callee's phone may ring for so long. */
  ringing(seconds: number, onEnd: () => void): void {
    this.#ring = setTimeout(onEnd, seconds * 1000);
  }

  answered(): void {
    clearTimeout(this.#ring);
  }

  /**
   * The call may last for so long, counted from the callee's answer.
   * @param elapsedMs what has passed since then
   */
  duration({ seconds, onLastMinute, onEnd }: DurationLimit, elapsedMs: number): void {
    const leftMs = Math.max(0, seconds * 1000 - elapsedMs);
    this.#lastMinute = setTimeout(onLastMinute, Math.max(0, leftMs - LAST_MINUTE_MS));
    this.#end = setTimeout(onEnd, leftMs);
  }

  stop(): void {
    clearTimeout(this.#ring);
    clearTimeout(this.#lastMinute);
    clearTimeout(this.#end);
  }
}
