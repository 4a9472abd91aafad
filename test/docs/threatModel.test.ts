import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../src/config.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/threat-model.md'), 'utf8');

/** The rows of the tables under "Entrances": somebody, lock, shown by. */
const ROWS = PAGE.slice(PAGE.indexOf('## Entrances'), PAGE.indexOf('## What the operator'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| somebody'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));

interface Shown {
  readonly file: string;
  /** Words of the test's name; '' where the whole file shows it. */
  readonly words: string;
}

/** `file` › words, › other words of the same file, `other file` */
function shownBy(cell: string): Shown[] {
  const shown: Shown[] = [];
  for (const part of cell.split(/, (?=[`›])/)) {
    const [, file = shown.at(-1)?.file ?? '', words = ''] = /^(?:`([^`]+)`)?\s*(?:› (.*))?$/.exec(part) ?? [];
    shown.push({ file, words });
  }
  return shown;
}

describe('the threat model', () => {
  it('names a lock and a test for each entrance', () => {
    expect(ROWS.length).toBeGreaterThan(25);
    for (const [somebody, lock, shown] of ROWS) {
      expect(lock, somebody).not.toBe('');
      expect(shown, somebody).toMatch(/^`test\//);
    }
  });

  it.each(ROWS.flatMap(([, , cell = '']) => shownBy(cell)))('$file › $words', ({ file, words }) => {
    expect(existsSync(join(ROOT, file))).toBe(true);
    const source = readFileSync(join(ROOT, file), 'utf8').replaceAll(/\\'/g, "'");
    expect(source).toContain(words);
  });

  it('names no setting that does not exist', () => {
    for (const [name] of PAGE.matchAll(/AXBRIDGE_\w+/g)) expect(SETTINGS).toHaveProperty(name);
  });
});
