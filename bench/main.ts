/**
 * `npm run bench`: measures, each figure beside that of a bare peer in the same run.
 *
 * Every bench runs in a process of its own, so that none inherits the heap of another. What it prints also goes to
 * `bench/results/<name>.txt`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench, Settings } from './Bench.ts';
import { binds } from './binds.ts';
import { calls } from './calls.ts';
import { deadTarget } from './deadTarget.ts';
import { decisions } from './decisions.ts';
import { held } from './held.ts';
import { media } from './media.ts';
import { modes } from './modes.ts';
import { notifications } from './notifications.ts';
import { paths } from './paths.ts';
import { processes } from './processes.ts';
import { Report } from './Report.ts';
import { soak } from './soak.ts';
import { start } from './start.ts';

const BENCHES: readonly Bench[] = [
  decisions,
  binds,
  modes,
  start,
  calls,
  media,
  notifications,
  deadTarget,
  soak,
  held,
  paths,
  processes,
];

function usage(): string {
  const about = BENCHES.map(({ name, summary, flags }) => {
    const lines = Object.entries(flags).map(
      ([flag, { fallback, meaning }]) => `      --${flag} ${fallback.join(',')}`.padEnd(34) + meaning,
    );
    return [`  ${name}: ${summary}`, ...lines].join('\n');
  });
  return `Usage: npm run bench -- [name…] [--flag value…]\n\nWithout a name, all that do not take long:\n\n${about.join('\n\n')}`;
}

/** @throws Error for an unknown bench or flag, or a value that is no list of numbers */
function readCommand(): { names: readonly string[]; settings: Settings; help: boolean } {
  const names = BENCHES.flatMap(({ flags }) => Object.keys(flags));
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...Object.fromEntries(names.map((name) => [name, { type: 'string' } as const])),
      help: { type: 'boolean' },
    },
  });
  const unknown = positionals.find((wanted) => !BENCHES.some(({ name }) => name === wanted));
  if (unknown !== undefined) throw new Error(`there is no bench ${unknown}`);
  const { help = false, ...given } = values;
  const settings = Object.entries(given).map(([flag, text]) => {
    const numbers = String(text).split(',').map(Number);
    if (numbers.some(Number.isNaN))
      throw new Error(`--${flag} ${text}: expected numbers, separated by commas`);
    return [flag, numbers] as const;
  });
  return { names: positionals, settings: Object.fromEntries(settings), help: help === true };
}

async function runHere(bench: Bench, settings: Settings): Promise<void> {
  const flags = process.argv.slice(2).join(' ');
  const report = new Report(`npm run bench -- ${flags}`);
  await bench.run(settings, report);
  report.save(join(import.meta.dirname, 'results', `${bench.resultName?.() ?? bench.name}.txt`));
}

async function runEach(names: readonly string[]): Promise<void> {
  const flags = process.argv.slice(2).filter((word) => !names.includes(word));
  for (const name of names) {
    const child = spawn(process.execPath, [import.meta.filename, name, ...flags], { stdio: 'inherit' });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`bench ${name} failed`);
    console.log();
  }
}

try {
  const { names, settings, help } = readCommand();
  const [first] = BENCHES.filter(({ name }) => names.includes(name));
  if (help) console.log(usage());
  else if (names.length === 1 && first !== undefined) await runHere(first, settings);
  else
    await runEach(
      names.length > 0 ? names : BENCHES.filter(({ onlyByName }) => !onlyByName).map(({ name }) => name),
    );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
