/**
 * A process whose heap fills with what has grown old and is not needed any more, beside much that is. It tells the
 * greatest size of its heap once that has been collected twice, MiB. Its argument is the target of that, if it has one.
 */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { HeapTarget } from '../src/HeapTarget.ts';

const BYTES_PER_MIB = 2 ** 20;
const HELD = 600_000;
const PASSING = 50_000;
/** The first is early in the life of a process, the second is when the target is heard of. */
const COLLECTIONS_BEFORE = 2;
const COLLECTIONS = 4;

const [target] = process.argv.slice(2);
using _target = target === undefined ? undefined : new HeapTarget(Number(target));
let collections = 0;
const observer = new PerformanceObserver((list) => {
  for (const { detail } of list.getEntries() as { detail?: { kind: number } }[]) {
    if (detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections += 1;
  }
});
observer.observe({ entryTypes: ['gc'] });
const object = (index: number) => ({ index, name: `object ${index}` });
const held = Array.from({ length: HELD }, (_, index) => object(index));
const passing: object[] = [];
let mostMib = 0;
while (collections < COLLECTIONS) {
  // Each lives for a round: long enough to be counted among the old ones.
  for (let index = 0; index < PASSING; index += 1) passing[index] = object(index);
  await setImmediate();
  if (collections < COLLECTIONS_BEFORE) continue;
  mostMib = Math.max(mostMib, process.memoryUsage().heapTotal / BYTES_PER_MIB);
}
observer.disconnect();
process.send?.({ mostMib, held: held.length });
process.disconnect();
