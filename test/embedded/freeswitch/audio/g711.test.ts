import { describe, expect, it } from 'vitest';
import {
  decode,
  decodeTable,
  encode,
  type Law,
  transcodeTable,
} from '../../../../embedded/freeswitch/audio/g711.ts';

const LAWS: readonly Law[] = ['PCMA', 'PCMU'];

describe('G.711', () => {
  it.each(LAWS)('%s gives every code back that it decodes, but for the second zero of mu-law', (law) => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
    const samples = new Int16Array(256);
    decode(law, codes, samples);
    const again = new Uint8Array(256);
    encode(law, samples, 256, again, 0);
    const changed = [...codes].filter((code) => again[code] !== code);
    expect(changed).toEqual(law === 'PCMU' ? [0x7f] : []);
  });

  it.each([
    ['PCMA', 0xd5, 8],
    ['PCMA', 0x55, -8],
    ['PCMA', 0xaa, 32256],
    ['PCMA', 0x2a, -32256],
    ['PCMU', 0xff, 0],
    ['PCMU', 0x80, 32124],
    ['PCMU', 0x00, -32124],
  ] as const)('%s code %i stands for %i, as in the tables of the recommendation', (law, code, level) => {
    expect(decodeTable(law)[code]).toBe(level);
  });

  it.each(LAWS)('%s keeps a sine 35 dB above its noise', (law) => {
    const samples = Int16Array.from({ length: 8000 }, (_, i) => Math.round(8000 * Math.sin(i * 0.37)));
    const codes = new Uint8Array(8000);
    const decoded = new Int16Array(8000);
    encode(law, samples, 8000, codes, 0);
    decode(law, codes, decoded);
    let signal = 0;
    let noise = 0;
    for (const [i, sample] of samples.entries()) {
      signal += sample ** 2;
      noise += (sample - (decoded[i] ?? 0)) ** 2;
    }
    expect(10 * Math.log10(signal / noise)).toBeGreaterThan(35);
  });

  it('converts between the laws to the nearest level, and leaves a law alone', () => {
    const toMu = transcodeTable('PCMA', 'PCMU');
    for (const [code, level] of decodeTable('PCMA').entries()) {
      const nearest = Math.min(...[...decodeTable('PCMU')].map((other) => Math.abs(other - level)));
      expect(Math.abs((decodeTable('PCMU')[toMu[code] ?? 0] ?? 0) - level)).toBe(nearest);
    }
    expect([...transcodeTable('PCMA', 'PCMA')]).toEqual([...Array(256).keys()]);
  });
});
