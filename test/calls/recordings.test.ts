import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readWavHeader } from '../../media/index.ts';
import { Recordings } from '../../src/calls/recordings.ts';

const NOON = Date.UTC(2026, 10, 22, 12, 0, 7);
const logger = { debug() {}, info() {}, warn() {}, error() {} };

let folder: string;
let recordings: Recordings;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'axbridge-recordings-'));
  recordings = new Recordings({ folder, clock: () => NOON, logger });
});

afterEach(async () => {
  await recordings.stop();
  await rm(folder, { recursive: true });
});

/** What a media server writes: 16-bit PCM, 8 kHz, mono. */
async function writePcm(path: string, seconds: number): Promise<void> {
  const bytes = seconds * 16_000;
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + bytes, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8000, 24);
  header.writeUInt32LE(16_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(bytes, 40);
  await writeFile(path, Buffer.concat([header, Buffer.alloc(bytes)]));
}

describe('a recording', () => {
  it('gets a name of its moment and becomes A-law under it', async () => {
    const { objectName, path } = await recordings.begin();
    expect(objectName).toMatch(/^261122120007\d{9}\.wav$/);
    expect(dirname(path)).toBe(join(folder, '2026-11-22'));
    await writePcm(path, 5);
    recordings.keep(objectName);
    await recordings.stop();
    expect(await readdir(join(folder, '2026-11-22'))).toEqual([objectName]);
    const header = readWavHeader(await readFile(recordings.pathOf(objectName)));
    expect(header).toMatchObject({ format: 6, channels: 1, samplesPerSecond: 8000 });
  });

  it('of less than three seconds leaves nothing', async () => {
    const { objectName, path } = await recordings.begin();
    await writePcm(path, 2);
    expect(await recordings.convert(objectName)).toBe(0);
    expect(await readdir(join(folder, '2026-11-22'))).toEqual([]);
  });

  it('that was never written is 0 seconds long', async () => {
    const { objectName } = await recordings.begin();
    expect(await recordings.convert(objectName)).toBe(0);
  });

  it('is found under no name but ours', () => {
    expect(() => recordings.pathOf('../../etc/passwd')).toThrow(RangeError);
  });
});

describe('old recordings', () => {
  it('go with their day after a week', async () => {
    for (const day of ['2026-11-14', '2026-11-15', '2026-11-22', 'other']) await mkdir(join(folder, day));
    recordings.start();
    await expect
      .poll(async () => (await readdir(folder)).sort())
      .toEqual(['2026-11-15', '2026-11-22', 'other']);
  });
});
