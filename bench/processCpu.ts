import { readdirSync, readFileSync } from 'node:fs';

/** The unit of /proc/<pid>/stat on Linux: USER_HZ is 100 everywhere. */
const TICK_MS = 10;
const KIB_OF_MIB = 1024;

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly cpuMs: number;
}

function readRow(pid: number): ProcessRow | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in brackets may hold anything, blanks included: count from behind it (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [parent, user, system] = [fields[1], fields[11], fields[12]].map(Number);
    return { pid, parent: parent ?? 0, cpuMs: ((user ?? 0) + (system ?? 0)) * TICK_MS };
  } catch {
    // It has ended since it was listed.
    return undefined;
  }
}

/** Processor time that a process has used until now, user and system, all threads; milliseconds. */
export function cpuMs(pid: number): number {
  return readRow(pid)?.cpuMs ?? 0;
}

/** The same, of a process and all that descend from it. */
export function cpuMsOfTree(root: number): number {
  return treeOf(root).reduce((sum, pid) => sum + cpuMs(pid), 0);
}

/** A process and all that descend from it. */
export function treeOf(root: number): number[] {
  const rows = readdirSync('/proc').flatMap((name) =>
    /^\d+$/.test(name) ? (readRow(Number(name)) ?? []) : [],
  );
  const from = (pid: number): number[] => [
    pid,
    ...rows.filter((row) => row.parent === pid).flatMap((row) => from(row.pid)),
  ];
  return from(root);
}

/** Memory of a process that is not swapped out, shared pages included (VmRSS, proc(5)); MiB. */
export function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / KIB_OF_MIB;
}

/** The child of a process whose command line holds a text. @throws Error when there is none */
export function childNamed(parent: number, text: string): number {
  const [first] = childrenNamed(parent, text);
  if (first === undefined) throw new Error(`process ${parent} has no child ${text}`);
  return first;
}

/** All children of a process whose command lines hold a text. */
export function childrenNamed(parent: number, text: string): number[] {
  const children = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && readRow(Number(name))?.parent === parent,
  );
  return children.map(Number).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text));
}
