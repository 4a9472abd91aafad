import { maxBodyOctets, maxHeadOctets, parseContentLength } from '../parseMessage.ts';

export type StreamFault = 'head-too-large' | 'no-content-length' | 'bad-content-length';

/** What a piece of a stream turned out to hold. */
export interface FramerEvents {
  onMessage(text: string): void;
  /** The peer sent a double CRLF to keep the connection alive (RFC 5626 3.5.1). */
  onPing(): void;
  /** The stream cannot be cut any further. `head` is the message that broke it, without its body. */
  onFault(fault: StreamFault, head: string): void;
}

const contentLengthLine = /\r\n(?:content-length|l)[ \t]*:[ \t]*([^\r\n]*)/i;

/**
 * Cuts a byte stream into messages by Content-Length (RFC 3261 18.3). Holds at most one message that is not whole yet.
 * After a fault it takes no more.
 */
export class StreamFramer {
  #pending = '';
  #searchedTo = 0;
  #neededOctets = 0;
  #broken = false;
  readonly #events: FramerEvents;

  constructor(events: FramerEvents) {
    this.#events = events;
  }

  /** True while the first part of a message waits for the rest. */
  get hasPartialMessage(): boolean {
    return this.#pending !== '';
  }

  /** Takes the next bytes of the stream and reports whole messages in order. */
  push(bytes: string): void {
    if (this.#broken) return;
    this.#pending = this.#pending === '' ? bytes : this.#pending + bytes;
    while (!this.#broken && this.#pending.length >= this.#neededOctets && this.#takeNext());
  }

  #takeNext(): boolean {
    if (this.#pending.startsWith('\r\n')) {
      const isPing = this.#pending.startsWith('\r\n\r\n');
      this.#pending = this.#pending.slice(isPing ? 4 : 2);
      if (isPing) this.#events.onPing();
      return this.#pending !== '';
    }
    const headEnd = this.#pending.indexOf('\r\n\r\n', this.#searchedTo);
    if (headEnd > maxHeadOctets || (headEnd < 0 && this.#pending.length > maxHeadOctets)) {
      return this.#fail('head-too-large', headEnd);
    }
    if (headEnd < 0) {
      this.#searchedTo = Math.max(0, this.#pending.length - 3);
      return false;
    }
    const head = this.#pending.slice(0, headEnd);
    const written = contentLengthLine.exec(head)?.[1];
    if (written === undefined) return this.#fail('no-content-length', headEnd);
    const length = parseContentLength(written.trim());
    if (length === undefined || length > maxBodyOctets) return this.#fail('bad-content-length', headEnd);
    const messageEnd = headEnd + 4 + length;
    if (this.#pending.length < messageEnd) {
      this.#searchedTo = headEnd;
      this.#neededOctets = messageEnd;
      return false;
    }
    const text = this.#pending.slice(0, messageEnd);
    this.#pending = this.#pending.slice(messageEnd);
    this.#searchedTo = 0;
    this.#neededOctets = 0;
    this.#events.onMessage(text);
    return this.#pending !== '';
  }

  #fail(fault: StreamFault, headEnd: number): false {
    const head = headEnd < 0 ? '' : this.#pending.slice(0, headEnd + 4);
    this.#broken = true;
    this.#pending = '';
    this.#events.onFault(fault, head);
    return false;
  }
}
