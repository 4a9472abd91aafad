import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../embedded/postgres.ts';
import type { AxbBindings } from '../src/bindings/AxbBindings.ts';
import { Bindings } from '../src/bindings/Bindings.ts';
import { PlaceSearch } from '../src/bindings/PlaceSearch.ts';
import { type App, insertApp } from '../src/store/apps.ts';
import { Changes } from '../src/store/changes.ts';
import { closeDatabase, openDatabase, type Sql } from '../src/store/database.ts';
import { insertNumbers } from '../src/store/numbers.ts';
import { Sealer } from '../src/store/sealing.ts';
import type { Logger } from '../src/telemetry/logger.ts';

/** Connections of each side, as the application has by default. */
export const CONNECTIONS = 8;

export const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields, message) => console.warn(message, fields),
  error: (fields, message) => console.error(message, fields),
};

/** A throw-away PostgreSQL (fsync on, as it comes from npm) with the application's schema and its stores. */
export class BenchDatabase implements AsyncDisposable {
  readonly url: string;
  readonly sql: Sql;
  readonly sealKey: Buffer;
  readonly sealer: Sealer;
  readonly changes: Changes;
  /** Bindings of every mode. */
  readonly modes: Bindings;
  readonly #stop: () => Promise<void>;

  private constructor(url: string, sql: Sql, places: PlaceSearch, stop: () => Promise<void>) {
    this.url = url;
    this.sql = sql;
    this.sealKey = randomBytes(32);
    this.sealer = new Sealer(this.sealKey);
    this.changes = new Changes({ url, log: quiet });
    const { sealer, changes } = this;
    this.modes = new Bindings({ sql, sealer, changes, places, clock: Date.now });
    this.#stop = stop;
  }

  get bindings(): AxbBindings {
    return this.modes.axb;
  }

  static async start(): Promise<BenchDatabase> {
    const folder = mkdtempSync(join(tmpdir(), 'axbridge-bench-'));
    chmodSync(folder, 0o755);
    const postgres = await startEmbeddedPostgres({ dataDir: folder, port: 0, log: quiet });
    const sql = await openDatabase({ url: postgres.url, max: CONNECTIONS });
    const database = new BenchDatabase(postgres.url, sql, await PlaceSearch.load(), async () => {
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    await database.changes.start();
    return database;
  }

  /** An AXB application with so many X numbers, from `+8617000000000` on. */
  async addApp(numbers: number): Promise<{ app: App; appSecret: string }> {
    const made = await insertApp(this.sql, this.sealer, { name: 'bench', mode: 'AXB' });
    const list = Array.from({ length: numbers }, (_, index) => ({
      number: xNumber(index),
      areaCode: '0571',
    }));
    await insertNumbers(this.sql, made.app.appKey, list);
    return made;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.modes.idle();
    await this.changes.stop();
    await closeDatabase(this.sql);
    await this.#stop();
  }
}

/** The X of this index, E.164. */
export function xNumber(index: number): string {
  return `+8617${String(index).padStart(9, '0')}`;
}

/** The mobile number of this index, E.164. */
export function partyNumber(index: number): string {
  return `+86139${String(index).padStart(8, '0')}`;
}
