import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { residentMib } from '../processCpu.ts';
import type { ProbedMemory } from './memoryProbe.ts';

const MIB = 2 ** 20;
const KIB_OF_MIB = 1024;

/** What a process holds; memory in MiB. */
export interface ProcessMemory {
  readonly residentMib: number;
  /** After garbage was collected, with buffers beside the heap; undefined where the process is not Node's. */
  readonly heapMib: number | undefined;
  /** Open files and sockets. */
  readonly files: number;
  /** What keeps a Node event loop alive: sockets, timers, requests. */
  readonly resources: number | undefined;
}

/** The environment in which a Node process and its children can be asked. @param folder for their sockets */
export function probedEnvironment(folder: string): Record<string, string> {
  const probe = pathToFileURL(join(import.meta.dirname, 'memoryProbe.ts')).href;
  return { NODE_OPTIONS: `--import=${probe}`, BENCH_PROBES: folder };
}

/** Asks a process that was started in `probedEnvironment(folder)`. @throws Error when it does not answer */
export async function nodeMemory(folder: string, pid: number): Promise<ProcessMemory> {
  const told: ProbedMemory = JSON.parse(await text(connect(join(folder, `${pid}.sock`))));
  return {
    ...memoryOf(pid),
    heapMib: (told.heapBytes + told.externalBytes) / MIB,
    resources: told.resources,
  };
}

/** What Linux knows of any process. */
export function memoryOf(pid: number): ProcessMemory {
  return {
    residentMib: residentMib(pid),
    heapMib: undefined,
    files: readdirSync(`/proc/${pid}/fd`).length,
    resources: undefined,
  };
}

/** Memory that is a process's own, without pages of files or shared with others (RssAnon, proc(5)); MiB. */
export function ownMib(pid: number): number {
  try {
    // A worker of autovacuum has memory of its own, and comes and goes.
    if (readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('autovacuum worker')) return 0;
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / KIB_OF_MIB;
  } catch {
    // It has ended since it was listed.
    return 0;
  }
}
