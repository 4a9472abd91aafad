import { join } from 'node:path';
import { defineBench, single } from './Bench.ts';
import { ForkedPart } from './ForkedPart.ts';
import { AnchoredCalls, type PortPair } from './media/AnchoredCalls.ts';
import type { RtpOutcome } from './media/RtpLoad.ts';
import type { FromRtpLoad, ToRtpLoad } from './media/rtpLoadProcess.ts';
import { cpuMs } from './processCpu.ts';

/** More than this is heard as delay once a jitter buffer has to cover it. */
const LONGEST_LATENCY_MS = 5;

const part = (name: string): ForkedPart => new ForkedPart(join(import.meta.dirname, 'media', name));

interface Turn extends RtpOutcome {
  /** Share of one core. */
  readonly cpu: number;
}

async function talk(
  load: ForkedPart,
  targets: readonly PortPair[],
  seconds: number,
  pid: number,
): Promise<Turn> {
  const order: ToRtpLoad = { type: 'run', targets, seconds };
  const cpuBefore = cpuMs(pid);
  const startedAt = performance.now();
  const { outcome } = await load.ask<FromRtpLoad>(order);
  const cpu = (cpuMs(pid) - cpuBefore) / (performance.now() - startedAt);
  if (outcome === undefined) throw new Error('the phones told nothing');
  return { ...outcome, cpu };
}

function rowOf(name: string, calls: number, turn: Turn): string[] {
  const lost = 1 - turn.received / turn.sent;
  return [
    `${calls} calls, ${name}`,
    `${(turn.cpu * 100).toFixed(0)} %`,
    `${(calls / turn.cpu).toFixed(0)}`,
    `${(100 * lost).toFixed(3)} %`,
    turn.latencyMs.p50.toFixed(2),
    turn.latencyMs.p99.toFixed(2),
    turn.jitterMs.toFixed(2),
  ];
}

export const media = defineBench({
  name: 'media',
  summary:
    'bridged calls that the embedded media server carries, with loss, latency and jitter, beside a bare relay',
  flags: {
    seconds: { fallback: [3], meaning: 'how long all calls talk in each turn' },
    calls: { fallback: [50, 100, 200, 300, 400], meaning: 'concurrent calls, fewest first' },
  },
  async run({ seconds, calls }, report) {
    await using load = part('rtpLoadProcess.ts');
    await using relay = part('bareRelayProcess.ts');
    await using anchored = await AnchoredCalls.start();
    const relayed: PortPair[] = [];

    const rows: string[][] = [];
    let most = 0;
    for (const concurrent of calls) {
      const { ports = [] } = await load.ask<FromRtpLoad>({
        type: 'open',
        calls: concurrent,
      } satisfies ToRtpLoad);
      relayed.push(...(await relay.ask<PortPair[]>(ports.slice(relayed.length))));
      const facing = await anchored.bridge(ports);
      rows.push(rowOf('bare relay', concurrent, await talk(load, relayed, single(seconds), relay.pid)));
      const turn = await talk(load, facing, single(seconds), anchored.pid);
      rows.push(rowOf('media server', concurrent, turn));
      if (turn.received === turn.sent && turn.latencyMs.p99 <= LONGEST_LATENCY_MS) most = concurrent;
    }
    report.line(
      'Each call: two phones that send 50 packets of A-law a second each, bridged, RTCP on. Latency from one',
    );
    report.line(
      'phone’s socket to the other’s, and jitter (RFC 3550), in milliseconds; both hold what the phones’ own',
    );
    report.line('process adds, as does the bare relay: node:dgram, each datagram passed on untouched.');
    report.line(`Most calls without loss and with a latency p99 up to ${LONGEST_LATENCY_MS} ms: ${most}`);
    report.line();
    report.table(['', 'of a core', 'calls a core', 'lost', 'latency p50', 'p99', 'jitter'], rows);
  },
});
