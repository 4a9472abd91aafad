import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** State of a socket in /proc/net/tcp that takes connections. */
const LISTEN = '0A';

/** The process that listens on a TCP port, as far as this user may see it. @throws Error when none is found */
export function listeningPid(port: number): number {
  const sockets = new Set(['tcp', 'tcp6'].flatMap((table) => listenersIn(`/proc/net/${table}`, port)));
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && hasOneOf(sockets, name));
  if (pid === undefined) throw new Error(`no process is seen that listens on port ${port}`);
  return Number(pid);
}

/** The sockets' links, as they stand in /proc/<pid>/fd. */
function listenersIn(table: string, port: number): string[] {
  const portInHex = port.toString(16).toUpperCase().padStart(4, '0');
  return readFileSync(table, 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTEN && local?.endsWith(`:${portInHex}`))
    .map((columns) => `socket:[${columns[9]}]`);
}

function hasOneOf(sockets: ReadonlySet<string>, pid: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`)));
  } catch {
    // It has ended since it was listed, has closed a file, or is somebody else's.
    return false;
  }
}
