import type { LadderLine, LadderSoFar } from '../store/callDetails.ts';
import { keepableText, ladderLine, type SeenMessage } from './ladderLine.ts';

/** A call of many re-INVITEs does not fill the memory; a usual one has about twenty messages. */
const MOST_LINES = 200;

export interface CallLadderOptions {
  /** What is kept of each message: nothing, its line, or all of it. */
  readonly kept: 'off' | 'ladder' | 'messages';
  /** Hears of each message first, as it is. */
  readonly onMessage?: (message: SeenMessage) => void;
  /** Hears that there is something to be read, which was not so before. */
  readonly onUnread?: (ladder: CallLadder) => void;
}

/**
 * The SIP messages of one call on both legs, as they are seen. A message is read later than it is noted, by `read`: read
 * together with those of other calls it costs a fraction of what it costs while calls wait.
 */
export class CallLadder {
  readonly #options: CallLadderOptions;
  readonly #lines: LadderLine[] = [];
  #unread: { readonly leg: LadderLine['leg']; readonly message: SeenMessage }[] = [];
  #omitted = 0;

  constructor(options: CallLadderOptions) {
    this.#options = options;
  }

  note(leg: LadderLine['leg'], message: SeenMessage): void {
    const { kept, onMessage, onUnread } = this.#options;
    onMessage?.(message);
    if (kept === 'off') return;
    if (this.#lines.length + this.#unread.length >= MOST_LINES) this.#omitted += 1;
    else if (this.#unread.push({ leg, message }) === 1) onUnread?.(this);
  }

  /** Makes lines of what was noted: a line is smaller than its message. */
  read(): void {
    if (this.#unread.length === 0) return;
    const { kept } = this.#options;
    for (const { leg, message } of this.#unread) {
      const line = ladderLine(leg, message);
      this.#lines.push(kept === 'messages' ? { ...line, text: keepableText(message.text) } : line);
    }
    this.#unread = [];
  }

  get soFar(): LadderSoFar {
    this.read();
    return { lines: this.#lines, omitted: this.#omitted };
  }
}
