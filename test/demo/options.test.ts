import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readOptions, UsageError } from '../../demo/options.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'demo', 'main.ts');

describe('the options of the demo', () => {
  it('tells the story of AXB where none is named', () => {
    expect(readOptions([])).toEqual({ mode: 'axb', keep: false, help: false });
  });

  it.each(['axb', 'ax', 'axe', 'axyb', 'x'])('knows the story of %s', (mode) => {
    expect(readOptions(['--mode', mode, '--keep'])).toEqual({ mode, keep: true, help: false });
  });

  it('takes the mode in capitals, as documents write it', () => {
    expect(readOptions(['--mode', 'AXE']).mode).toBe('axe');
  });

  it.each([
    [['--mode', 'axbx'], "--mode 'axbx': expected one of axb, ax, axe, axyb, x"],
    [['--mode='], "--mode '': expected one of"],
    [['--mode', 'constructor'], "--mode 'constructor': expected one of"],
    [['--mode'], '--mode'],
    [['--speed', '2'], "'--speed'"],
    [['--keep=no'], '--keep'],
    // npm keeps an option that stands before `--` for itself, and hands on its value.
    [['axe'], "'axe'"],
  ])('refuses %j, and names it', (args, message) => {
    expect(() => readOptions(args)).toThrow(UsageError);
    expect(() => readOptions(args)).toThrow(message);
  });

  it('ends with 2 at an unknown mode, before anything is started', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, '--mode', 'abx'], {
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain("--mode 'abx'");
    expect(stderr).toContain('Usage: npm run demo');
  });
});
