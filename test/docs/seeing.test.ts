import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../cli/commands.ts';
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

  it('names commands and options that exist', () => {
    const shells = page.match(/^```sh\n.*?^```$/gms)?.join('\n') ?? '';
    const lines = shells.match(/^axbridge .*$/gm) ?? [];
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) {
      const [, noun = '', verb = ''] = line.split(' ');
      const group = COMMANDS[noun];
      const command = group !== undefined && 'commands' in group ? group.commands[verb] : group;
      expect([line, command === undefined]).toEqual([line, false]);
      const options = [...line.matchAll(/ --([a-z-]+)/g)].map(([, option]) => option);
      expect(Object.keys(command?.options ?? {})).toEqual(expect.arrayContaining(options));
    }
  });
});
