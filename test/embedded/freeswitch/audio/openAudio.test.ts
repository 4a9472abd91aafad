import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AudioSource } from '../../../../embedded/freeswitch/audio/audioSource.ts';
import { encode, type Law } from '../../../../embedded/freeswitch/audio/g711.ts';
import { openAudio } from '../../../../embedded/freeswitch/audio/openAudio.ts';
import { sine, toneShare } from '../signals.ts';
import { pcmBytes, writeWav } from '../wavFiles.ts';

/** Reads a source to its end, giving its disk time between frames as the media clock does. */
async function readAll(source: AudioSource, maxFrames = 1000): Promise<Int16Array> {
  const frames: number[] = [];
  const frame = new Int16Array(160);
  for (let i = 0; i < maxFrames; i++) {
    const count = source.read(frame);
    frames.push(...frame.subarray(0, count));
    if (count < 160) break;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  source.close();
  return Int16Array.from(frames);
}

describe('sounds', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'axbridge-sounds-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([8000, 16000, 44100])('are played from 16-bit WAV at %i Hz', async (rate) => {
    await writeWav(join(folder, 'pcm.wav'), pcmBytes(sine(600, 1, rate)), { rate });
    const samples = await readAll(await openAudio('pcm.wav', folder));
    expect(Math.abs(samples.length - 8000)).toBeLessThan(20);
    expect(toneShare(samples.subarray(200, 7800), 600)).toBeGreaterThan(0.99);
  });

  it.each([
    ['PCMA', 6],
    ['PCMU', 7],
  ] as readonly [Law, number][])('are played from %s WAV', async (law, tag) => {
    const codes = Buffer.alloc(4000);
    encode(law, sine(600, 0.5), 4000, codes, 0);
    await writeWav(join(folder, 'law.wav'), codes, { tag, bits: 8 });
    const samples = await readAll(await openAudio('law', folder));
    expect(samples.length).toBe(4000);
    expect(toneShare(samples, 600)).toBeGreaterThan(0.99);
  });

  it('are mixed down from stereo, and taken up where asked', async () => {
    const mono = sine(500, 0.5);
    const stereo = Int16Array.from({ length: 8000 }, (_, i) => (i % 2 === 0 ? (mono[i >> 1] ?? 0) * 2 : 0));
    await writeWav(join(folder, 'stereo.wav'), pcmBytes(stereo), { channels: 2 });
    const whole = await readAll(await openAudio(join(folder, 'stereo.wav'), '/nowhere'));
    expect([...whole]).toEqual([...mono]);
    const rest = await readAll(await openAudio('stereo.wav', folder, 3000));
    expect([...rest]).toEqual([...mono.subarray(3000)]);
  });

  it('are played as far as they go when the header promises more', async () => {
    const path = join(folder, 'cut.wav');
    await writeWav(path, pcmBytes(sine(500, 1)));
    const file = await readFile(path);
    await writeFile(path, file.subarray(0, 44 + 1001));
    expect((await readAll(await openAudio(path, folder))).length).toBe(500);
  });

  it.each([
    ['nothing.wav', 'not_found'],
    ['noise.wav', 'unsupported_format'],
    ['tone_stream://what', 'unsupported_format'],
    ['silence_stream://x', 'unsupported_format'],
    ['local_stream://moh', 'unsupported_format'],
  ])('of no use are refused: %s', async (name, code) => {
    await writeFile(join(folder, 'noise.wav'), Buffer.from('RIFF....WAVEfmt \xff\xff\xff\xff', 'latin1'));
    await expect(openAudio(name, folder)).rejects.toMatchObject({ code });
  });

  it('are made of tone scripts and silence', async () => {
    const ringback = await readAll(await openAudio('tone_stream://%(200,100,440,480);loops=2', folder));
    expect(ringback.length).toBe(4800);
    expect(toneShare(ringback.subarray(0, 1600), 440)).toBeGreaterThan(0.45);
    expect(toneShare(ringback.subarray(0, 1600), 480)).toBeGreaterThan(0.45);
    expect(ringback.subarray(1600, 2400).every((sample) => sample === 0)).toBe(true);
    const endless = await readAll(await openAudio('tone_stream://%(20,20,440);loops=-1', folder), 100);
    expect(endless.length).toBe(16000);
    expect((await readAll(await openAudio('silence_stream://250', folder))).length).toBe(2000);
  });
});
