import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../embedded/postgres.ts';

const quiet = { debug: () => undefined, info: () => undefined, error: () => undefined };

/** A PostgreSQL of a test's own, that it can stop, freeze and have back, on the same port and data. */
export class BreakablePostgres {
  readonly #dataDir: string;
  readonly url: string;
  #server: EmbeddedPostgres | undefined;
  #frozen: number[] = [];

  private constructor(dataDir: string, server: EmbeddedPostgres) {
    this.#dataDir = dataDir;
    this.#server = server;
    this.url = server.url;
  }

  static async start(): Promise<BreakablePostgres> {
    const dataDir = mkdtempSync(join(tmpdir(), 'axbridge-faults-'));
    return new BreakablePostgres(dataDir, await startEmbeddedPostgres({ dataDir, port: 0, log: quiet }));
  }

  /** Ends every connection and takes none until `back`. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.stop();
  }

  async back(): Promise<void> {
    const port = Number(new URL(this.url).port);
    this.#server ??= await startEmbeddedPostgres({ dataDir: this.#dataDir, port, log: quiet });
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
