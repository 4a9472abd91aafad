import type { WriteStream } from 'node:tty';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan';

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
};

/** Widest line of the picture: a terminal that nobody has widened. */
export const COLUMNS = 80;

/** Text to a terminal: in colour on a real one, and never where NO_COLOR is set (no-color.org). */
export class Paint {
  readonly #stream: NodeJS.WriteStream | WriteStream;
  readonly #coloured: boolean;

  constructor(stream: NodeJS.WriteStream, noColor: string | undefined) {
    this.#stream = stream;
    this.#coloured = stream.isTTY === true && (noColor === undefined || noColor === '');
  }

  /** The text in a style, or as it is where there are no colours. */
  in(style: Style, text: string): string {
    const [on, off] = CODES[style];
    return this.#coloured ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  }

  line(text = ''): void {
    this.#stream.write(`${text}\n`);
  }

  /** A heading with a rule to the right edge. */
  heading(text: string): void {
    this.line();
    this.line(`${this.in('bold', text)} ${this.in('dim', '─'.repeat(COLUMNS - text.length - 1))}`);
  }
}
