import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scene } from '../../routing/types.ts';
import { type AnnouncementFiles, announcementFiles } from '../../src/calls/announcementFiles.ts';

let folder: string;
let files: AnnouncementFiles;
let now = 0;

const SOUNDS = join(import.meta.dirname, '../../freeswitch-conf/sounds/zh');
const uploaded = (name: string) => join(folder, 'uploaded', name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'axbridge-announcements-'));
  await mkdir(join(folder, 'uploaded'));
  for (const name of ['own.wav', 'other.wav']) await writeFile(uploaded(name), '');
  files = announcementFiles({
    uploadedDir: join(folder, 'uploaded'),
    defaultDir: SOUNDS,
    clock: () => now,
  });
});

afterAll(() => rm(folder, { recursive: true }));

describe('the announcement of a scene', () => {
  const own = { 'no-binding': 'own.wav' };
  const rows: [string, Scene, Record<string, string>, string | undefined][] = [
    ['the application’s own', 'no-binding', own, 'own.wav'],
    [
      'the product’s, where the application wants it',
      'no-binding',
      { 'no-binding': 'default' },
      '@no-binding',
    ],
    ['silence, where nothing is set', 'no-binding', {}, undefined],
    ['the product’s, where the tables say so', 'busy', {}, '@busy'],
    [
      'the product’s, once the own one was deleted',
      'no-binding',
      { 'no-binding': 'gone.wav' },
      '@no-binding',
    ],
    ['that of another scene', 'no-extension', { 'wrong-extension': 'other.wav' }, 'other.wav'],
    ['the product’s of another scene', 'wrong-extension-retry', {}, '@enter-extension'],
    ['silence as in another scene', 'no-extension', {}, undefined],
  ];
  it.each(rows)('is %s', async (_, scene, announcements, expected) => {
    const path = expected?.startsWith('@')
      ? join(SOUNDS, `${expected.slice(1)}.wav`)
      : expected && uploaded(expected);
    expect(await files.scene(scene, announcements)).toBe(path);
  });
});

describe('an announcement that routing has chosen', () => {
  it('is a file that was uploaded, or one of the product', async () => {
    expect(await files.file('own.wav')).toBe(uploaded('own.wav'));
    expect(await files.file({ scene: 'wait' })).toBe(join(SOUNDS, 'wait.wav'));
    expect(await files.file(undefined)).toBeUndefined();
  });

  it.each(['gone.wav', '../sounds.ts', '/etc/passwd', '', 'a b.wav'])(
    'is none by the name %j',
    async (name) => {
      expect(await files.file(name)).toBeUndefined();
    },
  );

  it('is found some seconds after it was uploaded', async () => {
    expect(await files.uploaded('late.wav')).toBeUndefined();
    await writeFile(uploaded('late.wav'), '');
    now += 5001;
    expect(await files.uploaded('late.wav')).toBe(uploaded('late.wav'));
  });
});
