import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/faults.md'), 'utf8');

/** `| … | <file> › <words of the test's name> |`, or the file alone. */
const SHOWN = [...PAGE.matchAll(/\| `(test\/[^`]+)`(?: › (.*?))? \|$/gm)].map(
  ([, file = '', words = '']) => ({ file, words }),
);
const ROWS = PAGE.split('\n').filter((line) => /^\| (?!fault|-)/.test(line));

describe('the page of faults', () => {
  it('names a test in each row', () => {
    expect(ROWS.length).toBeGreaterThan(20);
    expect(SHOWN.length).toBe(ROWS.length);
  });

  it.each(SHOWN)('$file › $words', ({ file, words }) => {
    expect(existsSync(join(ROOT, file))).toBe(true);
    expect(readFileSync(join(ROOT, file), 'utf8')).toContain(words);
  });
});
