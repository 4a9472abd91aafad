import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../kit/eventually.ts';
import { DEPLOY } from './files.ts';
import { freePort } from './RealFreeSwitch.ts';

const CONFIGURATION = join(DEPLOY, 'drachtio', 'drachtio.conf.xml');
const SECRET = 'a-secret-of-its-own';

/** A drachtio-server of this machine, started with the configuration that axbridge ships, on free ports. */
export class RealDrachtio {
  readonly sip: { readonly host: string; readonly port: number };
  readonly metricsPort: number;
  readonly #adminPort: number;
  readonly #process: ChildProcess;
  #log = '';

  private constructor(child: ChildProcess, sip: RealDrachtio['sip'], adminPort: number, metricsPort: number) {
    this.#process = child;
    this.sip = sip;
    this.#adminPort = adminPort;
    this.metricsPort = metricsPort;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (piece: string) => {
        this.#log += piece;
      });
    }
  }

  /**
   * Resolves when axbridge can connect.
   * @param binary path of `drachtio`
   * @param host address that carriers send SIP to, as the option "contact" names it
   */
  static async start(binary: string, host = '127.0.0.1'): Promise<RealDrachtio> {
    const [adminPort, sipPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
    const contact = `sip:${host}:${sipPort};transport=udp,tcp`;
    const child = spawn(binary, ['--file', CONFIGURATION, '--contact', contact], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        DRACHTIO_SECRET: SECRET,
        DRACHTIO_ADMIN_TCP_PORT: String(adminPort),
        DRACHTIO_PROMETHEUS_SCRAPE_PORT: `127.0.0.1:${metricsPort}`,
      },
    });
    const server = new RealDrachtio(child, { host, port: sipPort }, adminPort, metricsPort);
    try {
      await eventually('drachtio-server to listen', () => server.#listens());
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** For AXBRIDGE_DRACHTIO. */
  get setting(): string {
    return `127.0.0.1:${this.#adminPort},${SECRET}`;
  }

  /** What it has written so far. */
  get log(): string {
    return this.#log;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await gone;
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
