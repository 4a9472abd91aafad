/*
 * A program for tests of ProcessGroup: it opens no doors, and does what its assignment says.
 */
import { ProcessLink } from '../../src/processes/ProcessLink.ts';

/** How a process behaves; one that `failsToStart` ends at once. */
export interface Behaviour {
  readonly slot: number;
  readonly failsToStart?: boolean;
  /** Does not come back from what it does, as soon as it is ready. */
  readonly hangs?: boolean;
  /** Milliseconds that it needs to leave. */
  readonly drainMs?: number;
}

const link = new ProcessLink<Behaviour>();
const { slot, failsToStart = false, hangs = false, drainMs = 0 } = await link.assignment;
if (failsToStart) process.exit(3);
const takenOver: string[] = [];
const ticking = setInterval(() => undefined, 1000);
link.ready(
  { ports: { http: slot, https: undefined }, life: `life of ${process.pid}` },
  {
    answers: {
      metrics: () => [],
      obstacles: () => [`slot ${slot} pid ${process.pid} took over: ${takenOver.join()}`],
    },
    takeOver: (life) => takenOver.push(life),
  },
);
// Its word that it is ready is on its way before it hangs.
if (hangs) setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
await link.stopping;
await new Promise((left) => setTimeout(left, drainMs));
clearInterval(ticking);
link.close();
