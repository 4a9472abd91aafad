import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { ALawPackets, FRAME_SAMPLES, HEADER_BYTES, PACKET_MS } from '../media/ALawPackets.ts';

/** What callees say: no silence, and nothing that a media server makes of itself. */
const CALLEE_SOUND = 0x2c;
/** Streams send on every fourth of these, each at its turn, as calls do that began at different times. */
const TICK_MS = 5;
const TURNS = PACKET_MS / TICK_MS;

/** Above those of the media servers, and below those that the kernel gives out: servers that start later look for theirs there. */
const FIRST_PORT = 28_400;

type Side = 'caller' | 'callee';

interface Stream {
  readonly packets: ALawPackets;
  readonly target: number;
  readonly until: number;
  readonly turn: number;
}

/**
 * The phones' sound: each talks at 50 packets of A-law a second for as long as a call lasts, and a caller notes when he
 * first hears his callee.
 */
export class RtpPhones {
  readonly #sockets = new Map<number, Socket>();
  readonly #streams = new Map<number, Stream>();
  readonly #listening = new Map<number, (at: number) => void>();
  #nextPort = FIRST_PORT;
  #clock: NodeJS.Timeout | undefined;
  #ticks = 0;
  #startedAt = 0;

  /** Opens so many sockets for one side. @returns their ports */
  async open(side: Side, count: number): Promise<number[]> {
    const ports: number[] = [];
    while (ports.length < count) {
      const port = this.#nextPort++;
      const socket = await openSocket(port);
      if (socket === undefined) continue;
      socket.on('message', side === 'caller' ? (packet) => this.#hear(port, packet) : () => undefined);
      this.#sockets.set(port, socket);
      ports.push(port);
    }
    return ports;
  }

  start(): void {
    this.#startedAt = performance.now();
    this.#clock = setInterval(() => this.#catchUp(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#clock);
    for (const socket of this.#sockets.values()) socket.close();
  }

  /** Talks from one of the ports to another, at once and for so long. */
  talk(side: Side, port: number, target: number, forMs: number): void {
    const stream = {
      packets: new ALawPackets(side === 'callee' ? CALLEE_SOUND : undefined),
      target,
      until: performance.now() + forMs,
      turn: this.#ticks % TURNS,
    };
    this.#streams.set(port, stream);
    this.#send(port, stream);
  }

  /** Tells once when a caller's port hears a callee; milliseconds since 1970. */
  listen(port: number, heard: (at: number) => void): void {
    this.#listening.set(port, heard);
  }

  #hear(port: number, packet: Buffer): void {
    const heard = this.#listening.get(port);
    if (heard === undefined || packet.length !== HEADER_BYTES + FRAME_SAMPLES) return;
    if (packet[HEADER_BYTES] !== CALLEE_SOUND || packet[HEADER_BYTES + FRAME_SAMPLES - 1] !== CALLEE_SOUND)
      return;
    this.#listening.delete(port);
    heard(performance.timeOrigin + performance.now());
  }

  #catchUp(): void {
    const due = Math.floor((performance.now() - this.#startedAt) / TICK_MS);
    while (this.#ticks < due) {
      this.#ticks += 1;
      for (const [port, stream] of this.#streams) {
        if (stream.turn === this.#ticks % TURNS) this.#send(port, stream);
      }
    }
  }

  #send(port: number, stream: Stream): void {
    if (performance.now() > stream.until) {
      this.#streams.delete(port);
      return;
    }
    this.#sockets.get(port)?.send(stream.packets.next(), stream.target, '127.0.0.1');
  }
}

/** @returns undefined when another program has the port. @throws Error when there is no such port */
async function openSocket(port: number): Promise<Socket | undefined> {
  const socket = createSocket({ type: 'udp4' });
  try {
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    return socket;
  } catch (error) {
    socket.close();
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined;
    throw error;
  }
}
