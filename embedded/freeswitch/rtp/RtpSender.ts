import { randomInt } from 'node:crypto';
import { SAMPLE_RATE_HZ } from '../audio/g711.ts';
import { RTP_HEADER_BYTES, type RtpView, timestampDistance, writeRtpHeader } from './rtpPacket.ts';

/** A relayed stream whose timestamps leave the clock by more than this has jumped and is put back in its place. */
const MAX_TIMESTAMP_ERROR = 2 * SAMPLE_RATE_HZ;
/** A sequence jump beyond this is a restarted sender; smaller ones are loss, which the listener should see. */
const MAX_SEQUENCE_JUMP = 500;
const FRAME_SAMPLES = 160;

/**
 * The one RTP stream that a leg sends. Whatever feeds it in turn (a file, a partner's packets, digits), the
 * listener sees a single source: one SSRC, a sequence without holes of our making, timestamps that follow the
 * clock, and a marker where talk begins again.
 */
export class RtpSender {
  readonly ssrc = randomInt(1, 2 ** 32);
  packets = 0;
  payloadBytes = 0;
  /** Timestamp of the newest packet, and when that timestamp was first sent, for the sender report. */
  lastTimestamp = randomInt(0, 2 ** 32);
  lastSentAtMs = Number.NEGATIVE_INFINITY;
  readonly #transmit: (packet: Buffer) => void;
  #lastSequence = randomInt(0, 65536);
  /** The SSRC of the stream being relayed, or nothing while frames of our own go out. */
  #relayedSsrc: number | undefined;
  #sequenceOffset = 0;
  #timestampOffset = 0;
  #nextLocalTimestamp: number | undefined;

  constructor(transmit: (packet: Buffer) => void) {
    this.#transmit = transmit;
  }

  /**
   * Sends a packet of another stream on as ours, by rewriting its header in place. `packet` must be no longer used
   * by the caller. Returns the timestamp it went out with.
   */
  relay(packet: Buffer, view: RtpView, payloadType: number, nowMs: number): number {
    let marker = view.marker;
    let sequence = (view.sequence + this.#sequenceOffset) & 0xffff;
    let timestamp = (view.timestamp + this.#timestampOffset) >>> 0;
    let ahead = ((sequence - this.#lastSequence) << 16) >> 16;
    if (
      this.#relayedSsrc !== view.ssrc ||
      ahead > MAX_SEQUENCE_JUMP ||
      ahead < -MAX_SEQUENCE_JUMP ||
      this.#isFarFromClock(timestamp, nowMs)
    ) {
      sequence = (this.#lastSequence + 1) & 0xffff;
      timestamp = this.#timestampByClock(nowMs);
      this.#relayedSsrc = view.ssrc;
      this.#sequenceOffset = sequence - view.sequence;
      this.#timestampOffset = timestamp - view.timestamp;
      this.#nextLocalTimestamp = undefined;
      marker = true;
      ahead = 1;
    }
    const plain = plainPacket(packet, view);
    writeRtpHeader(plain, marker, payloadType, sequence, timestamp, this.ssrc);
    if (ahead > 0) this.#advance(sequence, timestamp, nowMs);
    this.#send(plain);
    return timestamp;
  }

  /**
   * Sends a packet of our own. `packet` has room for the header in front of the payload. `advanceSamples` is how
   * much time it covers; 0 keeps the timestamp where it is, for the updates of a telephone event.
   * Returns the timestamp it went out with.
   */
  sendLocal(
    packet: Buffer,
    payloadType: number,
    advanceSamples: number,
    marker: boolean,
    nowMs: number,
  ): number {
    const starts = this.#nextLocalTimestamp === undefined;
    const timestamp = this.#nextLocalTimestamp ?? this.#timestampByClock(nowMs);
    const sequence = (this.#lastSequence + 1) & 0xffff;
    this.#relayedSsrc = undefined;
    this.#nextLocalTimestamp = (timestamp + advanceSamples) >>> 0;
    writeRtpHeader(packet, marker || starts, payloadType, sequence, timestamp, this.ssrc);
    this.#advance(sequence, timestamp, nowMs);
    this.#send(packet);
    return timestamp;
  }

  /** Says that what we were sending of our own has paused; the next packet takes its time from the clock again. */
  endLocal(): void {
    this.#nextLocalTimestamp = undefined;
  }

  #advance(sequence: number, timestamp: number, nowMs: number): void {
    this.#lastSequence = sequence;
    // The updates of a telephone event all carry the time of its beginning (RFC 4733, 2.5.1.2).
    if (timestamp === this.lastTimestamp && this.packets > 0) return;
    this.lastTimestamp = timestamp;
    this.lastSentAtMs = nowMs;
  }

  #send(packet: Buffer): void {
    this.packets++;
    this.payloadBytes += packet.length - RTP_HEADER_BYTES;
    this.#transmit(packet);
  }

  /** The timestamp that a packet sent now should have, in whole frames after the last one. */
  #timestampByClock(nowMs: number): number {
    if (this.packets === 0) return this.lastTimestamp;
    const elapsed = ((nowMs - this.lastSentAtMs) * SAMPLE_RATE_HZ) / 1000;
    const frames = Math.max(1, Math.round(elapsed / FRAME_SAMPLES));
    return (this.lastTimestamp + frames * FRAME_SAMPLES) >>> 0;
  }

  #isFarFromClock(timestamp: number, nowMs: number): boolean {
    if (timestamp === this.lastTimestamp) return false;
    const elapsed = ((nowMs - this.lastSentAtMs) * SAMPLE_RATE_HZ) / 1000;
    const error = timestampDistance(timestamp, this.lastTimestamp) - elapsed;
    return error > MAX_TIMESTAMP_ERROR || error < -MAX_TIMESTAMP_ERROR;
  }
}

/** The packet itself when it is plain; else a copy without contributing sources, extension and padding. */
function plainPacket(packet: Buffer, view: RtpView): Buffer {
  if (view.payloadStart === RTP_HEADER_BYTES && view.payloadEnd === packet.length) return packet;
  const copy = Buffer.allocUnsafe(RTP_HEADER_BYTES + view.payloadEnd - view.payloadStart);
  packet.copy(copy, RTP_HEADER_BYTES, view.payloadStart, view.payloadEnd);
  return copy;
}
