import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedPostgresError } from './EmbeddedPostgresError.ts';

const POLL_MS = 20;
const FAST_SHUTDOWN_MS = 20_000;

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function commandOf(pid: number): string {
  const fromProc = read(`/proc/${pid}/cmdline`);
  if (fromProc !== undefined) return fromProc.replaceAll('\0', ' ');
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString();
  } catch {
    return '';
  }
}

/** Tells a process from a later one with the same id: its start time in ticks (proc(5), stat, field 22); '' off Linux. */
function startedAt(pid: number): string {
  const stat = read(`/proc/${pid}/stat`) ?? '';
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** Notes that this process owns the server of a data folder. */
export function writeOwner(home: string): void {
  writeFileSync(join(home, 'owner'), `${process.pid} ${startedAt(process.pid)}\n`);
}

function liveOwner(home: string): number | undefined {
  const [pid, started = ''] = (read(join(home, 'owner')) ?? '').trim().split(' ');
  const owner = Number(pid);
  const lives = owner > 0 && isAlive(owner) && startedAt(owner) === started;
  return lives ? owner : undefined;
}

/** Waits until a process that is no child of ours is gone. */
async function waitForEnd(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/**
 * Ends a server that outlived the process that started it (kill -9), so that we can start our own on its data.
 * @param home our folder for the database
 * @param cluster PostgreSQL's data folder
 * @throws EmbeddedPostgresError DATA_IN_USE when its owner lives
 */
export async function endLeftover(home: string, cluster: string): Promise<void> {
  const pidFile = join(cluster, 'postmaster.pid');
  const pid = Number(read(pidFile)?.split('\n', 1)[0] ?? Number.NaN);
  if (!(pid > 0)) return;
  const isOurs = isAlive(pid) && commandOf(pid).includes(cluster);
  if (!isOurs) {
    // Left by a crash; were it to stay, a stranger's process with this id would keep PostgreSQL from starting.
    rmSync(pidFile, { force: true });
    return;
  }
  const owner = liveOwner(home);
  if (owner !== undefined) {
    throw new EmbeddedPostgresError('DATA_IN_USE', `process ${owner} runs the database in ${home}`);
  }
  process.kill(pid, 'SIGINT');
  if (await waitForEnd(pid, FAST_SHUTDOWN_MS)) return;
  process.kill(pid, 'SIGQUIT');
  await waitForEnd(pid, FAST_SHUTDOWN_MS);
}
