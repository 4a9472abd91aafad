import type { RtpSender } from './RtpSender.ts';
import { RTP_HEADER_BYTES } from './rtpPacket.ts';
import { EVENT_PAYLOAD_BYTES, isDigit, writeEvent } from './telephoneEvent.ts';

/** What is sent, in frames of 20 ms: a digit, or a pause as `w` and `W` ask for. */
interface Step {
  readonly digit: string | undefined;
  readonly frames: number;
}

const FRAME_MS = 20;
const FRAME_SAMPLES = 160;
const PAUSE_FRAMES = { w: 500 / FRAME_MS, W: 1000 / FRAME_MS };
/** Silence after each digit, so that two equal ones stay two. */
const GAP_FRAMES = 3;
const END_PACKETS = 3;
const MIN_DIGIT_MS = 50;
const MAX_DIGIT_MS = 8000;
const DEFAULT_DIGIT_MS = 250;

/** Reads FreeSWITCH's digit string: `123`, pauses `w` (0.5 s) and `W` (1 s), a length after `@` in milliseconds. */
export function parseDigitString(text: string): { digits: string; durationMs: number } | undefined {
  const [digits = '', duration] = text.split('@');
  const durationMs = duration === undefined ? DEFAULT_DIGIT_MS : Number(duration);
  const valid = digits !== '' && Number.isFinite(durationMs);
  if (!valid || ![...digits].every((c) => isDigit(c) || c === 'w' || c === 'W')) return undefined;
  return { digits, durationMs };
}

/** Sends queued digits as telephone events, one packet each 20 ms, each end packet three times (RFC 4733, 2.5.1). */
export class DigitSender {
  readonly #sender: RtpSender;
  readonly #queue: Step[] = [];
  #frame = 0;

  constructor(sender: RtpSender) {
    this.#sender = sender;
  }

  get busy(): boolean {
    return this.#queue.length > 0;
  }

  enqueue(digits: string, durationMs: number): void {
    const length = Math.max(MIN_DIGIT_MS, Math.min(MAX_DIGIT_MS, durationMs));
    for (const character of digits) {
      if (character === 'w' || character === 'W') {
        this.#queue.push({ digit: undefined, frames: PAUSE_FRAMES[character] });
      } else {
        this.#queue.push({ digit: character, frames: Math.ceil(length / FRAME_MS) });
        this.#queue.push({ digit: undefined, frames: GAP_FRAMES });
      }
    }
  }

  clear(): void {
    this.#queue.length = 0;
    this.#frame = 0;
  }

  /** Does the work of one 20 ms frame with the negotiated event payload type. */
  tick(payloadType: number, nowMs: number): void {
    const step = this.#queue[0];
    if (!step) return;
    if (step.digit !== undefined) this.#sendUpdate(step.digit, step.frames, payloadType, nowMs);
    this.#frame++;
    if (this.#frame < step.frames) return;
    this.#queue.shift();
    this.#frame = 0;
    // After the pause the stream goes on by the clock.
    if (step.digit === undefined) this.#sender.endLocal();
  }

  #sendUpdate(digit: string, frames: number, payloadType: number, nowMs: number): void {
    const isLast = this.#frame === frames - 1;
    if (this.#frame === 0) this.#sender.endLocal();
    const duration = (this.#frame + 1) * FRAME_SAMPLES;
    for (let copy = 0; copy < (isLast ? END_PACKETS : 1); copy++) {
      const packet = Buffer.alloc(RTP_HEADER_BYTES + EVENT_PAYLOAD_BYTES);
      writeEvent(packet, RTP_HEADER_BYTES, digit, isLast, duration);
      const endsEvent = isLast && copy === END_PACKETS - 1;
      this.#sender.sendLocal(packet, payloadType, endsEvent ? duration : 0, false, nowMs);
    }
  }
}
