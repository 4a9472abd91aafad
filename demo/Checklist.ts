import type { Paint } from './Paint.ts';

/** What the demo set out to show, and whether it was seen. The exit code is 0 only when all of it was. */
export class Checklist {
  readonly #paint: Paint;
  #failures = 0;
  #total = 0;

  constructor(paint: Paint) {
    this.#paint = paint;
  }

  get allSeen(): boolean {
    return this.#total > 0 && this.#failures === 0;
  }

  get summary(): string {
    return this.allSeen
      ? `all ${this.#total} were observed`
      : `${this.#failures} of ${this.#total} were NOT observed`;
  }

  /** Notes one observation, and prints it; `instead` says what was seen where it was not this. */
  check(seen: boolean, what: string, instead = ''): void {
    this.#total += 1;
    if (!seen) this.#failures += 1;
    const mark = seen ? this.#paint.in('green', '✓') : this.#paint.in('red', '✗');
    const shown = seen || instead === '' ? what : `${what}: ${instead}`;
    this.#paint.line(` ${mark} ${shown}`);
  }
}
