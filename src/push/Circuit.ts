const monotonicMs = (): number => performance.now();

export interface CircuitOptions {
  /** Failures in a row that open it; 0: it never opens. */
  readonly mostFailures: number;
  /** Seconds from the opening to the first probe, and from each probe that fails to the next; the last one repeats. */
  readonly probeSeconds: readonly number[];
  /** Milliseconds on a clock that never goes back. */
  readonly clock?: () => number;
}

/**
 * Whether a target is worth an attempt now.
 *
 * *Closed*: yes. After so many failures in a row, with no success between them, it *opens*: nothing is sent until the
 * first probe is due. *Half-open*, from then on: one attempt may go. If it succeeds the circuit closes, if it fails the
 * wait for the next probe begins, a longer one.
 *
 * Requests that were under way when it opened may still come to an end: a success closes it, a failure is no news.
 */
export class Circuit {
  readonly #options: CircuitOptions;
  #failures = 0;
  #probes = 0;
  /** Undefined while it is closed. */
  #probeAtMs: number | undefined;

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.#probeAtMs === undefined) return 'closed';
    return this.#now() >= this.#probeAtMs ? 'half-open' : 'open';
  }

  /** Milliseconds until the next probe may go; 0 if it may go now or none is needed. */
  get waitMs(): number {
    return this.#probeAtMs === undefined ? 0 : Math.max(0, this.#probeAtMs - this.#now());
  }

  /** @returns whether the target was held to be dead until now */
  succeeded(): boolean {
    const wasOpen = this.#probeAtMs !== undefined;
    this.#failures = 0;
    this.#probes = 0;
    this.#probeAtMs = undefined;
    return wasOpen;
  }

  /** @returns whether this failure has begun a wait */
  failed(): boolean {
    const { mostFailures } = this.#options;
    this.#failures += 1;
    if (mostFailures === 0 || this.#failures < mostFailures || this.state === 'open') return false;
    this.#probeAtMs = this.#now() + this.#probeWaitMs();
    this.#probes += 1;
    return true;
  }

  /** Lets the next probe go now: somebody has reason to think that the target is there again. */
  probeNow(): void {
    if (this.#probeAtMs !== undefined) this.#probeAtMs = this.#now();
    this.#probes = 0;
  }

  #probeWaitMs(): number {
    const { probeSeconds } = this.#options;
    return (probeSeconds[this.#probes] ?? probeSeconds.at(-1) ?? 0) * 1000;
  }

  #now(): number {
    return (this.#options.clock ?? monotonicMs)();
  }
}
