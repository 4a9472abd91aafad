/*
 * Frames of drachtio's wire protocol: `<octets of payload, decimal>#<payload>`. All text is a byte string, one
 * character for one octet, as in the SIP stack.
 */

/** drachtio-server reads at most five digits of length. */
const maxLengthDigits = 5;

/** Thrown when what a client sends is no frame; its connection cannot be read any further. */
export class FramingError extends Error {
  readonly code = 'DRACHTIO_BAD_FRAME';

  constructor(found: string) {
    super(`frame length ${JSON.stringify(found)}: expected one to five digits and #`);
    this.name = 'FramingError';
  }
}

/** One frame with this payload. */
export function frameOf(payload: string): string {
  return `${payload.length}#${payload}`;
}

/** Puts frames together again from the pieces that a TCP connection delivers. */
export class FrameReader {
  #pending = '';

  /** Takes the next bytes. @returns the payloads that are whole now @throws FramingError */
  push(bytes: string): string[] {
    const payloads: string[] = [];
    this.#pending = this.#pending === '' ? bytes : this.#pending + bytes;
    let at = 0;
    for (;;) {
      const hash = this.#pending.indexOf('#', at);
      const digits =
        hash < 0 ? this.#pending.slice(at, at + maxLengthDigits + 1) : this.#pending.slice(at, hash);
      const isPlausible = hash < 0 ? /^\d{0,5}$/.test(digits) : /^[1-9]\d{0,4}$/.test(digits);
      if (!isPlausible) throw new FramingError(digits.slice(0, maxLengthDigits + 1));
      const end = hash + 1 + Number(digits);
      if (hash < 0 || this.#pending.length < end) break;
      payloads.push(this.#pending.slice(hash + 1, end));
      at = end;
    }
    this.#pending = this.#pending.slice(at);
    return payloads;
  }
}
