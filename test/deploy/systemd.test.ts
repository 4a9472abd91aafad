import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployed, hasProgram, namesIn, ROOT, run } from './files.ts';

const INSTALLED = '/opt/axbridge';
/** Of 10, which `systemd-analyze security` counts; a service without any lock has 9.6. */
const MOST_EXPOSURE = 2;
const units = namesIn('systemd');

let folder: string;

/** The units as they are, but with paths and programs of this machine: `verify` looks whether those are there. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'axbridge-units-'));
  for (const name of units) {
    const text = deployed(`systemd/${name}`)
      .replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`)
      .replaceAll(INSTALLED, ROOT);
    writeFileSync(join(folder, name), text);
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('axbridge.service starts axbridge as npm start does', () => {
  const { start } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts;
  expect(deployed('systemd/axbridge.service')).toContain(
    `ExecStart=${INSTALLED}/node_modules/.bin/${start}\n`,
  );
});

const hasSystemd = hasProgram('systemd-analyze', 'systemd');

describe('deploy/systemd', () => {
  it.skipIf(!hasSystemd).each(units)('%s is what systemd takes', (name) => {
    const { status, said } = run('systemd-analyze', ['verify', '--man=no', join(folder, name)]);
    expect(said).toBe('');
    expect(status).toBe(0);
  });

  it.skipIf(!hasSystemd).each(units)('%s locks its process up', (name) => {
    const { stdout } = run('systemd-analyze', [
      'security',
      '--offline=true',
      '--no-pager',
      join(folder, name),
    ]);
    expect(Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1])).toBeLessThan(MOST_EXPOSURE);
  });

  it('names files of this repository where it names files below its folder', () => {
    for (const name of units) {
      for (const [path] of deployed(`systemd/${name}`).matchAll(/\/opt\/axbridge[\w./-]*/g)) {
        expect(existsSync(path.replace(INSTALLED, ROOT)), path).toBe(true);
      }
    }
    expect(readFileSync(join(folder, 'axbridge.service'), 'utf8')).toContain('src/main.ts');
  });
});
