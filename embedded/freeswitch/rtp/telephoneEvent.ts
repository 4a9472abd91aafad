import { type RtpView, timestampDistance } from './rtpPacket.ts';

/** DTMF digits as RTP telephone events (RFC 4733): the payload, and a receiver that makes digits of packets. */

/** Event codes 0 to 15 in order (RFC 4733, table 3). */
const DIGITS = '0123456789*#ABCD';

export const EVENT_PAYLOAD_BYTES = 4;
const DEFAULT_VOLUME_DBM0 = 10;

export interface Digit {
  readonly digit: string;
  /** In timestamp units: eighths of a millisecond. */
  readonly durationSamples: number;
}

/** True for a character that can be sent as a telephone event. */
export function isDigit(text: string): boolean {
  return text.length === 1 && DIGITS.includes(text.toUpperCase());
}

/** Writes the four bytes of an event payload (RFC 4733, 2.3). */
export function writeEvent(
  packet: Buffer,
  offset: number,
  digit: string,
  end: boolean,
  durationSamples: number,
): void {
  packet[offset] = DIGITS.indexOf(digit.toUpperCase());
  packet[offset + 1] = (end ? 0x80 : 0) | DEFAULT_VOLUME_DBM0;
  packet.writeUInt16BE(Math.min(0xffff, durationSamples), offset + 2);
}

/** How long after its last packet an event without an end packet counts as over. */
const LOST_END_MS = 120;

/**
 * Turns event packets into digits. A digit is given once, when its end packet comes, or, when all three end
 * packets are lost, as soon as something newer shows that it is over.
 */
export class TelephoneEventReceiver {
  readonly #onDigit: (digit: Digit) => void;
  #open: { timestamp: number; code: number; duration: number; seenAtMs: number } | undefined;
  #lastEnded: number | undefined;

  constructor(onDigit: (digit: Digit) => void) {
    this.#onDigit = onDigit;
  }

  /** Takes one event packet. */
  note(packet: Buffer, view: RtpView, nowMs: number): void {
    if (view.payloadEnd - view.payloadStart < EVENT_PAYLOAD_BYTES) return;
    const code = packet[view.payloadStart] ?? 0;
    if (code >= DIGITS.length) return;
    const last = this.#lastEnded;
    // Repeats of an end packet, and stragglers of an event that is over.
    if (last !== undefined && timestampDistance(view.timestamp, last) <= 0 && recent(view.timestamp, last))
      return;
    const duration = packet.readUInt16BE(view.payloadStart + 2);
    if (this.#open && this.#open.timestamp !== view.timestamp) this.#finish();
    this.#open = { timestamp: view.timestamp, code, duration, seenAtMs: nowMs };
    if ((packet[view.payloadStart + 1] ?? 0) & 0x80) this.#finish();
  }

  /** Ends an event whose end packets were lost; to be called now and then, for instance with each audio packet. */
  expire(nowMs: number): void {
    if (this.#open && nowMs - this.#open.seenAtMs > LOST_END_MS) this.#finish();
  }

  /** Whether a digit is being received at the moment. */
  get busy(): boolean {
    return this.#open !== undefined;
  }

  #finish(): void {
    const ended = this.#open;
    if (!ended) return;
    this.#open = undefined;
    this.#lastEnded = ended.timestamp;
    this.#onDigit({ digit: DIGITS[ended.code] ?? '', durationSamples: ended.duration });
  }
}

/** A timestamp far behind the last one is a restarted sender, whose events must not be taken for stragglers. */
function recent(timestamp: number, last: number): boolean {
  return timestampDistance(last, timestamp) < 80_000;
}
