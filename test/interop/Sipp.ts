import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SipAddress } from '../kit/Phone.ts';
import { freeUdpPort, udpPortInUse } from './ports.ts';

const SCENARIOS = join(import.meta.dirname, 'sipp');
const PATIENCE_SECONDS = 30;

/** How one run of sipp ended. */
export interface SippResult {
  readonly name: string;
  /** 0 when the scenario went through as written. */
  readonly exitCode: number;
  /** What its `<log>` actions wrote. */
  readonly log: string;
  /** What it complained of. */
  readonly errors: string;
}

export interface SippRun {
  /** Name of a file in `sipp/`, without its ending. */
  readonly scenario: string;
  /** Who it sends to; absent for one that waits. */
  readonly remote?: SipAddress;
  readonly port: number;
  /** Words that the scenario has in square brackets. */
  readonly keys?: Readonly<Record<string, string>>;
  /** Folder for its logs; audio files are looked for there too. */
  readonly folder: string;
}

/** Starts sipp for one call. Resolves once it listens; its `result` when the call is over. */
export async function startSipp(run: SippRun): Promise<{ result: Promise<SippResult> }> {
  const { scenario, remote, port, keys = {}, folder } = run;
  const name = join(folder, `${scenario}-${port}-${Date.now()}`);
  const [file, log, errors] = [`${name}.xml`, `${name}.log`, `${name}.errors`];
  writeFileSync(file, filledIn(scenario, keys));
  const mediaPort = await freeUdpPort();
  const child = spawn(
    'sipp',
    [
      ...(remote === undefined ? [] : [`${remote.host}:${remote.port}`]),
      ...['-sf', file, '-i', '127.0.0.1', '-p', String(port), '-mp', String(mediaPort)],
      ...['-m', '1', '-l', '1', '-nostdin', '-nd'],
      ...['-timeout', `${PATIENCE_SECONDS}s`, '-timeout_error'],
      ...['-trace_logs', '-log_file', log, '-trace_err', '-error_file', errors],
    ],
    { cwd: folder, stdio: 'ignore' },
  );
  const result = once(child, 'exit').then(([code]) => ({
    name: scenario,
    exitCode: typeof code === 'number' ? code : -1,
    log: readIfThere(log),
    errors: readIfThere(errors),
  }));
  if (remote === undefined) await Promise.race([udpPortInUse(port), result]);
  return { result };
}

/** sipp's own `-key` is not taken in a status line: the words are filled in before it reads the file. */
function filledIn(scenario: string, keys: Readonly<Record<string, string>>): string {
  const text = readFileSync(join(SCENARIOS, `${scenario}.xml`), 'utf8');
  return Object.entries(keys).reduce((filled, [key, value]) => filled.replaceAll(`[${key}]`, value), text);
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
