import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface OpsServerOptions {
  readonly host: string;
  readonly port: number;
  /** The exposition of all metrics. */
  readonly expose: () => Promise<{ readonly body: string; readonly contentType: string }>;
  /** What keeps this node from taking calls; empty when it is ready. */
  readonly obstacles: () => readonly string[] | Promise<readonly string[]>;
}

/** Serves `/metrics` (Prometheus), `/healthz` (the process lives) and `/readyz` (it may be sent calls; 503 names why not). */
export class OpsServer {
  readonly #options: OpsServerOptions;
  readonly #server: Server;

  constructor(options: OpsServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request.url ?? '/').then(
        ({ status, contentType, body }) =>
          response.writeHead(status, { 'content-type': contentType }).end(body),
        (error: unknown) =>
          response.writeHead(500, { 'content-type': 'text/plain' }).end(`${String(error)}\n`),
      );
    });
  }

  /** @returns the port it listens on */
  async start(): Promise<number> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(url: string): Promise<{ status: number; contentType: string; body: string }> {
    const contentType = 'text/plain; charset=utf-8';
    switch (url.split('?', 1)[0]) {
      case '/metrics':
        return { status: 200, ...(await this.#options.expose()) };
      case '/healthz':
        return { status: 200, contentType, body: 'ok\n' };
      case '/readyz': {
        const obstacles = await this.#options.obstacles();
        return obstacles.length === 0
          ? { status: 200, contentType, body: 'ready\n' }
          : { status: 503, contentType, body: `${obstacles.join('\n')}\n` };
      }
      default:
        return { status: 404, contentType, body: 'try /metrics, /healthz or /readyz\n' };
    }
  }
}
