import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type SecureContextOptions } from 'node:tls';

export interface StreamListenerOptions {
  readonly transport: 'tcp' | 'tls';
  readonly host: string;
  readonly port: number;
  readonly advertisedHost: string;
  /** Key and certificate; needed for tls. */
  readonly tls: SecureContextOptions | undefined;
}

const handshakeTimeoutMs = 10_000;
/** Those that are still shaking hands included. */
const maxSockets = 8_192;

/** One listening TCP or TLS port. What it accepts belongs to whoever `onConnection` hands it to. */
export class StreamListener {
  readonly transport: 'tcp' | 'tls';
  readonly advertisedHost: string;
  readonly #options: StreamListenerOptions;
  readonly #server: Server;
  #port = 0;

  constructor(
    options: StreamListenerOptions,
    onConnection: (socket: Socket, listener: StreamListener) => void,
  ) {
    this.#options = options;
    this.transport = options.transport;
    this.advertisedHost = options.advertisedHost;
    if (options.transport === 'tls') {
      this.#server = createTlsServer({ ...options.tls, handshakeTimeout: handshakeTimeoutMs }, (socket) =>
        onConnection(socket, this),
      );
      // A failed handshake costs the scanner its connection and us nothing.
      this.#server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy());
    } else {
      this.#server = createServer((socket) => onConnection(socket, this));
    }
    this.#server.maxConnections = maxSockets;
  }

  get port(): number {
    return this.#port;
  }

  /** Listens. Rejects with the system's error (EADDRINUSE, EACCES, …). */
  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, () => {
        this.#server.removeListener('error', reject);
        resolve();
      });
    });
    // An accept that fails (EMFILE) must not end the server: the next one may work.
    this.#server.on('error', () => {});
    const address = this.#server.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
