import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { ALawPackets, PACKET_MS, PCMA } from '../media/ALawPackets.ts';

/** One party's RTP: sends a packet of A-law every 20 ms, and counts those that come. */
export class SoundPort {
  heard = 0;
  readonly #socket: Socket;
  readonly #packets = new ALawPackets();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('message', (packet) => {
      if ((packet[1] ?? 0) % 128 === PCMA) this.heard += 1;
    });
  }

  static async open(): Promise<SoundPort> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new SoundPort(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Talks to where a session description wants its sound; no more when it is closed: an answer may come too late. */
  talkTo(description: string): void {
    if (this.#isClosed) return;
    const port = Number(/^m=audio (\d+)/m.exec(description)?.[1]);
    const host = /^c=IN IP4 (\S+)/m.exec(description)?.[1] ?? '127.0.0.1';
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#socket.send(this.#packets.next(), port, host), PACKET_MS);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#socket.close();
  }
}
