import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readWavHeader } from '../../media/index.ts';
import { RecordingFolder } from '../../src/recordings/RecordingFolder.ts';
import { RecordingSweeper } from '../../src/recordings/RecordingSweeper.ts';
import { type RecordingEnd, type RecordingOutcome, Recordings } from '../../src/recordings/Recordings.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { writePcm } from './pcmFile.ts';

const NOON = Date.UTC(2026, 10, 22, 12, 0, 7);
const DAY_MS = 86_400_000;
const logger = { debug() {}, info() {}, warn() {}, error() {} };

let folder: string;
let files: RecordingFolder;
let recordings: Recordings;
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase({ max: 1 });
});

afterAll(() => database.close());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'axbridge-recordings-'));
  files = new RecordingFolder(folder);
  recordings = new Recordings({ folder: files, bucket: undefined, freeBytes: 0, clock: () => NOON, logger });
});

afterEach(async () => {
  await recordings.stop();
  await rm(folder, { recursive: true });
  await database.sql`TRUNCATE recordings`;
});

describe('the folder', () => {
  it('has a name by which the nodes that share it know, whole from the first', async () => {
    const nodes = Array.from({ length: 5 }, () => new RecordingFolder(folder));
    await Promise.all(nodes.map((node) => node.id()));
    const [id, ...others] = await Promise.all(nodes.map((node) => node.id()));
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(others)).toEqual(new Set([id]));
    expect(await readdir(folder)).toEqual(['.folder-id']);
  });
});

