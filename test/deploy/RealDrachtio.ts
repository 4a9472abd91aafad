import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { dialogsOf } from '../kit/drachtioDialogs.ts';
import { eventually } from '../kit/eventually.ts';
import { freePort } from '../kit/freePort.ts';
import { KeptProcess } from '../kit/KeptProcess.ts';
import { DEPLOY } from './files.ts';

const CONFIGURATION = join(DEPLOY, 'drachtio', 'drachtio.conf.xml');
const SECRET = 'a-secret-of-its-own';

export interface RealDrachtioOptions {
  /** Address that carriers send SIP to, as the option "contact" names it; 127.0.0.1 if not given. */
  readonly host?: string;
  /** Milliseconds after which it is started again, on the same ports, when it ends by itself; absent: it stays away. */
  readonly restartAfterMs?: number;
}

/** A drachtio-server of this machine, started with the configuration that axbridge ships, on free ports. */
export class RealDrachtio {
  readonly sip: { readonly host: string; readonly port: number };
  /** Where it tells Prometheus what it holds. */
  readonly metricsUrl: string;
  readonly #adminPort: number;
  readonly #process: KeptProcess;
  #log = '';

  private constructor(
    binary: string,
    options: RealDrachtioOptions,
    ports: { readonly sip: number; readonly admin: number; readonly metrics: number },
  ) {
    const { host = '127.0.0.1', restartAfterMs } = options;
    this.sip = { host, port: ports.sip };
    this.#adminPort = ports.admin;
    this.metricsUrl = `http://127.0.0.1:${ports.metrics}/metrics`;
    const contact = `sip:${host}:${ports.sip};transport=udp,tcp`;
    const begin = () => {
      const child = spawn(binary, ['--file', CONFIGURATION, '--contact', contact], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: process.env.PATH,
          DRACHTIO_SECRET: SECRET,
          DRACHTIO_ADMIN_TCP_PORT: String(ports.admin),
          DRACHTIO_PROMETHEUS_SCRAPE_PORT: `127.0.0.1:${ports.metrics}`,
        },
      });
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (piece: string) => {
          this.#log += piece;
        });
      }
      return child;
    };
    this.#process = new KeptProcess({ begin, restartAfterMs });
  }

  /**
   * Resolves when axbridge can connect.
   * @param binary path of `drachtio`
   */
  static async start(binary: string, options: RealDrachtioOptions = {}): Promise<RealDrachtio> {
    const [admin, sip, metrics] = [await freePort(), await freePort(), await freePort()];
    const server = new RealDrachtio(binary, options, { sip, admin, metrics });
    try {
      await eventually('drachtio-server to listen', () => server.#listens());
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** How often it has been started. */
  get lives(): number {
    return this.#process.lives;
  }

  /** For AXBRIDGE_DRACHTIO. */
  get setting(): string {
    return `127.0.0.1:${this.#adminPort},${SECRET}`;
  }

  /** What it has written so far. */
  get log(): string {
    return this.#log;
  }

  /** Dialogs that it holds, by its own account. */
  async dialogs(): Promise<number> {
    return (await dialogsOf(this.metricsUrl)).dialogs;
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }

  async #listens(): Promise<boolean> {
    const socket = connect(this.#adminPort, '127.0.0.1');
    const is = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    return is;
  }
}
