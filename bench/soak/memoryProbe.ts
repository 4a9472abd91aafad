/**
 * Loaded before a Node program (`node --import`) whose memory a bench wants to know: collects garbage and tells what is
 * left to everybody who connects to the socket that is named after the process. It keeps no program alive.
 */
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

/** What a process holds once garbage is collected. */
export interface ProbedMemory {
  readonly heapBytes: number;
  /** Buffers, beside the heap. */
  readonly externalBytes: number;
  /** Sockets, timers and requests that keep its event loop alive. */
  readonly resources: number;
}

const folder = process.env.BENCH_PROBES;
if (folder !== undefined && isMainThread) {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    const resources = process.getActiveResourcesInfo().length;
    const memory: ProbedMemory = { heapBytes: heapUsed, externalBytes: external, resources };
    socket.end(JSON.stringify(memory));
  });
  server.listen(join(folder, `${process.pid}.sock`));
  server.unref();
}
