import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DataFolder } from '../../embedded/postgres/DataFolder.ts';
import { writeOwner } from '../../embedded/postgres/leftover.ts';
import { keepLastLines, READY } from '../../embedded/postgres/programs.ts';
import { serverUser } from '../../embedded/postgres/serverUser.ts';
import { closeDatabase, connectDatabase } from '../../src/store/database.ts';
import { freePort } from './freePort.ts';

const ATTEMPTS_TO_FIND_A_PORT = 3;

/**
 * As an operator has it who asks for a language: texts sort otherwise than their bytes do. What is not said here, such
 * as whether statements are compiled, is as the package has it.
 */
const INITDB = ['--auth=trust', '--username=axbridge', '--encoding=UTF8', '--locale=C.UTF-8'];
const COLLATION = ['--locale-provider=icu', '--icu-locale=en-US'];

const PACKAGES = '/usr/lib/postgresql';

/** Programs of the newest PostgreSQL that Debian installed; undefined where there is none. @throws in CI, which needs one */
export function debianPostgresPrograms(): string | undefined {
  const versions = existsSync(PACKAGES) ? readdirSync(PACKAGES).map(Number) : [];
  const newest = versions.sort((one, other) => other - one)[0];
  const programs = join(PACKAGES, String(newest), 'bin');
  if (newest !== undefined && existsSync(join(programs, 'initdb'))) return programs;
  if (process.env.CI) throw new Error('needs Debian’s postgresql');
  console.warn('skipped: no PostgreSQL with its own clients (Debian: postgresql)');
  return undefined;
}

export interface InstalledPostgresOptions {
  /** Folder of `initdb` and `postgres`, 15 or newer, such as /usr/lib/postgresql/15/bin. */
  readonly programs: string;
  /** Keeps it over restarts, in the folders that the embedded one has. */
  readonly dataDir: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** A PostgreSQL that the machine has, with data of a test's own. It ends with the process that started it. */
export class InstalledPostgres {
  readonly url: string;
  /** Where `pg_dump` and its like of its own version are. */
  readonly programs: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, programs: string, port: number) {
    this.#child = child;
    this.programs = programs;
    this.url = `postgres://axbridge@127.0.0.1:${port}/postgres`;
  }

  /** @throws Error with what the programs said last */
  static async start({ programs, dataDir, port }: InstalledPostgresOptions): Promise<InstalledPostgres> {
    const folder = new DataFolder(dataDir, serverUser());
    const cluster = join(folder.clusterParent(), 'cluster');
    if (!existsSync(cluster)) await makeCluster(folder, programs, cluster);
    writeOwner(folder.home);
    for (let attempt = 1; ; attempt++) {
      const chosen = port === 0 ? await freePort() : port;
      const child = run(join(programs, 'postgres'), [
        ...['-D', cluster, '-c', `port=${chosen}`],
        ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
      ]);
      try {
        await ready(child);
        return new InstalledPostgres(child, programs, chosen);
      } catch (error) {
        // Between finding a free port and taking it, another process may have taken it.
        if (port !== 0 || attempt === ATTEMPTS_TO_FIND_A_PORT) throw error;
      }
    }
  }

  /** Makes an empty database. @returns its URL */
  async createDatabase(name: string): Promise<string> {
    const admin = connectDatabase({ url: this.url, max: 1 });
    await admin`CREATE DATABASE ${admin(name)}`;
    await closeDatabase(admin);
    const url = new URL(this.url);
    url.pathname = `/${name}`;
    return url.href;
  }

  /** Ends every connection; what was committed is on disk. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGINT');
    await ended;
  }
}

/** Runs a program as the account that PostgreSQL wants; the kernel interrupts it when this process is gone. */
function run(program: string, parameters: readonly string[]): ChildProcess {
  return spawn('setpriv', ['--pdeathsig=INT', program, ...parameters], {
    ...serverUser(),
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
  });
}

async function makeCluster(folder: DataFolder, programs: string, cluster: string): Promise<void> {
  folder.give(folder.home);
  const child = run(join(programs, 'initdb'), [...INITDB, ...COLLATION, `--pgdata=${cluster}`]);
  const lines = keepLastLines(child, () => undefined);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`initdb ended with ${code}: ${lines.join(' | ')}`);
}

async function ready(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const lines = keepLastLines(child, (line) => {
    if (line.includes(READY)) resolve();
  });
  child.once('error', reject);
  child.once('close', (code) => reject(new Error(`postgres ended with ${code}: ${lines.join(' | ')}`)));
  await promise;
}
