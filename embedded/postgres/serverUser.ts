import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { EmbeddedPostgresError } from './EmbeddedPostgresError.ts';

/** The account under which the server runs when we are root: PostgreSQL refuses to run as root. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

const ACCOUNTS = ['postgres', 'nobody'];

function lookUp(account: string): ServerUser | undefined {
  try {
    const ask = (flag: string): number =>
      Number(execFileSync('id', [flag, account], { stdio: ['ignore', 'pipe', 'ignore'] }).toString());
    return { uid: ask('-u'), gid: ask('-g') };
  } catch {
    return undefined;
  }
}

/**
 * @returns undefined when this process is no root and can run the server itself; else `postgres`, or `nobody` where
 *   there is no such account. No account is ever made: a database for development must not change the machine.
 */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const account of ACCOUNTS) {
    const user = lookUp(account);
    if (user !== undefined) return user;
  }
  throw new EmbeddedPostgresError(
    'START_FAILED',
    `PostgreSQL does not run as root, and there is no account ${ACCOUNTS.join(' or ')}`,
  );
}

const OWNER_X = 0o100;
const GROUP_X = 0o010;
const OTHER_X = 0o001;

/** Whether the user may pass through one folder. */
export function mayEnter(folder: string, user: ServerUser): boolean {
  const { uid, gid, mode } = statSync(folder);
  if (uid === user.uid) return (mode & OWNER_X) !== 0;
  if (gid === user.gid) return (mode & GROUP_X) !== 0;
  return (mode & OTHER_X) !== 0;
}

/** Whether the user may pass through a folder and all that are above it. */
export function canReach(folder: string, user: ServerUser): boolean {
  if (!mayEnter(folder, user)) return false;
  const parent = dirname(folder);
  return parent === folder || canReach(parent, user);
}
