import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PostgresServer, startPostgresServer } from '../kit/postgresServer.ts';

/** A PostgreSQL of a test's own, that it can stop, freeze and have back, on the same port and data. */
export class BreakablePostgres {
  readonly #dataDir: string;
  readonly url: string;
  #server: PostgresServer | undefined;
  #frozen: number[] = [];

  private constructor(dataDir: string, server: PostgresServer) {
    this.#dataDir = dataDir;
    this.#server = server;
    this.url = server.url;
  }

  static async start(): Promise<BreakablePostgres> {
    const dataDir = mkdtempSync(join(tmpdir(), 'axbridge-faults-'));
    return new BreakablePostgres(dataDir, await startPostgresServer({ dataDir, port: 0 }));
  }

  /** Ends every connection and takes none until `back`. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.stop();
  }

  async back(): Promise<void> {
    const port = Number(new URL(this.url).port);
    this.#server ??= await startPostgresServer({ dataDir: this.#dataDir, port });
  }

  /** Connections stay, and nothing is answered, until `thaw`. */
  freeze(): void {
    const postmaster = Number(readFileSync(join(this.#cluster, 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
    const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8');
    this.#frozen = [postmaster, ...children.trim().split(' ').map(Number)];
    for (const pid of this.#frozen) process.kill(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const pid of this.#frozen.splice(0)) process.kill(pid, 'SIGCONT');
  }

  async close(): Promise<void> {
    this.thaw();
    await this.stop();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  get #cluster(): string {
    return join(this.#dataDir, 'postgres', 'cluster');
  }
}
