/** ITU-T G.711: 16-bit linear samples to and from A-law and µ-law, by table. */

function aLawToLinear(code: number): number {
  const bits = code ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = bits & 15;
  const magnitude = exponent === 0 ? (mantissa << 4) + 8 : ((mantissa << 4) + 0x108) << (exponent - 1);
  return (bits & 0x80) === 0 ? -magnitude : magnitude;
}

function muLawToLinear(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 15) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return (bits & 0x80) === 0 ? magnitude : -magnitude;
}

function linearToALaw(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0;
  const magnitude = Math.min(sample >= 0 ? sample : -sample - 1, 32_767);
  const exponent = magnitude < 256 ? 0 : 24 - Math.clz32(magnitude);
  const mantissa = (magnitude >> (exponent === 0 ? 4 : exponent + 3)) & 15;
  return (sign | (exponent << 4) | mantissa) ^ 0x55;
}

/** Linear value of each A-law code. */
export const LINEAR_OF_A_LAW: Int16Array = Int16Array.from({ length: 256 }, (_, code) => aLawToLinear(code));
/** Linear value of each µ-law code. */
export const LINEAR_OF_MU_LAW: Int16Array = Int16Array.from({ length: 256 }, (_, code) =>
  muLawToLinear(code),
);
/** A-law code of each linear sample, at index `sample & 0xffff`. */
export const A_LAW_OF_LINEAR: Uint8Array = Uint8Array.from({ length: 65_536 }, (_, index) =>
  linearToALaw((index << 16) >> 16),
);
