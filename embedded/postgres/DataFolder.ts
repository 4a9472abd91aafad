import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canReach, mayEnter, type ServerUser } from './serverUser.ts';

const PLACE_OF_ROOT = '/var/lib/axbridge';
const PASSWORD_BYTES = 24;
const ENTER_BY_GROUP = 0o010;

/** A folder that other accounts may pass through, for what cannot lie in the data folder because its parents are closed. */
export function reachablePlace(): string {
  try {
    mkdirSync(PLACE_OF_ROOT, { recursive: true, mode: 0o755 });
    chmodSync(PLACE_OF_ROOT, 0o755);
    return PLACE_OF_ROOT;
  } catch {
    return tmpdir();
  }
}

/**
 * Where the embedded database keeps itself: `<dataDir>/postgres` with `password` (0600), `owner` (the process that
 * started the server) and `cluster`, PostgreSQL's own data.
 *
 * As root the server runs under another account, which must be able to reach `cluster`. Where a parent of the data
 * folder is closed to it (a clone under /root), `cluster` is a symbolic link to a folder under /var/lib/axbridge.
 */
export class DataFolder {
  readonly home: string;
  readonly #user: ServerUser | undefined;

  constructor(dataDir: string, user: ServerUser | undefined) {
    mkdirSync(dataDir, { recursive: true });
    this.#user = user;
    this.home = join(realpathSync(dataDir), 'postgres');
    mkdirSync(this.home, { recursive: true, mode: 0o700 });
    if (user !== undefined) {
      this.#letIn(realpathSync(dataDir), user);
      this.#letIn(this.home, user);
    }
  }

  /** The folder that holds, or will hold, PostgreSQL's data: a place that the server's account can reach. */
  clusterParent(): string {
    const link = join(this.home, 'cluster');
    try {
      return join(readlinkSync(link), '..');
    } catch {
      // No link: the data lies here, or nowhere yet.
    }
    if (existsSync(link) || this.#user === undefined || canReach(this.home, this.#user)) return this.home;
    const elsewhere = mkdtempSync(join(reachablePlace(), 'postgres-'));
    chownSync(elsewhere, this.#user.uid, this.#user.gid);
    symlinkSync(join(elsewhere, 'cluster'), link);
    return elsewhere;
  }

  /** The random password of the database's owner, made once. */
  password(): string {
    const path = join(this.home, 'password');
    if (!existsSync(path)) writeFileSync(path, randomBytes(PASSWORD_BYTES).toString('hex'), { mode: 0o600 });
    return readFileSync(path, 'utf8').trim();
  }

  /** Gives a path to the server's account, when that is another one than ours. */
  give(path: string): void {
    if (this.#user !== undefined) chownSync(path, this.#user.uid, this.#user.gid);
  }

  /** Lets the server's group pass through a folder of ours, which opens it to nobody else. */
  #letIn(folder: string, user: ServerUser): void {
    const { uid, mode } = statSync(folder);
    if (mayEnter(folder, user) || uid !== process.getuid?.()) return;
    chownSync(folder, uid, user.gid);
    chmodSync(folder, mode | ENTER_BY_GROUP);
  }
}
