import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './files.ts';
import { freePort } from './RealFreeSwitch.ts';

const PROGRAMS = '/usr/lib/postgresql';
/** PostgreSQL does not run as root; Debian's package brings this user. */
const USER = 'postgres';

/** Folder of the newest PostgreSQL that Debian installed; undefined where there is none. @throws in CI, which needs one */
export function debianPostgresPrograms(): string | undefined {
  const versions = existsSync(PROGRAMS) ? readdirSync(PROGRAMS).map(Number) : [];
  const newest = versions.sort((one, other) => other - one)[0];
  const folder = `${PROGRAMS}/${newest}/bin`;
  if (newest !== undefined && existsSync(`${folder}/initdb`)) return folder;
  if (process.env.CI) throw new Error('needs Debian’s postgresql');
  console.warn('skipped: no PostgreSQL with its own clients (Debian: postgresql)');
  return undefined;
}

/** A PostgreSQL of Debian's, with a folder of its own, on loopback. */
export class DebianPostgres {
  readonly #programs: string;
  readonly #folder: string;
  readonly #port: number;

  private constructor(programs: string, folder: string, port: number) {
    this.#programs = programs;
    this.#folder = folder;
    this.#port = port;
  }

  /** @param programs the folder of its programs */
  static async start(programs: string): Promise<DebianPostgres> {
    const folder = mkdtempSync(join(tmpdir(), 'axbridge-debian-postgres-'));
    const port = await freePort();
    const server = new DebianPostgres(programs, folder, port);
    if (process.getuid?.() === 0) run('chown', [USER, folder]);
    server.#run('initdb', ['--auth=trust', '--username=axbridge', '--pgdata', join(folder, 'data')]);
    server.#run('pg_ctl', [
      '--wait',
      '--pgdata',
      join(folder, 'data'),
      '--log',
      join(folder, 'log'),
      '--options',
      `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories=${folder}`,
      'start',
    ]);
    return server;
  }

  /** Where its programs are: `pg_dump` and `pg_restore` of its own version. */
  get path(): string {
    return this.#programs;
  }

  /** Makes an empty database. @returns its URL */
  createDatabase(name: string): string {
    this.#run('createdb', ['--host=127.0.0.1', `--port=${this.#port}`, '--username=axbridge', name]);
    return `postgres://axbridge@127.0.0.1:${this.#port}/${name}`;
  }

  stop(): void {
    this.#run('pg_ctl', ['--mode=immediate', '--pgdata', join(this.#folder, 'data'), 'stop']);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #run(program: string, args: readonly string[]): void {
    const file = join(this.#programs, program);
    const asRoot = process.getuid?.() === 0;
    const { status, said } = asRoot
      ? run('setpriv', ['--reuid', USER, '--regid', USER, '--clear-groups', file, ...args], { cwd: '/' })
      : run(file, args);
    if (status !== 0) throw new Error(`${program}: ${said}`);
  }
}
