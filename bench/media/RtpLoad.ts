import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { PACKET_MS } from './ALawPackets.ts';
import { RtpStream, type StreamTotals } from './RtpStream.ts';

const TICK_MS = 1;
/** What is still on its way when the last packet has been sent. */
const TAIL_MS = 300;
const WARM_UP_MS = 500;

/** What the parties of all calls sent and heard. */
export interface RtpOutcome {
  readonly sent: number;
  readonly received: number;
  /** From one party's socket to the other's, milliseconds. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  /** RFC 3550 6.4.1, mean of all streams, milliseconds. */
  readonly jitterMs: number;
}

/** Phones that only talk: two a call, each sends a packet of A-law every 20 ms and notes when the other's come. */
export class RtpLoad {
  readonly #streams: RtpStream[] = [];

  /** Opens sockets until there are so many calls. @returns the ports of caller and callee, of all calls */
  async open(calls: number): Promise<(readonly [caller: number, callee: number])[]> {
    while (this.#streams.length < 2 * calls) {
      const [caller, callee] = await Promise.all([openSocket(), openSocket()]);
      this.#streams.push(new RtpStream(caller, callee), new RtpStream(callee, caller));
    }
    return Array.from({ length: calls }, (_, call) => {
      const [forth, back] = [this.#streams[2 * call], this.#streams[2 * call + 1]];
      return [forth?.port ?? 0, back?.port ?? 0] as const;
    });
  }

  /** @param targets where caller and callee of each call send to; as many calls talk */
  async run(targets: readonly (readonly [number, number])[], seconds: number): Promise<RtpOutcome> {
    const talking = this.#streams.slice(0, 2 * targets.length);
    for (const [index, stream] of talking.entries()) stream.aim(targets[index >> 1]?.[index % 2] ?? 0);
    await this.#talk(talking, WARM_UP_MS);
    await delay(TAIL_MS);
    for (const stream of talking) stream.reset();
    await this.#talk(talking, seconds * 1000);
    await delay(TAIL_MS);
    return outcomeOf(talking.map(({ totals }) => totals));
  }

  async stop(): Promise<void> {
    for (const stream of this.#streams.splice(0)) stream.close();
  }

  /** Every stream has its own moment within the 20 ms, as calls do that began at different times. */
  async #talk(streams: readonly RtpStream[], ms: number): Promise<void> {
    const startedAt = performance.now();
    const gapMs = PACKET_MS / streams.length;
    const packets = Math.floor(ms / gapMs);
    for (let sent = 0; sent < packets; ) {
      const due = Math.min(packets, Math.floor((performance.now() - startedAt) / gapMs) + 1);
      for (; sent < due; sent += 1) streams[sent % streams.length]?.send();
      await delay(TICK_MS);
    }
  }
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

function outcomeOf(totals: readonly StreamTotals[]): RtpOutcome {
  const sum = (figure: (one: StreamTotals) => number): number =>
    totals.reduce((total, one) => total + figure(one), 0);
  const latencies = Float64Array.from(totals.flatMap(({ latenciesMs }) => latenciesMs)).sort();
  const at = (share: number): number => latencies[Math.floor(share * latencies.length)] ?? Number.NaN;
  return {
    sent: sum(({ sent }) => sent),
    received: latencies.length,
    latencyMs: { p50: at(0.5), p99: at(0.99) },
    jitterMs: sum(({ jitterMs }) => jitterMs) / totals.length,
  };
}
