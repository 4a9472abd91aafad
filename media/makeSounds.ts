import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Language, SCENES, type SceneName, sceneFile } from './scenes.ts';

/**
 * Speaks the default announcements with Debian's espeak-ng and sox (`apt install espeak-ng sox`):
 *
 *     node media/makeSounds.ts freeswitch-conf/sounds
 *
 * Both run as programs of their own; another voice needs another `speak`.
 */

const run = promisify(execFile);

/** Debian's plain `cmn` voice (1.51) spells Mandarin's syllables out in English; the pinyin one speaks them. */
const VOICES: Record<Language, readonly string[]> = {
  zh: ['-v', 'cmn-latn-pinyin', '-s', '165'],
  en: ['-v', 'en-gb', '-s', '160'],
};

/** Telephone band, silence cut at both ends and 0.1 s put back, loudness evened out, peaks at -3 dB. */
const EFFECTS = [
  ...['highpass', '150', 'rate', '8000'],
  ...['silence', '1', '0.02', '0.3%', 'reverse', 'silence', '1', '0.02', '0.3%', 'reverse'],
  ...['compand', '0.005,0.1', '6:-60,-60,-30,-15,0,-6', 'norm', '-3', 'pad', '0.1', '0.1'],
];

async function speak(text: string, language: Language, file: string, scratch: string): Promise<void> {
  const spoken = join(scratch, 'spoken.wav');
  await run('espeak-ng', [...VOICES[language], '-w', spoken, text]);
  await mkdir(dirname(file), { recursive: true });
  await run('sox', ['-D', spoken, '-c', '1', '-e', 'a-law', file, ...EFFECTS]);
}

const soundsFolder = process.argv[2];
if (soundsFolder === undefined) {
  process.stderr.write('usage: node media/makeSounds.ts <folder for zh/ and en/>\n');
  process.exit(1);
}
const scratch = await mkdtemp(join(tmpdir(), 'axbridge-sounds-'));
try {
  for (const scene of Object.keys(SCENES) as SceneName[]) {
    for (const language of ['zh', 'en'] as const) {
      await speak(SCENES[scene][language], language, sceneFile(soundsFolder, scene, language), scratch);
    }
  }
} finally {
  await rm(scratch, { recursive: true });
}
