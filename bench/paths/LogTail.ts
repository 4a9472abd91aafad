import { closeSync, openSync, readSync } from 'node:fs';

const LOOK_EVERY_MS = 3;
const PIECE_BYTES = 65_536;

/** Reads the lines that another process adds to a file, soon after it has written them. */
export class LogTail implements Disposable {
  readonly #file: number;
  readonly #take: (line: string) => void;
  readonly #piece = Buffer.alloc(PIECE_BYTES);
  readonly #timer: NodeJS.Timeout;
  #rest = '';

  /** @param path a file that is there */
  constructor(path: string, take: (line: string) => void) {
    this.#file = openSync(path, 'r');
    this.#take = take;
    this.#timer = setInterval(() => this.read(), LOOK_EVERY_MS);
  }

  /** Takes what is there now. */
  read(): void {
    for (;;) {
      const length = readSync(this.#file, this.#piece);
      if (length === 0) return;
      const lines = (this.#rest + this.#piece.toString('latin1', 0, length)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#take(line);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    closeSync(this.#file);
  }
}
