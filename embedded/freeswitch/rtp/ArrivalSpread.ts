/** Packets over which one variance is taken: two seconds of speech. */
const WINDOW_PACKETS = 100;
/** A longer pause is a hold or silence suppression, and says nothing about the network. */
const LONGEST_INTERVAL_MS = 1000;

/** How evenly packets arrive: the mean time between two, and how far single ones are from it. */
export class ArrivalSpread {
  /** Largest variance of a window, in square milliseconds; 0 before the first window is full. */
  maxVariance = 0;
  #minVariance = Number.POSITIVE_INFINITY;
  #lastArrivalMs: number | undefined;
  #intervals = 0;
  #sumMs = 0;
  #inWindow = 0;
  #windowMean = 0;
  #windowSquares = 0;

  /** Milliseconds; 0 before the second packet. */
  get meanIntervalMs(): number {
    return this.#intervals === 0 ? 0 : this.#sumMs / this.#intervals;
  }

  /** Smallest variance of a window. */
  get minVariance(): number {
    return Number.isFinite(this.#minVariance) ? this.#minVariance : 0;
  }

  note(arrivedAtMs: number): void {
    const last = this.#lastArrivalMs;
    this.#lastArrivalMs = arrivedAtMs;
    if (last === undefined) return;
    const interval = arrivedAtMs - last;
    if (interval > LONGEST_INTERVAL_MS) return;
    this.#intervals++;
    this.#sumMs += interval;
    // Welford's way: no sum of squares that grows past the precision of a number.
    this.#inWindow++;
    const off = interval - this.#windowMean;
    this.#windowMean += off / this.#inWindow;
    this.#windowSquares += off * (interval - this.#windowMean);
    if (this.#inWindow === WINDOW_PACKETS) this.#closeWindow();
  }

  #closeWindow(): void {
    const variance = this.#windowSquares / this.#inWindow;
    this.#minVariance = Math.min(this.#minVariance, variance);
    this.maxVariance = Math.max(this.maxVariance, variance);
    this.#inWindow = 0;
    this.#windowMean = 0;
    this.#windowSquares = 0;
  }
}
