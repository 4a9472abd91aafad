import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../cli/command.ts';
import { COMMANDS } from '../../cli/commands.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** At the begin of a line, of a part of a pipe, of a substitution; or behind npm. */
const COMMAND_LINE = /(?:^|\| |\$\(|npm run .*)axbridge (?:-- )?([a-z][^#|)]*)/g;
/** What the log says, not what is typed. */
const NO_COMMAND = 'is ready';

/** Lines for the command line, in blocks and in running text. */
function commandLines(page: string): string[] {
  const code = [
    ...[...page.matchAll(/^```sh[^\n]*\n(.*?)^```$/gms)].flatMap(([, block = '']) => block.split('\n')),
    ...[...page.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span),
  ];
  return code
    .flatMap((line) => [...line.matchAll(COMMAND_LINE)].map(([, words = '']) => words.trim()))
    .filter((line) => line !== NO_COMMAND);
}

/** The command that a line names; undefined when there is none. */
function commandOf([noun = '', verb = '']: readonly string[]): Command | undefined {
  const entry = COMMANDS[noun];
  return entry !== undefined && 'commands' in entry ? entry.commands[verb] : entry;
}

const pages = ['README.md', ...globSync('docs/*.md', { cwd: ROOT })]
  .map((file) => ({ file, lines: commandLines(readFileSync(resolve(ROOT, file), 'utf8')) }))
  .filter(({ lines }) => lines.length > 0);

it('finds command lines in the pages for operators', () => {
  const files = pages.map(({ file }) => file);
  expect(files).toEqual(expect.arrayContaining(['README.md', 'docs/first-day.md', 'docs/notifications.md']));
});

describe.each(pages)('$file', ({ lines }) => {
  it.each(lines.filter((line) => !/^[a-z-]+ --help/.test(line)))('axbridge %s', (line) => {
    const command = commandOf(line.split(' '));
    expect(command).toBeDefined();
    const known = [...Object.keys(command?.options ?? {}), 'json', 'help'];
    expect(known).toEqual(
      expect.arrayContaining([...line.matchAll(/(?<= )--([a-z0-9-]+)/g)].map(([, name]) => name)),
    );
  });
});
