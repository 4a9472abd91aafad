import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Flow } from './Flow.ts';

export interface UdpListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Our host as we name it to others. */
  readonly advertisedHost: string;
  /** For tests: true drops the datagram. */
  readonly dropPacket: ((direction: 'in' | 'out') => boolean) | undefined;
  /** Sees what is sent, also where `dropPacket` then loses it. */
  readonly onSent: ((bytes: string, flow: Flow) => void) | undefined;
}

const receiveBufferOctets = 4_194_304;

/** One UDP socket. It owns the socket and ends it. */
export class UdpListener {
  readonly transport = 'udp';
  readonly advertisedHost: string;
  readonly family: 4 | 6;
  readonly #options: UdpListenerOptions;
  readonly #onDatagram: (bytes: string, flow: Flow) => void;
  #socket: Socket | undefined;
  #port = 0;

  constructor(options: UdpListenerOptions, onDatagram: (bytes: string, flow: Flow) => void) {
    this.#options = options;
    this.advertisedHost = options.advertisedHost;
    this.family = isIPv6(options.host) ? 6 : 4;
    this.#onDatagram = onDatagram;
  }

  get port(): number {
    return this.#port;
  }

  /** Binds the socket. Rejects with the system's error (EADDRINUSE, EACCES, …). */
  async open(): Promise<void> {
    const socket = createSocket({
      type: this.family === 6 ? 'udp6' : 'udp4',
      // Every address that gets here is an IP address: the resolver would only cost a turn of the event loop.
      lookup: (address, _options, done) => done(null, address, this.family),
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(this.#options.port, this.#options.host, () => {
        socket.removeListener('error', reject);
        resolve();
      });
    });
    // An error of one datagram (EMSGSIZE, a late ICMP) is not an error of the socket.
    socket.on('error', () => {});
    socket.setRecvBufferSize(receiveBufferOctets);
    socket.on('message', (datagram, from) => {
      if (this.#options.dropPacket?.('in')) return;
      this.#onDatagram(datagram.toString('latin1'), this.flowTo(from.address, from.port));
    });
    this.#socket = socket;
    this.#port = socket.address().port;
  }

  /** The path from this socket to an address. */
  flowTo(remoteHost: string, remotePort: number): Flow {
    return new UdpFlow(this, remoteHost, remotePort);
  }

  send(bytes: string, host: string, port: number, onFailure?: (error: Error) => void): void {
    this.#options.onSent?.(bytes, this.flowTo(host, port));
    if (this.#options.dropPacket?.('out')) return;
    const datagram = Buffer.from(bytes, 'latin1');
    if (onFailure === undefined) this.#socket?.send(datagram, port, host);
    else
      this.#socket?.send(datagram, port, host, (error) => {
        if (error) onFailure(error);
      });
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#socket = undefined;
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  }
}

class UdpFlow implements Flow {
  readonly transport = 'udp';
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly #listener: UdpListener;

  constructor(listener: UdpListener, remoteHost: string, remotePort: number) {
    this.#listener = listener;
    this.remoteHost = remoteHost;
    this.remotePort = remotePort;
  }

  get localHost(): string {
    return this.#listener.advertisedHost;
  }

  get localPort(): number {
    return this.#listener.port;
  }

  get isOpen(): boolean {
    return true;
  }

  send(bytes: string, onFailure?: (error: Error) => void): void {
    this.#listener.send(bytes, this.remoteHost, this.remotePort, onFailure);
  }
}
