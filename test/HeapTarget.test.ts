import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { growingPercent } from '../src/HeapTarget.ts';

const MIB = 2 ** 20;
const TARGET_MIB = 80;

/** @returns the greatest size of the process's heap, MiB */
async function greatestHeapMib(...args: readonly string[]): Promise<number> {
  const child = fork(join(import.meta.dirname, 'churningProcess.ts'), args, {
    execArgv: ['--max-semi-space-size=2'],
  });
  const [{ mostMib }] = await once(child, 'message');
  await once(child, 'exit');
  return mostMib;
}

describe('the target of the heap', () => {
  it.each([
    ['V8 decides while it is far', { oldBytes: 60 * MIB, newBytes: 128 * MIB }, 0],
    ['the heap may grow up to it', { oldBytes: 186 * MIB, newBytes: 128 * MIB }, 100],
    ['less room is left as more is in use', { oldBytes: 248 * MIB, newBytes: 128 * MIB }, 50],
    ['a quarter is left however much is in use', { oldBytes: 900 * MIB, newBytes: 128 * MIB }, 25],
  ])('%s', (_, use, percent) => {
    expect(growingPercent(500 * MIB, use)).toBe(percent);
  });

  it('is kept about by a process that makes much garbage, and far from it without one', async () => {
    const [aimed, free] = await Promise.all([greatestHeapMib(String(TARGET_MIB)), greatestHeapMib()]);
    expect(aimed).toBeLessThan(TARGET_MIB * 1.75);
    expect(free).toBeGreaterThan(TARGET_MIB * 2.5);
  });
});
