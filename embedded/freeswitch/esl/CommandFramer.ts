/** One command of an event-socket client: its first line, the `Name: value` lines under it, and a body. */
export interface EslCommand {
  readonly line: string;
  /** Header values by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** The client sends what cannot be a command; the connection is to be closed. */
export class EslFramingError extends Error {
  override readonly name = 'EslFramingError';
  readonly code = 'esl_framing';
}

const MAX_HEAD_BYTES = 65_536;
const MAX_BODY_BYTES = 1_048_576;

/** Cuts the byte stream of a client into commands. A command ends with an empty line, or with its body. */
export class CommandFramer {
  #buffer = '';
  #waiting: { line: string; headers: Map<string, string>; bodyLength: number } | undefined;

  /**
   * Takes what has arrived (as latin1, one character a byte) and returns the commands that are now complete.
   *
   * @throws EslFramingError when a command is larger than anything that we understand
   */
  push(bytes: string): EslCommand[] {
    this.#buffer += bytes;
    const commands: EslCommand[] = [];
    for (;;) {
      this.#waiting ??= this.#takeHead();
      const head = this.#waiting;
      if (!head) return commands;
      if (this.#buffer.length < head.bodyLength) return commands;
      const body = this.#buffer.slice(0, head.bodyLength);
      this.#buffer = this.#buffer.slice(head.bodyLength);
      this.#waiting = undefined;
      commands.push({ line: head.line, headers: head.headers, body: utf8(body) });
    }
  }

  #takeHead(): { line: string; headers: Map<string, string>; bodyLength: number } | undefined {
    this.#buffer = this.#buffer.replace(/^[\r\n]+/, '');
    const end = /\r?\n\r?\n/.exec(this.#buffer);
    if ((end?.index ?? this.#buffer.length) > MAX_HEAD_BYTES) throw new EslFramingError('command too long');
    if (!end) return undefined;
    const [line = '', ...rest] = this.#buffer.slice(0, end.index).split(/\r?\n/);
    this.#buffer = this.#buffer.slice(end.index + end[0].length);
    const headers = new Map<string, string>();
    for (const text of rest) {
      const colon = text.indexOf(':');
      if (colon > 0)
        headers.set(text.slice(0, colon).trim().toLowerCase(), utf8(text.slice(colon + 1).trim()));
    }
    const bodyLength = Number(headers.get('content-length') ?? 0);
    if (!Number.isInteger(bodyLength) || bodyLength < 0 || bodyLength > MAX_BODY_BYTES) {
      throw new EslFramingError('impossible Content-Length');
    }
    return { line: utf8(line), headers, bodyLength };
  }
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
