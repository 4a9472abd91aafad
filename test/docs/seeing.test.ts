import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../src/config.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../docs/seeing.md'), 'utf8');

describe('docs/seeing.md', () => {
  it('names settings that exist, with their defaults', () => {
    const named = [...new Set(page.match(/AXBRIDGE_[A-Z_]+/g))];
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !(name in SETTINGS))).toEqual([]);
    const fallbacks = new Map<string, string>(
      Object.entries(SETTINGS).map(([name, { fallback }]) => [name, fallback]),
    );
    const told = [...page.matchAll(/`(AXBRIDGE_[A-Z_]+)`(?: \| `?| \()(\w+)/g)];
    expect(told.length).toBeGreaterThan(4);
    for (const [, name = '', value] of told) expect([name, fallbacks.get(name)]).toEqual([name, value]);
  });
});
