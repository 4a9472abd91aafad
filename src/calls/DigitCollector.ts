/** How long a caller may take to type. */
export interface DigitTimes {
  /** From the end of the prompt to the first digit, milliseconds. */
  readonly firstMs: number;
  /** From one digit to the next, milliseconds. */
  readonly nextMs: number;
}

/** Exchanges wait about so long for a first digit and between digits; the hosted product does not say. */
export const DIGIT_TIMES: DigitTimes = { firstMs: 5000, nextMs: 5000 };

export interface DigitCollectorOptions {
  readonly times: DigitTimes;
  /** With so many digits the collection ends by itself. */
  readonly mostDigits: number;
  /** A `#` before any digit belongs to what was typed before, and is passed over. */
  readonly passesFirstHash: boolean;
  /** The first digit has come: the prompt is to be cut. */
  readonly onFirstDigit: () => void;
}

const DIGIT = /^\d$/;

/**
 * Collects the digits that a caller types, until `#`, until there are enough, or until he lets too much time pass.
 *
 *     listening -> (prompt ended) -> waiting for the first digit -> between digits -> over
 *
 * Keys count from the beginning; as long as the prompt plays, no time is too long. Keys that are neither digit nor `#`
 * are passed over.
 */
export class DigitCollector {
  readonly #options: DigitCollectorOptions;
  readonly #over = Promise.withResolvers<string | undefined>();
  #digits = '';
  #passesHash: boolean;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(options: DigitCollectorOptions) {
    this.#options = options;
    this.#passesHash = options.passesFirstHash;
    // Whoever made the collector waits for it too, perhaps later.
    this.#over.promise.catch(() => undefined);
  }

  /** Resolves with what was typed, '' for nothing; with undefined after `stop`. Rejects with what `fail` is given. */
  get digits(): Promise<string | undefined> {
    return this.#over.promise;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether a prompt that has not begun yet is not wanted any more. */
  get hasDigits(): boolean {
    return this.#digits !== '';
  }

  /** @param key 0-9, `*`, `#`, A-D */
  press(key: string): void {
    if (this.#isOver) return;
    if (key === '#') {
      if (!this.#passesHash) this.#end();
      this.#passesHash = false;
    } else if (DIGIT.test(key)) {
      this.#passesHash = false;
      this.#take(key);
    }
  }

  /** The prompt has ended, or there is none. */
  promptEnded(): void {
    if (!this.hasDigits) this.#wait(this.#options.times.firstMs);
  }

  /** The caller has gone. */
  stop(): void {
    if (this.#close()) this.#over.resolve(undefined);
  }

  fail(error: unknown): void {
    if (this.#close()) this.#over.reject(error);
  }

  #take(digit: string): void {
    const { mostDigits, onFirstDigit, times } = this.#options;
    if (!this.hasDigits) onFirstDigit();
    this.#digits += digit;
    if (this.#digits.length >= mostDigits) this.#end();
    else this.#wait(times.nextMs);
  }

  #wait(ms: number): void {
    if (this.#isOver) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(), ms);
  }

  #end(): void {
    if (this.#close()) this.#over.resolve(this.#digits);
  }

  #close(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    clearTimeout(this.#timer);
    return true;
  }
}
