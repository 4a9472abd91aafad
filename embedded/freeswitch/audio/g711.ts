/**
 * G.711 companding (ITU-T G.711), done by tables that are built once.
 *
 * Decoding follows the recommendation's segment formulas. Encoding picks the code whose decoded value is
 * nearest, which is what the recommendation's decision values amount to.
 */

export type Law = 'PCMA' | 'PCMU';

/** Samples per second of every stream that this server sends, receives and records. */
export const SAMPLE_RATE_HZ = 8000;

/** What to fill a frame with when there is nothing to say: the code of the smallest positive sample. */
export const SILENCE_CODE: Readonly<Record<Law, number>> = { PCMA: 0xd5, PCMU: 0xff };

const decodeTables: Readonly<Record<Law, Int16Array>> = {
  PCMA: Int16Array.from({ length: 256 }, (_, code) => aLawLevel(code)),
  PCMU: Int16Array.from({ length: 256 }, (_, code) => muLawLevel(code)),
};

const encodeTables: Readonly<Record<Law, Uint8Array>> = {
  PCMA: nearestCodes('PCMA'),
  PCMU: nearestCodes('PCMU'),
};

/** Code-to-code conversion: `transcodeTable('PCMA', 'PCMU')[aLawCode]` is the nearest mu-law code. */
const transcodeTables: Readonly<Record<Law, Readonly<Record<Law, Uint8Array>>>> = {
  PCMA: { PCMA: conversion('PCMA', 'PCMA'), PCMU: conversion('PCMA', 'PCMU') },
  PCMU: { PCMA: conversion('PCMU', 'PCMA'), PCMU: conversion('PCMU', 'PCMU') },
};

/** The 256 sample values of a law, indexed by code. */
export function decodeTable(law: Law): Int16Array {
  return decodeTables[law];
}

/** The 256 codes of `to` that stand nearest to the codes of `from`. */
export function transcodeTable(from: Law, to: Law): Uint8Array {
  return transcodeTables[from][to];
}

/** Decodes `codes` into `samples` from its start; `samples` must be at least as long. */
export function decode(law: Law, codes: Uint8Array, samples: Int16Array): void {
  const table = decodeTables[law];
  for (let i = 0; i < codes.length; i++) samples[i] = table[codes[i] ?? 0] ?? 0;
}

/** Encodes the first `count` of `samples` into `codes` from `offset`. */
export function encode(
  law: Law,
  samples: Int16Array,
  count: number,
  codes: Uint8Array,
  offset: number,
): void {
  const table = encodeTables[law];
  for (let i = 0; i < count; i++) codes[offset + i] = table[(samples[i] ?? 0) & 0xffff] ?? 0;
}

function aLawLevel(code: number): number {
  const bits = code ^ 0x55;
  const segment = (bits & 0x70) >> 4;
  const step = (bits & 0x0f) << 4;
  const magnitude = segment === 0 ? step + 8 : (step + 0x108) << (segment - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}

function muLawLevel(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4)) - 0x84;
  return bits & 0x80 ? -magnitude : magnitude;
}

function nearestCodes(law: Law): Uint8Array {
  const levels = Array.from(decodeTables[law], (level, code) => ({ level, code }));
  // Mu-law has two codes for zero; sorting the higher code last makes 0xff, the positive zero, the one used.
  levels.sort((a, b) => a.level - b.level || a.code - b.code);
  const codes = new Uint8Array(65536);
  let nearest = 0;
  for (let sample = -32768; sample <= 32767; sample++) {
    for (;;) {
      const current = levels[nearest];
      const next = levels[nearest + 1];
      if (!current || !next || Math.abs(next.level - sample) > Math.abs(current.level - sample)) break;
      nearest++;
    }
    codes[sample & 0xffff] = levels[nearest]?.code ?? 0;
  }
  return codes;
}

function conversion(from: Law, to: Law): Uint8Array {
  return Uint8Array.from(decodeTables[from], (level, code) =>
    from === to ? code : (encodeTables[to][level & 0xffff] ?? 0),
  );
}
