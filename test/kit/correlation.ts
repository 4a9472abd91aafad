/** Samples that are searched at once. */
const BLOCK = 4096;

/** Discrete Fourier transform in place, of a power of two (Cooley and Tukey). */
function transform(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let index = 1, reversed = 0; index < size; index++) {
    let bit = size >> 1;
    for (; (reversed & bit) !== 0; bit >>= 1) reversed ^= bit;
    reversed ^= bit;
    if (index < reversed) {
      swap(re, index, reversed);
      swap(im, index, reversed);
    }
  }
  for (let span = 2; span <= size; span *= 2) {
    const half = span / 2;
    const turnRe = Math.cos((-2 * Math.PI) / span);
    const turnIm = Math.sin((-2 * Math.PI) / span);
    for (let start = 0; start < size; start += span) {
      let factorRe = 1;
      let factorIm = 0;
      for (let low = start; low < start + half; low++) {
        const high = low + half;
        const lowRe = re[low] ?? 0;
        const lowIm = im[low] ?? 0;
        const highRe = (re[high] ?? 0) * factorRe - (im[high] ?? 0) * factorIm;
        const highIm = (re[high] ?? 0) * factorIm + (im[high] ?? 0) * factorRe;
        re[low] = lowRe + highRe;
        im[low] = lowIm + highIm;
        re[high] = lowRe - highRe;
        im[high] = lowIm - highIm;
        const nextRe = factorRe * turnRe - factorIm * turnIm;
        factorIm = factorRe * turnIm + factorIm * turnRe;
        factorRe = nextRe;
      }
    }
  }
}

function swap(values: Float64Array, one: number, other: number): void {
  const kept = values[one] ?? 0;
  values[one] = values[other] ?? 0;
  values[other] = kept;
}

function spectrumOf(samples: Float64Array): { re: Float64Array; im: Float64Array } {
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
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #energy: number;

  constructor(pattern: Float64Array) {
    if (pattern.length > Probe.LONGEST) throw new Error(`a pattern of ${pattern.length} samples`);
    this.length = pattern.length;
    const { re, im } = spectrumOf(pattern);
    this.#re = re;
    this.#im = im;
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
      const { re, im } = spectrumOf(block);
      for (const [index, probe] of probes.entries()) {
        probe.#compare(block, re, im, likenesses[index]?.subarray(start, start + step) ?? new Float64Array());
      }
    }
    return likenesses;
  }

  #compare(block: Float64Array, blockRe: Float64Array, blockIm: Float64Array, result: Float64Array): void {
    const re = new Float64Array(BLOCK);
    const im = new Float64Array(BLOCK);
    // The product with the conjugate, conjugated once more: so the same transform leads back.
    for (let index = 0; index < BLOCK; index++) {
      const [a, b, c, d] = [
        blockRe[index] ?? 0,
        blockIm[index] ?? 0,
        this.#re[index] ?? 0,
        this.#im[index] ?? 0,
      ];
      re[index] = a * c + b * d;
      im[index] = a * d - b * c;
    }
    transform(re, im);
    let energy = energyOf(block.subarray(0, this.length));
    for (let at = 0; at < result.length; at++) {
      const loudest = this.#energy * energy;
      result[at] = loudest < 1 ? 0 : (re[at] ?? 0) / BLOCK / Math.sqrt(loudest);
      energy += (block[at + this.length] ?? 0) ** 2 - (block[at] ?? 0) ** 2;
    }
  }
}

export function energyOf(samples: Float64Array): number {
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
