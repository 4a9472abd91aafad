import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { endLeftover } from '../../embedded/postgres/leftover.ts';
import { closeDatabase, connectDatabase, openDatabase } from '../../src/store/database.ts';
import { type PostgresServer, startPostgresServer } from './postgresServer.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    testDatabaseServer: string;
  }
}

const FOLDER_PREFIX = 'axbridge-test-';
const TEMPLATE = 'axbridge_template';
const CONNECTIONS = 400;

function urlOf(server: PostgresServer, database: string): string {
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs of vitest that were killed leave their folder, and their server, behind: the next run clears them away. */
async function clearAway(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(FOLDER_PREFIX))) {
    const folder = join(tmpdir(), name);
    const home = join(folder, 'postgres');
    try {
      const owner = Number(readFileSync(join(home, 'owner'), 'utf8').split(' ')[0]);
      process.kill(owner, 0);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) continue;
      const cluster = join(home, 'cluster');
      if (existsSync(cluster)) await endLeftover(home, realpathSync(cluster));
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** With connections for as many test files, and the applications that they start, as are run at the same time. */
async function startRoomy(dataDir: string): Promise<PostgresServer> {
  const narrow = await startPostgresServer({ dataDir, port: 0 });
  const admin = connectDatabase({ url: narrow.url, max: 1 });
  await admin.unsafe(`ALTER SYSTEM SET max_connections = ${CONNECTIONS}`);
  await closeDatabase(admin);
  await narrow.stop();
  return startPostgresServer({ dataDir, port: 0 });
}

/**
 * Vitest's global set-up: a door at which test files ask for a database of their own. The PostgreSQL behind it
 * starts when the first one asks, so that a run of pure tests does not pay for it.
 */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), FOLDER_PREFIX));
  let starting: Promise<PostgresServer> | undefined;
  // CREATE DATABASE needs a template that nobody uses: one clone at a time.
  let last: Promise<unknown> = Promise.resolve();

  async function start(): Promise<PostgresServer> {
    await clearAway();
    const server = await startRoomy(folder);
    const admin = connectDatabase({ url: server.url, max: 1 });
    await admin`CREATE DATABASE ${admin(TEMPLATE)}`;
    await closeDatabase(admin);
    await closeDatabase(await openDatabase({ url: urlOf(server, TEMPLATE), max: 1 }));
    return server;
  }

  async function clone(server: PostgresServer): Promise<string> {
    const name = `test_${randomUUID().replaceAll('-', '')}`;
    const admin = connectDatabase({ url: server.url, max: 1 });
    await admin`CREATE DATABASE ${admin(name)} TEMPLATE ${admin(TEMPLATE)}`;
    await closeDatabase(admin);
    return urlOf(server, name);
  }

  const door = createServer((_request, response) => {
    starting ??= start();
    const answer = Promise.all([starting, last]).then(([server]) => clone(server));
    last = answer.catch(() => undefined);
    answer.then(
      (url) => response.end(url),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((listening) => door.listen(0, '127.0.0.1', listening));
  const address = door.address();
  if (address === null || typeof address === 'string') throw new Error('the door has no port');
  provide('testDatabaseServer', `http://127.0.0.1:${address.port}`);

  return async () => {
    door.closeAllConnections();
    await new Promise((closed) => door.close(closed));
    const server = await starting?.catch(() => undefined);
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
