import type { AppRun } from '../channel/AppRun.ts';

/** How a collection of digits came to its end. */
export type CollectEnd = 'complete' | 'terminator' | 'timeout' | 'interrupted';

export interface CollectOptions {
  readonly maxDigits: number;
  readonly terminators: string;
  readonly firstTimeoutMs: number;
  readonly digitTimeoutMs: number;
}

/** The digits that have come during a run and have not been used yet. */
export class DigitBuffer {
  #digits = '';
  #onDigit: (() => void) | undefined;

  /** Takes the digits of the run from here on. */
  constructor(run: AppRun) {
    run.onDigit = (digit) => {
      this.#digits += digit;
      this.#onDigit?.();
    };
  }

  get isEmpty(): boolean {
    return this.#digits === '';
  }

  /** The next digit, or nothing. */
  take(): string | undefined {
    const digit = this.#digits[0];
    this.#digits = this.#digits.slice(1);
    return digit;
  }

  /** Calls `action` with each digit that arrives, until it is replaced or taken away. */
  listen(action: (() => void) | undefined): void {
    this.#onDigit = action;
  }
}

/**
 * Adds digits to `collected` until there are enough of them, a terminator comes, or none comes in time.
 * The terminator itself is not among the digits.
 */
export async function collectDigits(
  run: AppRun,
  buffer: DigitBuffer,
  collected: string,
  options: CollectOptions,
): Promise<{ digits: string; end: CollectEnd; terminator: string | undefined }> {
  let digits = collected;
  let timeoutMs = options.firstTimeoutMs;
  while (digits.length < options.maxDigits) {
    const digit = buffer.take() ?? (await nextDigit(run, buffer, timeoutMs));
    if (digit === undefined) {
      return { digits, end: run.interruption ? 'interrupted' : 'timeout', terminator: undefined };
    }
    if (options.terminators.includes(digit)) return { digits, end: 'terminator', terminator: digit };
    digits += digit;
    timeoutMs = options.digitTimeoutMs;
  }
  return { digits, end: 'complete', terminator: undefined };
}

async function nextDigit(run: AppRun, buffer: DigitBuffer, timeoutMs: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  buffer.listen(resolve);
  await run.wait({ done: promise, stop: resolve });
  buffer.listen(undefined);
  clearTimeout(timer);
  return run.interruption ? undefined : buffer.take();
}