describe('a recording', () => {
  it('gets a name of its moment and becomes A-law under it', async () => {
    const { objectName, path } = await recordings.begin();
    expect(objectName).toMatch(/^261122120007\d{9}\.wav$/);
    expect(dirname(path)).toBe(join(folder, '2026-11-22'));
    await writePcm(path, 5);
    recordings.keep(objectName);
    await recordings.stop();
    expect(await readdir(join(folder, '2026-11-22'))).toEqual([objectName]);
    const header = readWavHeader(await readFile(files.pathOf(objectName)));
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

  it('keeps the time at which its call ended', async () => {
    const { objectName, path } = await recordings.begin();
    await writePcm(path, 4);
    const endedAt = new Date(NOON - DAY_MS);
    await utimes(path, endedAt, endedAt);
    await recordings.convert(objectName);
    expect((await stat(files.pathOf(objectName))).mtime).toEqual(endedAt);
  });

  it('that cannot be converted stays where it is', async () => {
    const { objectName, path } = await recordings.begin();
    await writeFile(path, 'no WAV file');
    expect(await recordings.convert(objectName)).toBe(0);
    expect(await recordings.unconverted()).toEqual([objectName]);
  });

  it('is found under no name but ours', async () => {
    expect(() => files.pathOf('../../etc/passwd')).toThrow(RangeError);
    for (const name of [
      '../../etc/passwd',
      'raw-261122120007000000001.wav',
      '261122120007000000001.wav',
      '',
    ]) {
      expect(await recordings.has(name)).toBe(false);
      expect(await recordings.open(name)).toBeUndefined();
    }
  });
});

describe('what a recording came to', () => {
  const after = async (ms: number, end: RecordingEnd, writtenSeconds: number | undefined) => {
    const { objectName, path } = await recordings.begin();
    if (writtenSeconds !== undefined) await writePcm(path, writtenSeconds);
    return recordings.outcome(objectName, ms, end);
  };
  const took = (ms: number): RecordingEnd => ({ kind: 'ended', ms });
  const unknown: RecordingEnd = { kind: 'unknown' };

  it.each<[RecordingOutcome, string, number, RecordingEnd, number | undefined]>([
    ['complete', 'all of it is written', 10_000, took(10_000), 10],
    ['complete', 'next to all of it is written', 10_000, took(10_400), 10],
    ['complete', 'a party was held for half of it', 10_000, took(5000), 5],
    ['complete', 'the media server is gone', 10_000, unknown, 8],
    ['complete', 'it just lasted long enough', 3000, took(3000), 3],
    ['too-short', 'the call was too short', 2999, took(3000), 3],
    ['too-short', 'a party was held for most of it', 10_000, took(2000), undefined],
    ['too-short', 'what is written is too short', 3200, took(3100), 2.8],
    ['incomplete', 'the disk took less', 10_000, took(10_000), 9],
    ['incomplete', 'the disk took nothing', 10_000, took(10_000), 0],
    ['incomplete', 'there is no file', 10_000, took(10_000), undefined],
    ['incomplete', 'the media server gave up', 10_000, { kind: 'broken' }, 9],
    ['incomplete', 'the media server is gone and left nothing', 10_000, unknown, undefined],
  ])('is %s when %s', async (outcome, _why, ms, end, writtenSeconds) => {
    expect(await after(ms, end, writtenSeconds)).toBe(outcome);
  });
});

describe('a disk without room', () => {
  it('lets no recording begin', async () => {
    const picky = new Recordings({
      folder: files,
      bucket: undefined,
      freeBytes: Number.MAX_SAFE_INTEGER,
      clock: () => NOON,
      logger,
    });
    await expect(picky.begin()).rejects.toMatchObject({ code: 'RECORDING_DISK_FULL' });
  });

  it('nor a folder that cannot be written lets one begin', async () => {
    const odd = new RecordingFolder(join(folder, 'file'));
    await writeFile(join(folder, 'file'), '');
    await expect(odd.prepare('261122120007000000001.wav')).rejects.toThrow();
  });

  it('is another thing than a folder that was taken away: that is made anew', async () => {
    const { path } = await recordings.begin();
    await rm(dirname(path), { recursive: true });
    await writePcm((await recordings.begin()).path, 1);
  });
});

describe('old recordings', () => {
  const write = async (day: string, name: string, at: number) => {
    await mkdir(join(folder, day), { recursive: true });
    await writeFile(join(folder, day, name), '');
    await utimes(join(folder, day, name), at / 1000, at / 1000);
  };
  const left = async () => (await readdir(folder, { recursive: true })).sort();

  it('go by the moment of their last byte, and empty days with them', async () => {
    const oldest = NOON - 7 * DAY_MS;
    await write('2026-11-14', 'old.wav', oldest - DAY_MS);
    await write('2026-11-14', 'raw-of-a-call-that-a-crash-ended.wav', oldest - DAY_MS);
    await write('2026-11-15', 'a-second-too-old.wav', oldest - 1000);
    await write('2026-11-15', 'ended-later-than-it-began.wav', oldest + 1000);
    await write('2026-11-22', 'of-today.wav', NOON);
    await write('other', 'not-ours.wav', 0);
    await files.removeBefore(oldest);
    expect(await left()).toEqual([
      '2026-11-15',
      '2026-11-15/ended-later-than-it-began.wav',
      '2026-11-22',
      '2026-11-22/of-today.wav',
      'other',
      'other/not-ours.wav',
    ]);
  });

  it('are swept from the disk and the database a week after the record, and not before', async () => {
    const week = NOON - 7 * DAY_MS;
    await file({ '1.wav': week - 1, '2.wav': week });
    await write('2026-11-15', 'a.wav', week - 1000);
    await sweep(async () => expect(await left()).toEqual([]));
    expect(await database.sql`SELECT object_name FROM recordings`).toEqual([{ object_name: '2.wav' }]);
  });
});

describe('recordings that a dead process left unconverted', () => {
  it('are converted when their call has long been closed, and left alone when it has not', async () => {
    const [forgotten, fresh, inProgress] = await Promise.all([1, 2, 3].map(() => recordings.begin()));
    for (const each of [forgotten, fresh, inProgress]) await writePcm(each?.path ?? '', 4);
    await file({ [forgotten?.objectName ?? '']: NOON - 600_001, [fresh?.objectName ?? '']: NOON - 1000 });
    await sweep(async () => expect(await recordings.has(forgotten?.objectName ?? '')).toBe(true));
    const day = await readdir(join(folder, '2026-11-22'));
    expect(day.filter((name) => name.startsWith('raw-')).sort()).toEqual(
      [fresh, inProgress].map((each) => `raw-${each?.objectName}`).sort(),
    );
  });
});

/** Notes these recordings as left by calls that were closed at these moments. */
async function file(closedAt: Readonly<Record<string, number>>): Promise<void> {
  const rows = Object.entries(closedAt).map(([name, at]) => ({
    app_key: 'app',
    object_name: name,
    domain: 'ax.test',
    recorded_at: new Date(at),
  }));
  await database.sql`INSERT INTO recordings ${database.sql(rows)}`;
}

/** Runs the sweeper until this holds. */
async function sweep(until: () => Promise<void>): Promise<void> {
  const sweeper = new RecordingSweeper({
    sql: database.sql,
    recordings,
    folder: files,
    bucket: undefined,
    clock: () => NOON,
    logger,
  });
  sweeper.start();
  await vi.waitFor(until, { timeout: 10_000, interval: 20 });
  await sweeper.stop();
}
