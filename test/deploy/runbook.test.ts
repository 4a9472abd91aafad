import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS, runCommand } from '../../cli/commands.ts';
import { SETTINGS } from '../../src/config.ts';
import { deployed, ROOT } from './files.ts';

const DOCS = join(ROOT, 'docs');
const runbook = readFileSync(join(DOCS, 'runbook.md'), 'utf8');
const blocks = [...runbook.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text);

class Understood extends Error {}

/** Whether the command line can be understood: it then asks for a connection, and gets none. */
async function isUnderstood(line: string): Promise<boolean> {
  const words = line
    .replace(/\s+#.*$/, '')
    .replaceAll('$KEY', 'an-app-key')
    .split(/\s+/)
    .slice(1);
  const connect = (): never => {
    throw new Understood();
  };
  return runCommand(words, connect).then(
    () => true,
    (error: unknown) => error instanceof Understood,
  );
}

describe('the runbook', () => {
  const lines = blocks.flatMap((text) => text.split('\n')).filter((line) => /^axbridge [a-z]/.test(line));

  it.each(lines)('%s', async (line) => {
    expect(await isUnderstood(line)).toBe(true);
  });

  it('names commands that there are', () => {
    for (const [, name = '', verb] of runbook.matchAll(/`axbridge ([a-z-]+)(?: ([a-z-]+))?/g)) {
      const entry = COMMANDS[name];
      expect(entry, name).toBeDefined();
      if (verb !== undefined && entry !== undefined && 'commands' in entry) {
        expect(Object.keys(entry.commands), name).toContain(verb);
      }
    }
  });

  it('names settings, variables and files that there are', () => {
    for (const [name] of runbook.matchAll(/\bAXBRIDGE_[A-Z0-9_]+\b/g)) expect(SETTINGS).toHaveProperty(name);
    const media = readFileSync(join(ROOT, 'freeswitch-conf', 'vars.xml'), 'utf8');
    for (const [name] of runbook.matchAll(/\bMRF_[A-Z_]+\b/g)) expect(media).toContain(`$${name}"`);
    for (const [, path = ''] of runbook.matchAll(/((?:deploy|test)\/[\w./-]+\.\w+)/g)) {
      if (path !== 'deploy/.env') expect(existsSync(join(ROOT, path)), path).toBe(true);
    }
    for (const [, page = ''] of runbook.matchAll(/\]\(([\w./-]+\.md)\)/g)) {
      expect(existsSync(resolve(DOCS, page)), page).toBe(true);
    }
  });

  it('makes every secret that Kubernetes asks for', () => {
    const asked = [...deployed('kubernetes/cell.yaml').matchAll(/^ +key: (\S+)$/gm)].map(
      ([, key = '']) => key,
    );
    for (const key of new Set(asked)) expect(runbook).toContain(`--from-literal=${key}=`);
  });
});
