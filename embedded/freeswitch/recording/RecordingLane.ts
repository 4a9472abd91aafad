import { SAMPLE_RATE_HZ } from '../audio/g711.ts';

/** How far the file stays behind the clock: packets that come within this time find their place, in any order. */
export const JITTER_BUFFER_SAMPLES = SAMPLE_RATE_HZ / 5;
/** Two seconds of room, a power of two. */
const CAPACITY = 16384;
/** A sender running ahead of the clock by more than this has changed its mind about time. */
const MAX_AHEAD_SAMPLES = CAPACITY / 2;
/** So many misplaced packets in a row mean that the sender's clock and ours have parted, not that one was slow. */
const MISPLACED_BEFORE_RESYNC = 5;

/**
 * One direction of a recording: a jitter buffer whose places are moments of the recording's own time.
 *
 * The first packet of a stream is put where the clock stands; the others where their timestamps put them relative
 * to it. What never comes stays silent, so both directions of a recording stay in step with the clock.
 */
export class RecordingLane {
  latePackets = 0;
  readonly #ring = new Int16Array(CAPACITY);
  /** Samples of the recording that have left the lane. */
  #taken = 0;
  #ssrc: number | undefined;
  /** What to add to a timestamp, counted from `#baseTimestamp`, to get a place in the recording. */
  #basePlace = 0;
  #baseTimestamp = 0;
  #misplaced = 0;

  /**
   * Puts one packet in its place.
   *
   * @param levels decoding table of the payload's law
   * @param clockPlace where the recording's clock stands, in samples
   */
  write(
    packet: Uint8Array,
    start: number,
    end: number,
    levels: Int16Array,
    timestamp: number,
    ssrc: number,
    clockPlace: number,
  ): void {
    if (this.#ssrc !== ssrc) this.#anchor(timestamp, ssrc, clockPlace);
    let place = this.#basePlace + ((timestamp - this.#baseTimestamp) | 0);
    if (place < this.#taken || place > clockPlace + MAX_AHEAD_SAMPLES) {
      this.latePackets++;
      this.#misplaced++;
      if (this.#misplaced < MISPLACED_BEFORE_RESYNC) return;
      this.#anchor(timestamp, ssrc, clockPlace);
      place = this.#basePlace;
    }
    this.#misplaced = 0;
    const room = this.#taken + CAPACITY - place;
    const count = Math.min(end - start, room);
    const ring = this.#ring;
    for (let i = 0; i < count; i++) {
      ring[(place + i) & (CAPACITY - 1)] = levels[packet[start + i] ?? 0] ?? 0;
    }
  }

  /** Moves the next `count` samples out into `samples`. */
  take(samples: Int16Array, count: number): void {
    for (let i = 0; i < count; i++) {
      const at = (this.#taken + i) & (CAPACITY - 1);
      samples[i] = this.#ring[at] ?? 0;
      this.#ring[at] = 0;
    }
    this.#taken += count;
  }

  #anchor(timestamp: number, ssrc: number, clockPlace: number): void {
    this.#ssrc = ssrc;
    this.#baseTimestamp = timestamp;
    this.#basePlace = Math.max(clockPlace, this.#taken);
    this.#misplaced = 0;
  }
}
