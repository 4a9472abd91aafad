import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ProcessGroup } from '../../src/processes/ProcessGroup.ts';
import { claimSharedPort } from '../../src/processes/sharedPort.ts';
import { eventually } from '../kit/eventually.ts';
import type { Behaviour } from './member.ts';

const PROGRAM = join(import.meta.dirname, 'member.ts');
const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet };

function quiet(): void {}

let group: ProcessGroup<Behaviour> | undefined;

afterEach(async () => {
  await group?.stop();
  group = undefined;
});

function groupOf(
  count: number,
  behave: (slot: number) => Omit<Behaviour, 'slot'> = () => ({}),
): ProcessGroup<Behaviour> {
  const made = new ProcessGroup<Behaviour>({
    program: PROGRAM,
    count,
    assign: (slot) => ({ slot, ...behave(slot) }),
    logger: SILENT,
    lookEveryMs: 20,
  });
  group = made;
  return made;
}

interface Member {
  readonly slot: number;
  readonly pid: number;
  readonly tookOver: string;
}

async function members(of: ProcessGroup<Behaviour>): Promise<Member[]> {
  const told = (await of.ask('obstacles')).flat();
  return told
    .map((text) => {
      const [, slot, pid, tookOver = ''] = /^slot (\d+) pid (\d+) took over: (.*)$/.exec(text) ?? [];
      return { slot: Number(slot), pid: Number(pid), tookOver };
    })
    .sort((one, other) => one.slot - other.slot);
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a group of processes', () => {
  it('runs as many as asked for, each in a slot of its own, and stops them all', async () => {
    const three = groupOf(3);
    expect(await three.start()).toEqual({ http: 1, https: undefined });
    expect(three.running).toBe(3);
    const all = await members(three);
    expect(all.map(({ slot }) => slot)).toEqual([1, 2, 3]);
    await three.stop();
    expect(three.running).toBe(0);
    expect(all.filter(({ pid }) => lives(pid))).toEqual([]);
  });

  it('starts one that was killed again, in its slot, while another takes over what it held', async () => {
    const two = groupOf(2);
    await two.start();
    const [first, second] = await members(two);
    process.kill(second?.pid ?? 0, 'SIGKILL');
    await eventually('a process to run again', () => two.restarts === 1 && two.running === 2);
    const [stayed, again] = await members(two);
    expect(stayed).toEqual({ ...first, tookOver: `life of ${second?.pid}` });
    expect(again?.slot).toBe(2);
    expect(again?.pid).not.toBe(second?.pid);
  });

  it('replaces one that a signal asked to leave', async () => {
    const two = groupOf(2);
    await two.start();
    const [first] = await members(two);
    process.kill(first?.pid ?? 0, 'SIGTERM');
    await eventually('another to take its place', () => two.restarts === 1 && two.running === 2);
    expect((await members(two)).map(({ slot }) => slot)).toEqual([1, 2]);
  });

  it('ends one that hangs, and starts another', async () => {
    let hung = 0;
    const two = groupOf(2, (slot) => ({ hangs: slot === 2 && ++hung === 1 }));
    await two.start();
    await eventually('the hung one to be replaced', () => two.restarts === 1 && two.running === 2, 30_000);
    expect((await members(two)).map(({ slot }) => slot)).toEqual([1, 2]);
  });

  it('is replaced one by one: each leaves only when its successor runs', async () => {
    const two = groupOf(2, () => ({ drainMs: 100 }));
    await two.start();
    const before = await members(two);
    let least = Number.POSITIVE_INFINITY;
    const looking = setInterval(() => {
      least = Math.min(least, two.running);
    }, 1);
    await Promise.all([two.replaceAll(), two.replaceAll()]);
    clearInterval(looking);
    expect(least).toBe(2);
    const after = await members(two);
    expect(after.map(({ slot }) => slot)).toEqual([1, 3]);
    const pids = new Set(before.map(({ pid }) => pid));
    expect(after.filter(({ pid }) => pids.has(pid))).toEqual([]);
    expect(two.restarts).toBe(0);
  });

  it('stays as it is when what should replace it cannot run', async () => {
    const two = groupOf(2, (slot) => ({ failsToStart: slot > 2 }));
    await two.start();
    const before = await members(two);
    await two.replaceAll();
    expect(await members(two)).toEqual(before);
  });

  it.each([1, 2])('is as large as before when process %i dies while all are replaced', async (slot) => {
    const two = groupOf(2, () => ({ drainMs: 300 }));
    await two.start();
    const before = await members(two);
    const replacing = two.replaceAll();
    process.kill(before.find((each) => each.slot === slot)?.pid ?? 0, 'SIGKILL');
    await replacing;
    await eventually('as many as before', () => two.restarts === 1 && two.running === 2);
    const after = await members(two);
    expect(after).toHaveLength(2);
    const pids = new Set(before.map(({ pid }) => pid));
    expect(after.filter(({ pid }) => pids.has(pid))).toEqual([]);
  });

  it('does not start where one of it cannot run, and leaves none behind', async () => {
    const three = groupOf(3, (slot) => ({ failsToStart: slot === 3 }));
    await expect(three.start()).rejects.toMatchObject({ code: 'PROCESS_GONE' });
    expect(await members(three)).toEqual([]);
    expect(three.running).toBe(0);
  });
});

describe('a port that processes will share', () => {
  it('is refused while somebody has it', async () => {
    const claimed = await claimSharedPort('127.0.0.1', 0);
    expect(claimed.port).toBeGreaterThan(0);
    await expect(claimSharedPort('127.0.0.1', claimed.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await claimed.release();
    const again = await claimSharedPort('127.0.0.1', claimed.port);
    await again.release();
  });
});
