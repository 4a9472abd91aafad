import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

const BYTES_PER_MIB = 2 ** 20;
/** With less room than this, as a share of what is in use, collecting costs more than the memory is worth. */
const LEAST_ROOM = 0.25;
/** With more room than this V8 collects before it is full, without being told. */
const MOST_ROOM = 3;

/** What is in use after a collection and, of the same heap, how much new objects take before they are old; bytes. */
export interface HeapUse {
  readonly oldBytes: number;
  readonly newBytes: number;
}

/**
 * How much the old objects may grow until they are collected again, so that the heap keeps to its target.
 * @param targetBytes of the whole heap
 * @returns percent of what is in use, for V8's `--heap-growing-percent`; 0: as V8 sees fit
 */
export function growingPercent(targetBytes: number, { oldBytes, newBytes }: HeapUse): number {
  const room = (targetBytes - newBytes - oldBytes) / oldBytes;
  return room > MOST_ROOM ? 0 : Math.round(100 * Math.max(room, LEAST_ROOM));
}

/**
 * Keeps the heap of this process at a target size while what is in use leaves room below it.
 *
 * V8 lets garbage double or treble a heap before it collects: right for a small heap, but a routing cache with a million
 * parties, read in one go, would stand in as much garbage again. A hard limit (`--max-old-space-size`) would end the
 * process when calls need more than it allows. So after each collection V8 is told how far the heap may grow until the
 * next one: as it likes while there is much room, and ever less on the way to the target.
 */
export class HeapTarget implements Disposable {
  readonly #targetBytes: number;
  readonly #observer: PerformanceObserver;
  #percent = 0;

  constructor(targetMib: number) {
    this.#targetBytes = targetMib * BYTES_PER_MIB;
    this.#observer = new PerformanceObserver((list) => {
      if (list.getEntries().some(isWholeCollection)) this.#adjust();
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  [Symbol.dispose](): void {
    this.#observer.disconnect();
    this.#tell(0);
  }

  #adjust(): void {
    this.#tell(growingPercent(this.#targetBytes, heapUse()));
  }

  #tell(percent: number): void {
    if (percent === this.#percent) return;
    this.#percent = percent;
    // V8 reads this flag at each collection; most others it reads once.
    setFlagsFromString(`--heap-growing-percent=${percent}`);
  }
}

function isWholeCollection(entry: PerformanceEntry): boolean {
  const detail: unknown = 'detail' in entry ? entry.detail : undefined;
  if (typeof detail !== 'object' || detail === null || !('kind' in detail)) return false;
  return detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}

function heapUse(): HeapUse {
  let oldBytes = 0;
  let newBytes = 0;
  for (const { space_name: name, space_used_size: used, space_size: size } of getHeapSpaceStatistics()) {
    if (name === 'new_space') newBytes += size;
    else oldBytes += used;
  }
  return { oldBytes, newBytes };
}
