import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readWavHeader, SCENES, type SceneName, sceneFile } from '../../media/index.ts';
import { linearOf, loudness } from './hearing.ts';

const SOUNDS = fileURLToPath(new URL('../../freeswitch-conf/sounds', import.meta.url));
const SCENE_NAMES = Object.keys(SCENES) as SceneName[];

describe.each(['zh', 'en'] as const)('the default announcements in %s', (language) => {
  it.each(SCENE_NAMES)('have one for %s: A-law, 8 kHz, mono, short and loud enough', async (scene) => {
    const file = await readFile(sceneFile(SOUNDS, scene, language));
    const header = readWavHeader(file);
    expect(header).toMatchObject({ format: 6, channels: 1, samplesPerSecond: 8000, bitsPerSample: 8 });
    const samples = file.subarray(header.dataOffset, header.dataOffset + (header.dataBytes ?? 0));
    expect(samples.length).toBeGreaterThan(1.5 * 8000);
    expect(samples.length).toBeLessThan(6 * 8000);
    expect(loudness(linearOf(samples))).toBeGreaterThan(2500);
  });

  it('have none that nobody plays', async () => {
    const files = await readdir(join(SOUNDS, language));
    expect(files.sort()).toEqual(SCENE_NAMES.map((scene) => `${scene}.wav`).sort());
  });
});
