import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { A_LAW_OF_LINEAR, LINEAR_OF_A_LAW, LINEAR_OF_MU_LAW } from '../../media/g711.ts';
import { readWavHeader, toALaw, WavError } from '../../media/index.ts';
import { linearOf, loudness, shareOfTone } from './hearing.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'axbridge-wav-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function wav({
  format = 1,
  channels = 1,
  rate = 8000,
  bits = 16,
  declared,
  extra = Buffer.alloc(0),
  data,
}: {
  format?: number;
  channels?: number;
  rate?: number;
  bits?: number;
  declared?: number;
  extra?: Buffer;
  data: Buffer;
}): Buffer {
  const head = Buffer.alloc(36);
  head.write('RIFF\0\0\0\0WAVEfmt ', 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(format, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE((rate * channels * bits) / 8, 28);
  head.writeUInt16LE((channels * bits) / 8, 32);
  head.writeUInt16LE(bits, 34);
  const dataHead = Buffer.from('data\0\0\0\0', 'latin1');
  dataHead.writeUInt32LE(declared ?? data.length, 4);
  return Buffer.concat([head, extra, dataHead, data]);
}

function tone(hertz: number, seconds: number, amplitude = 8000): Buffer {
  const data = Buffer.alloc(Math.round(seconds * 8000) * 2);
  for (let at = 0; at * 2 < data.length; at++) {
    data.writeInt16LE(Math.round(amplitude * Math.sin((2 * Math.PI * hertz * at) / 8000)), at * 2);
  }
  return data;
}

async function convert(source: Buffer): Promise<{ seconds: number; file: Buffer }> {
  const path = join(folder, `source-${Math.random()}.wav`);
  await writeFile(path, source);
  const { seconds } = await toALaw(path, `${path}.out`);
  return { seconds, file: await readFile(`${path}.out`) };
}

describe('G.711', () => {
  it('gives every A-law code back after decoding it', () => {
    for (let code = 0; code < 256; code++) {
      expect(A_LAW_OF_LINEAR[(LINEAR_OF_A_LAW[code] ?? 0) & 0xffff]).toBe(code);
    }
  });

  it('decodes the ends of both scales as the recommendation says', () => {
    expect([
      LINEAR_OF_A_LAW[0xd5],
      LINEAR_OF_A_LAW[0x55],
      LINEAR_OF_A_LAW[0xaa],
      LINEAR_OF_A_LAW[0x2a],
    ]).toEqual([8, -8, 32_256, -32_256]);
    expect([LINEAR_OF_MU_LAW[0xff], LINEAR_OF_MU_LAW[0x80], LINEAR_OF_MU_LAW[0x00]]).toEqual([
      0, 32_124, -32_124,
    ]);
  });

  it('encodes the nearest code for every linear sample', () => {
    for (let sample = -32_768; sample < 32_768; sample += 7) {
      const decoded = LINEAR_OF_A_LAW[A_LAW_OF_LINEAR[sample & 0xffff] ?? 0] ?? 0;
      expect(Math.abs(decoded - sample)).toBeLessThanOrEqual(Math.max(16, Math.abs(sample) / 31));
    }
  });
});

describe('toALaw', () => {
  it('makes an A-law, 8 kHz, mono file with a fact chunk of a PCM recording', async () => {
    const { seconds, file } = await convert(wav({ data: tone(500, 3.25) }));
    expect(seconds).toBe(3.25);
    const header = readWavHeader(file);
    expect(header).toEqual({
      format: 6,
      channels: 1,
      samplesPerSecond: 8000,
      bitsPerSample: 8,
      dataOffset: 58,
      dataBytes: 26_000,
    });
    expect(file.readUInt32LE(4)).toBe(file.length - 8);
    expect(file.readUInt32LE(46)).toBe(26_000);
    expect(shareOfTone(linearOf(file.subarray(58)), 500)).toBeGreaterThan(0.99);
  });

  it('pads an odd number of samples, as RIFF demands', async () => {
    const { file } = await convert(wav({ data: tone(500, 1).subarray(0, 1001 * 2) }));
    expect(readWavHeader(file).dataBytes).toBe(1001);
    expect(file.length).toBe(58 + 1002);
    expect(file.readUInt32LE(4)).toBe(file.length - 8);
  });

  it.each([
    ['no length, as a crash leaves it', 0],
    ['an endless length', 0xffff_ffff],
    ['more than there is', 1_000_000],
  ])('reads to the end a file that declares %s', async (_, declared) => {
    const { seconds } = await convert(wav({ declared, data: tone(500, 2) }));
    expect(seconds).toBe(2);
  });

  it('leaves out half a sample at a torn end', async () => {
    const { seconds } = await convert(wav({ declared: 0, data: tone(500, 2).subarray(0, -1) }));
    expect(seconds).toBeCloseTo(2, 3);
  });

  it('averages the channels of a stereo file', async () => {
    const left = tone(500, 1);
    const data = Buffer.alloc(left.length * 2);
    for (let at = 0; at < left.length; at += 2) data.writeInt16LE(left.readInt16LE(at), at * 2);
    const { seconds, file } = await convert(wav({ channels: 2, data }));
    expect(seconds).toBe(1);
    expect(loudness(linearOf(file.subarray(58)))).toBeCloseTo(8000 / Math.SQRT2 / 2, -2);
  });

  it('takes µ-law and A-law files, and skips chunks that it does not know', async () => {
    const extra = Buffer.from('LIST\x03\0\0\0abc\0', 'latin1');
    const aLaw = await convert(wav({ format: 6, bits: 8, extra, data: Buffer.alloc(8000, 0xd5) }));
    expect(aLaw.file.subarray(58).every((code) => code === 0xd5)).toBe(true);
    const muLaw = await convert(wav({ format: 7, bits: 8, data: Buffer.alloc(8000, 0xff) }));
    expect(muLaw.file.subarray(58).every((code) => code === 0xd5)).toBe(true);
  });

  it('converts a file of many pieces without losing a sample', async () => {
    const { seconds, file } = await convert(wav({ data: tone(700, 40) }));
    expect(seconds).toBe(40);
    expect(shareOfTone(linearOf(file.subarray(58)), 700)).toBeGreaterThan(0.99);
  });

  it.each([
    ['a text', Buffer.from('hello'), 'not-wav'],
    ['a header without data', wav({ data: tone(500, 1) }).subarray(0, 36), 'not-wav'],
    ['24 bits', wav({ bits: 24, data: Buffer.alloc(24) }), 'format-not-supported'],
    ['16 kHz', wav({ rate: 16_000, data: Buffer.alloc(32) }), 'format-not-supported'],
  ])('refuses %s and leaves no file behind', async (_, source, code) => {
    const failure = await convert(source).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WavError);
    expect(failure).toMatchObject({ code });
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});
