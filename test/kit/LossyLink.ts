import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface LossyLinkOptions {
  /** Share of the datagrams that get lost, each way, from 0 to 1. */
  readonly loss: number;
  /** The same seed loses the same datagrams. */
  readonly seed: number;
  /** The phone behind this link. */
  readonly phone: { readonly host: string; readonly port: number };
  /** The server before it. */
  readonly server: { readonly host: string; readonly port: number };
}

/**
 * A bad UDP line between one phone and one server. The phone sends to `near`; the server sees the phone at `far`, and
 * what it sends there reaches the phone. What gets lost is the same in every run with the same seed and order.
 */
export class LossyLink {
  readonly near: { readonly host: string; readonly port: number };
  readonly far: { readonly host: string; readonly port: number };
  readonly counts = { passed: 0, lost: 0 };
  readonly #sockets: readonly Socket[];
  readonly #options: LossyLinkOptions;
  #state: number;

  private constructor(options: LossyLinkOptions, near: Socket, far: Socket) {
    this.#options = options;
    this.#state = options.seed;
    this.#sockets = [near, far];
    this.near = { host: '127.0.0.1', port: near.address().port };
    this.far = { host: '127.0.0.1', port: far.address().port };
    near.on('message', (bytes) => this.#pass(bytes, far, options.server));
    far.on('message', (bytes) => this.#pass(bytes, near, options.phone));
    for (const socket of this.#sockets) socket.on('error', () => undefined);
  }

  static async open(options: LossyLinkOptions): Promise<LossyLink> {
    const [near, far] = await Promise.all([bound(), bound()]);
    return new LossyLink(options, near, far);
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  #pass(bytes: Buffer, by: Socket, to: { host: string; port: number }): void {
    if (this.#isLost()) {
      this.counts.lost += 1;
      return;
    }
    this.counts.passed += 1;
    by.send(bytes, to.port, to.host);
  }

  /** xorshift32 */
  #isLost(): boolean {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) / 2 ** 32 < this.#options.loss;
  }
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  const listening = once(socket, 'listening');
  socket.bind(0, '127.0.0.1');
  await listening;
  return socket;
}
