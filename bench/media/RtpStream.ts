import type { Socket } from 'node:dgram';
import { ALawPackets, FRAME_SAMPLES, HEADER_BYTES, PCMA } from './ALawPackets.ts';

export interface StreamTotals {
  readonly sent: number;
  /** One for each packet that came. */
  readonly latenciesMs: readonly number[];
  readonly jitterMs: number;
}

/** One direction of one call. Its packets carry the time of their sending where a voice would be. */
export class RtpStream {
  readonly #from: Socket;
  readonly #packets = new ALawPackets();
  #target = 0;
  #sent = 0;
  #latenciesMs: number[] = [];
  #jitterMs = 0;
  #lastLatencyMs: number | undefined;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    to.on('message', (packet) => this.#receive(packet));
  }

  get port(): number {
    return this.#from.address().port;
  }

  get totals(): StreamTotals {
    return { sent: this.#sent, latenciesMs: this.#latenciesMs, jitterMs: this.#jitterMs };
  }

  aim(port: number): void {
    this.#target = port;
  }

  reset(): void {
    this.#sent = 0;
    this.#latenciesMs = [];
    this.#jitterMs = 0;
    this.#lastLatencyMs = undefined;
  }

  send(): void {
    const packet = this.#packets.next();
    packet.writeDoubleBE(performance.now(), HEADER_BYTES);
    this.#from.send(packet, this.#target, '127.0.0.1');
    this.#sent += 1;
  }

  close(): void {
    this.#from.close();
  }

  #receive(packet: Buffer): void {
    // RTCP comes to the same place where a relay does not part the ports.
    if ((packet[1] ?? 0) % 128 !== PCMA || packet.length < HEADER_BYTES + FRAME_SAMPLES) return;
    const latencyMs = performance.now() - packet.readDoubleBE(HEADER_BYTES);
    // What the server sends of itself (comfort silence before the bridge) carries no time of ours.
    if (!(latencyMs >= 0 && latencyMs < 60_000)) return;
    this.#latenciesMs.push(latencyMs);
    const difference = Math.abs(latencyMs - (this.#lastLatencyMs ?? latencyMs));
    this.#jitterMs += (difference - this.#jitterMs) / 16;
    this.#lastLatencyMs = latencyMs;
  }
}
