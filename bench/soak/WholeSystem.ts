import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../embedded/postgres.ts';
import { closeDatabase, openDatabase, type Sql } from '../../src/store/database.ts';
import { BenchApplication } from '../BenchApplication.ts';
import { quiet } from '../BenchDatabase.ts';
import { SignedClient } from '../binds/SignedClient.ts';
import { ForkedPart } from '../ForkedPart.ts';
import { bindPairs, giveNumbers, type Pair } from '../pairs.ts';
import { childNamed } from '../processCpu.ts';
import { type CallServers, startCallServers } from './callServers.ts';
import { nodeMemory, type ProcessMemory, probedEnvironment } from './processMemory.ts';
import type { Told } from './sinkProcess.ts';

/**
 * Everything that carries calls, each part a process of its own that can be asked what it holds: servers, PostgreSQL, the
 * application, and the customer's server.
 */
export class WholeSystem implements AsyncDisposable {
  readonly servers: CallServers;
  readonly sql: Sql;
  /** The process from which PostgreSQL's other ones descend. */
  readonly postgresPid: number;
  readonly application: BenchApplication;
  readonly #sink: ForkedPart;
  readonly #probes: string;
  readonly #owned: AsyncDisposableStack;
  readonly #urls: { readonly statusUrl: string; readonly feeUrl: string };

  private constructor(parts: Parts, owned: AsyncDisposableStack) {
    this.servers = parts.servers;
    this.sql = parts.sql;
    this.postgresPid = parts.postgresPid;
    this.application = parts.application;
    this.#sink = parts.sink;
    this.#probes = parts.probes;
    this.#urls = parts.urls;
    this.#owned = owned;
  }

  /** @param calleePort where the carrier takes calls, on 127.0.0.1 */
  static async start(calleePort: number): Promise<WholeSystem> {
    await using started = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), 'axbridge-bench-'));
    chmodSync(folder, 0o755);
    started.defer(() => rmSync(folder, { recursive: true, force: true }));
    const probed = probedEnvironment(folder);
    // For the embedded servers, which are forked with the environment of this process.
    Object.assign(process.env, probed);
    const servers = started.use(await startCallServers(folder));
    const postgres = await startEmbeddedPostgres({ dataDir: folder, port: 0, log: quiet });
    started.defer(() => postgres.stop());
    const postgresPid = childNamed(process.pid, 'bin/postgres');
    const sink = started.use(new ForkedPart(join(import.meta.dirname, 'sinkProcess.ts')));
    const { port } = await sink.hear<{ port: number }>();
    const urls = { statusUrl: `http://127.0.0.1:${port}/status`, feeUrl: `http://127.0.0.1:${port}/fee` };
    const settings = { ...probed, ...servers.settings, DATABASE_URL: postgres.url };
    const application = started.use(await BenchApplication.start(settings));
    await application.admin.addTrunk({
      ...{ name: 'carrier', host: '127.0.0.1', port: calleePort, transport: 'udp' },
      sources: ['127.0.0.1/32'],
    });
    const sql = await openDatabase({ url: postgres.url, max: 1 });
    started.defer(() => closeDatabase(sql));
    const parts = { servers, sql, postgresPid, application, sink, probes: folder, urls };
    return new WholeSystem(parts, started.move());
  }

  /** Makes an application of the customer with these X, and binds the pairs that are to be bound. */
  async addCustomer(
    { recording }: { readonly recording: boolean },
    bound: readonly Pair[],
    free: readonly Pair[] = [],
  ): Promise<SignedClient> {
    const { admin, http } = this.application;
    const app = await admin.createApp({ name: 'bench', mode: 'AXB', recording, ...this.#urls });
    await giveNumbers(admin, app.appKey, [...bound, ...free]);
    const client = this.#owned.use(new SignedClient(http, app.appKey, app.appSecret));
    await bindPairs(client, bound, recording ? { recordFlag: 'true' } : {});
    return client;
  }

  /** Collects the application's garbage, and tells what is left. */
  applicationMemory(): Promise<ProcessMemory> {
    return nodeMemory(this.#probes, this.application.pid);
  }

  /** What the customer's server was told. */
  told(): Promise<Told> {
    return this.#sink.ask<Told>({});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }
}

interface Parts {
  readonly servers: CallServers;
  readonly sql: Sql;
  readonly postgresPid: number;
  readonly application: BenchApplication;
  readonly sink: ForkedPart;
  readonly probes: string;
  readonly urls: { readonly statusUrl: string; readonly feeUrl: string };
}
