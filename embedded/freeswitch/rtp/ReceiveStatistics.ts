import { SAMPLE_RATE_HZ } from '../audio/g711.ts';
import { ArrivalSpread } from './ArrivalSpread.ts';
import { type RtpView, sequenceDistance, timestampDistance } from './rtpPacket.ts';

/** What a receiver reports about one source (RFC 3550, 6.4.1). */
export interface ReceptionReport {
  readonly ssrc: number;
  /** Share of packets lost since the last report, in 256ths. */
  readonly fractionLost: number;
  readonly cumulativeLost: number;
  readonly highestSequence: number;
  /** Interarrival jitter, in timestamp units (eighths of a millisecond). */
  readonly jitter: number;
}

/** A jump further than this is a restarted sender, not loss (RFC 3550, A.1: MAX_DROPOUT). */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;

/** Counts what arrives from one sender: loss as in RFC 3550 A.3, jitter as in A.8. */
export class ReceiveStatistics {
  packets = 0;
  payloadBytes = 0;
  outOfOrder = 0;
  readonly spread = new ArrivalSpread();
  #ssrc: number | undefined;
  #baseSequence = 0;
  #highest = 0;
  #cycles = 0;
  #receivedFromSource = 0;
  #lostFromEarlierSources = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;
  #jitter = 0;
  #maxJitter = 0;
  #lastArrival = 0;
  #lastTimestamp = 0;

  /** Notes a packet that arrived at `arrivedAtMs` on any steady clock. */
  note(view: RtpView, arrivedAtMs: number): void {
    this.packets++;
    this.spread.note(arrivedAtMs);
    this.payloadBytes += view.payloadEnd - view.payloadStart;
    if (this.#ssrc !== view.ssrc) {
      this.#startSource(view);
    } else {
      const ahead = sequenceDistance(view.sequence, this.#highest);
      if (ahead > MAX_DROPOUT || ahead < -MAX_MISORDER) {
        this.#startSource(view);
      } else if (ahead > 0) {
        if (view.sequence < this.#highest) this.#cycles += 65536;
        this.#highest = view.sequence;
      } else {
        this.outOfOrder++;
      }
    }
    this.#receivedFromSource++;
    this.#noteJitter(view, arrivedAtMs);
  }

  /** Packets that never came, over all sources of this session. */
  get lost(): number {
    return this.#lostFromEarlierSources + Math.max(0, this.#expected - this.#receivedFromSource);
  }

  get jitterMs(): number {
    return (this.#jitter * 1000) / SAMPLE_RATE_HZ;
  }

  get maxJitterMs(): number {
    return (this.#maxJitter * 1000) / SAMPLE_RATE_HZ;
  }

  /** The block for the next RTCP report, or nothing while no packet has come. Starts a new report interval. */
  takeReport(): ReceptionReport | undefined {
    if (this.#ssrc === undefined) return undefined;
    const expected = this.#expected - this.#expectedBefore;
    const received = this.#receivedFromSource - this.#receivedBefore;
    this.#expectedBefore = this.#expected;
    this.#receivedBefore = this.#receivedFromSource;
    const lost = expected - received;
    return {
      ssrc: this.#ssrc,
      fractionLost: expected <= 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected)),
      cumulativeLost: Math.min(0x7fffff, this.lost),
      highestSequence: (this.#cycles + this.#highest) >>> 0,
      jitter: Math.round(this.#jitter),
    };
  }

  get #expected(): number {
    return this.#ssrc === undefined ? 0 : this.#cycles + this.#highest - this.#baseSequence + 1;
  }

  #startSource(view: RtpView): void {
    this.#lostFromEarlierSources = this.lost;
    this.#ssrc = view.ssrc;
    this.#baseSequence = view.sequence;
    this.#highest = view.sequence;
    this.#cycles = 0;
    this.#receivedFromSource = 0;
    this.#expectedBefore = 0;
    this.#receivedBefore = 0;
    this.#lastArrival = 0;
  }

  #noteJitter(view: RtpView, arrivedAtMs: number): void {
    const arrival = (arrivedAtMs * SAMPLE_RATE_HZ) / 1000;
    if (this.#lastArrival !== 0) {
      const sent = timestampDistance(view.timestamp, this.#lastTimestamp);
      const transitChange = Math.abs(arrival - this.#lastArrival - sent);
      // A pause or a talk start with a new timestamp base says nothing about the network.
      if (!view.marker && transitChange < SAMPLE_RATE_HZ) {
        this.#jitter += (transitChange - this.#jitter) / 16;
        if (this.#jitter > this.#maxJitter) this.#maxJitter = this.#jitter;
      }
    }
    this.#lastArrival = arrival;
    this.#lastTimestamp = view.timestamp;
  }
}
