/** Samples that are searched at once. */
const BLOCK = 4096;

const COSINES = Float64Array.from({ length: BLOCK / 2 }, (_, turn) =>
  Math.cos((-2 * Math.PI * turn) / BLOCK),
);
const SINES = Float64Array.from({ length: BLOCK / 2 }, (_, turn) => Math.sin((-2 * Math.PI * turn) / BLOCK));

/** Discrete Fourier transform of a block, in place (Cooley and Tukey). */
function transform(re: Float64Array, im: Float64Array): void {
  for (let index = 1, reversed = 0; index < BLOCK; index++) {
    let bit = BLOCK >> 1;
    for (; (reversed & bit) !== 0; bit >>= 1) reversed ^= bit;
    reversed ^= bit;
    if (index < reversed) {
      swap(re, index, reversed);
      swap(im, index, reversed);
    }
  }
  for (let span = 2; span <= BLOCK; span *= 2) {
    const half = span / 2;
    const stride = BLOCK / span;
    for (let start = 0; start < BLOCK; start += span) {
      for (let low = start, turn = 0; low < start + half; low++, turn += stride) {
        const high = low + half;
        const [cosine, sine] = [COSINES[turn] ?? 0, SINES[turn] ?? 0];
        const [lowRe, lowIm] = [re[low] ?? 0, im[low] ?? 0];
        const highRe = (re[high] ?? 0) * cosine - (im[high] ?? 0) * sine;
        const highIm = (re[high] ?? 0) * sine + (im[high] ?? 0) * cosine;
        re[low] = lowRe + highRe;
        im[low] = lowIm + highIm;
        re[high] = lowRe - highRe;
        im[high] = lowIm - highIm;
      }
    }
  }
}

function swap(values: Float64Array, one: number, other: number): void {
  const kept = values[one] ?? 0;
  values[one] = values[other] ?? 0;
  values[other] = kept;
}

interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

function spectrumOf(samples: Float64Array): Spectrum {
  const re = new Float64Array(BLOCK);
  const im = new Float64Array(BLOCK);
  re.set(samples);
  transform(re, im);
  return { re, im };
}

/** A short pattern, made ready to be looked for. */
export class Probe {
  /** Samples of the longest pattern. */
  static readonly LONGEST = BLOCK / 4;
  readonly length: number;
  readonly spectrum: Spectrum;
  readonly #energy: number;

  constructor(pattern: Float64Array) {
    if (pattern.length > Probe.LONGEST) throw new Error(`a pattern of ${pattern.length} samples`);
    this.length = pattern.length;
    this.spectrum = spectrumOf(pattern);
    this.#energy = energyOf(pattern);
  }

  /**
   * How like the pattern each place of what was heard is: the normalised correlation from -1 to 1, by the sample at
   * which the pattern would begin.
   */
  static likenesses(heard: Float64Array, probes: readonly Probe[]): Float64Array[] {
    const likenesses = probes.map(() => new Float64Array(heard.length));
    const step = BLOCK - Probe.LONGEST;
    for (let start = 0; start < heard.length; start += step) {
      const block = heard.subarray(start, start + BLOCK);
      // Silence in A-law is a hum of 8: nothing is looked for in it.
      if (energyOf(block) < block.length * 20 * 20) continue;
      const spectrum = spectrumOf(block);
      for (let index = 0; index < probes.length; index += 2) {
        const [one, other] = [probes[index], probes[index + 1]];
        if (one === undefined) break;
        const products = productsOf(spectrum, one, other ?? one);
        one.#normalise(block, products.re, likenesses[index]?.subarray(start, start + step));
        if (other === undefined) break;
        other.#normalise(block, products.im, likenesses[index + 1]?.subarray(start, start + step));
      }
    }
    return likenesses;
  }

  #normalise(block: Float64Array, products: Float64Array, result = new Float64Array()): void {
    let energy = energyOf(block.subarray(0, this.length));
    for (let at = 0; at < result.length; at++) {
      const loudest = this.#energy * energy;
      result[at] = loudest < 1 ? 0 : (products[at] ?? 0) / Math.sqrt(loudest);
      energy += (block[at + this.length] ?? 0) ** 2 - (block[at] ?? 0) ** 2;
    }
  }
}

/** The correlations of a block with two patterns, by one transform: those with the first are `re`, with the other `im`. */
function productsOf(block: Spectrum, one: Probe, other: Probe): Spectrum {
  const re = new Float64Array(BLOCK);
  const im = new Float64Array(BLOCK);
  const [p, q] = [one.spectrum, other.spectrum];
  for (let index = 0; index < BLOCK; index++) {
    const a = block.re[index] ?? 0;
    const b = block.im[index] ?? 0;
    const [c, d] = [p.re[index] ?? 0, p.im[index] ?? 0];
    const [e, f] = [q.re[index] ?? 0, q.im[index] ?? 0];
    // block * conj(p) + i * block * conj(q); conjugated, so that the same transform leads back.
    re[index] = a * c + b * d - (b * e - a * f);
    im[index] = -(b * c - a * d + a * e + b * f);
  }
  transform(re, im);
  for (let index = 0; index < BLOCK; index++) {
    re[index] = (re[index] ?? 0) / BLOCK;
    im[index] = -(im[index] ?? 0) / BLOCK;
  }
  return { re, im };
}

function energyOf(samples: Float64Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return energy;
}

/** How like two stretches of the same length are, from -1 to 1. */
export function likenessOf(one: Float64Array, other: Float64Array): number {
  let product = 0;
  for (let index = 0; index < one.length; index++) product += (one[index] ?? 0) * (other[index] ?? 0);
  return product / Math.max(1, Math.sqrt(energyOf(one) * energyOf(other)));
}
