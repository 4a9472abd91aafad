import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DatabaseLog } from '../postgres.ts';
import { EmbeddedPostgresError } from './EmbeddedPostgresError.ts';
import type { ServerUser } from './serverUser.ts';

const KEPT_LINES = 20;
/** The server's line that says so. */
export const READY = 'database system is ready to accept connections';

/** What differs from PostgreSQL's defaults. Nothing that makes a commit durable is among it. */
const SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Short statements only: compiling them, or sharing them among workers, costs more than it saves.
  jit: 'off',
  max_parallel_workers_per_gather: '0',
};

interface Program {
  readonly native: string;
  readonly cluster: string;
  readonly user: ServerUser | undefined;
}

function run(
  { native, cluster, user }: Program,
  program: string,
  parameters: readonly string[],
): ChildProcess {
  return spawn(join(native, 'bin', program), parameters, {
    ...user,
    cwd: cluster,
    // A session of its own: Ctrl-C in a terminal must not stop the database before the application is done with it.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
  });
}

/** Makes an empty database cluster. */
export async function runInitdb(
  options: Program & { readonly superuser: string; readonly passwordFile: string },
): Promise<void> {
  const child = run(options, 'initdb', [
    `--pgdata=${options.cluster}`,
    `--username=${options.superuser}`,
    `--pwfile=${options.passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
  ]);
  const lines = keepLastLines(child, () => undefined);
  const [code] = await ended(child);
  if (code !== 0) {
    throw new EmbeddedPostgresError('START_FAILED', `initdb ended with ${code}: ${lines.join(' | ')}`);
  }
}

export interface RunningServer {
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

export interface ServerOptions extends Program {
  readonly port: number;
  readonly log: DatabaseLog;
  /** Hears that it has ended although nobody stopped it. */
  readonly onEnd: () => void;
}

/** Starts the server and waits until it takes connections. @throws EmbeddedPostgresError START_FAILED */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { cluster, port, log, onEnd } = options;
  const settings = Object.entries({ ...SETTINGS, port: String(port) });
  const child = run(options, 'postgres', [
    '-D',
    cluster,
    ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  const exit = ended(child);
  const endWithUs = (): void => {
    // Only synchronous work is possible here; the server finishes its fast shutdown by itself.
    child.kill('SIGINT');
  };
  process.once('exit', endWithUs);
  const { promise: ready, resolve: isReady } = Promise.withResolvers<'ready'>();
  const lines = keepLastLines(child, (line) => {
    log.debug({ line }, 'postgres');
    if (line.includes(READY)) isReady('ready');
  });
  const first = await Promise.race([ready, exit]);
  if (first !== 'ready') {
    process.removeListener('exit', endWithUs);
    throw new EmbeddedPostgresError('START_FAILED', `postgres ended with ${first[0]}: ${lines.join(' | ')}`);
  }
  let stopping = false;
  exit.then(([code, signal]) => {
    process.removeListener('exit', endWithUs);
    if (stopping) return;
    log.error({ code, signal, lines }, 'the embedded database has ended');
    onEnd();
  });
  return {
    pid: child.pid,
    stop: async () => {
      stopping = true;
      child.kill('SIGINT');
      await exit;
    },
  };
}

type Exit = [code: number | null, signal: NodeJS.Signals | null];

/** Resolves when the program has ended, or could not be started at all (code -1). */
function ended(child: ChildProcess): Promise<Exit> {
  return once(child, 'close').then(
    ([code, signal]): Exit => [code, signal],
    (): Exit => [-1, null],
  );
}

/** What a program said last, as it goes on; `onLine` hears every line. */
export function keepLastLines(child: ChildProcess, onLine: (line: string) => void): string[] {
  const lines: string[] = [];
  if (child.stderr === null) return lines;
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.shift();
    onLine(line);
  });
  return lines;
}
