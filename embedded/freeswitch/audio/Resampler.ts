/**
 * Sample-rate conversion by a windowed-sinc low-pass in polyphase form.
 *
 * Each output sample is the dot product of the input around it with one phase of the filter; the phase is the
 * fractional position of the output sample between two input samples. The cut-off lies below the lower of the
 * two Nyquist frequencies, so nothing folds back into the telephone band.
 */

const ZERO_CROSSINGS = 16;
const KAISER_BETA = 8;
/** Where the pass band ends, as a share of the lower Nyquist frequency: 3.68 kHz for 8 kHz output. */
const PASS_BAND = 0.92;
/** Rates whose ratio needs more phases than this use the nearest of them; the error is far below G.711's noise. */
const MAX_PHASES = 512;

interface FilterBank {
  readonly phases: number;
  readonly taps: number;
  readonly coefficients: Float32Array;
}

const banks = new Map<string, FilterBank>();

export class Resampler {
  readonly #step: number;
  readonly #bank: FilterBank;
  /** Input samples not yet passed by; it begins with half a filter of silence so that output is not delayed. */
  #history: Float32Array;
  #held: number;
  /** Position of the next output sample in the history, in input samples. */
  #position: number;

  /** Converts from `inputRateHz` to `outputRateHz`, both in samples a second. */
  constructor(inputRateHz: number, outputRateHz: number) {
    this.#step = inputRateHz / outputRateHz;
    this.#bank = filterBank(inputRateHz, outputRateHz);
    this.#history = new Float32Array(this.#bank.taps * 4);
    this.#held = this.#bank.taps / 2 - 1;
    this.#position = this.#held;
  }

  /** Takes the next input samples and returns the output samples that have become ready. */
  push(input: Int16Array): Int16Array {
    this.#append(input);
    return this.#convert();
  }

  /** Returns the output that was still waiting for input to its right, taking silence for it. */
  flush(): Int16Array {
    return this.push(new Int16Array(this.#bank.taps / 2));
  }

  #append(input: Int16Array): void {
    if (this.#held + input.length > this.#history.length) {
      const larger = new Float32Array(2 * (this.#held + input.length));
      larger.set(this.#history.subarray(0, this.#held));
      this.#history = larger;
    }
    this.#history.set(input, this.#held);
    this.#held += input.length;
  }

  #convert(): Int16Array {
    const { phases, taps, coefficients } = this.#bank;
    const half = taps / 2;
    const ready = Math.max(0, Math.floor((this.#held - half - this.#position) / this.#step) + 1);
    const output = new Int16Array(ready);
    const history = this.#history;
    let position = this.#position;
    let produced = 0;
    for (; produced < ready; produced++) {
      let left = Math.floor(position);
      let phase = Math.round((position - left) * phases);
      if (phase === phases) {
        phase = 0;
        left++;
      }
      if (left + half >= this.#held) break;
      const first = left - half + 1;
      const row = phase * taps;
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) {
        sum += (history[first + tap] ?? 0) * (coefficients[row + tap] ?? 0);
      }
      output[produced] = sum > 32767 ? 32767 : sum < -32768 ? -32768 : Math.round(sum);
      position += this.#step;
    }
    const passed = Math.max(0, Math.floor(position) - half);
    history.copyWithin(0, passed, this.#held);
    this.#held -= passed;
    this.#position = position - passed;
    return produced === ready ? output : output.subarray(0, produced);
  }
}

function filterBank(inputRateHz: number, outputRateHz: number): FilterBank {
  const key = `${inputRateHz}/${outputRateHz}`;
  const known = banks.get(key);
  if (known) return known;
  const made = designFilterBank(inputRateHz, outputRateHz);
  banks.set(key, made);
  return made;
}

function designFilterBank(inputRateHz: number, outputRateHz: number): FilterBank {
  const phases = Math.min(MAX_PHASES, outputRateHz / greatestCommonDivisor(inputRateHz, outputRateHz));
  // In cycles per input sample; doubled it is the filter's gain at each tap.
  const cutOff = 0.5 * PASS_BAND * Math.min(1, outputRateHz / inputRateHz);
  const half = Math.ceil(ZERO_CROSSINGS * Math.max(1, inputRateHz / outputRateHz));
  const taps = 2 * half;
  const coefficients = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    let gain = 0;
    const row = phase * taps;
    for (let tap = 0; tap < taps; tap++) {
      const distance = tap - half + 1 - phase / phases;
      const value = 2 * cutOff * sinc(2 * cutOff * distance) * kaiser(distance / half);
      coefficients[row + tap] = value;
      gain += value;
    }
    // Each phase passes a constant unchanged, so that no phase is louder than its neighbour.
    for (let tap = 0; tap < taps; tap++) {
      coefficients[row + tap] = (coefficients[row + tap] ?? 0) / gain;
    }
  }
  return { phases, taps, coefficients };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x: number): number {
  return Math.abs(x) > 1 ? 0 : bessel0(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel0(KAISER_BETA);
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function bessel0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > 1e-10 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
