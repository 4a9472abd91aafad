import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { findBinaries } from './postgres/binaries.ts';
import { DataFolder, reachablePlace } from './postgres/DataFolder.ts';
import { EmbeddedPostgresError } from './postgres/EmbeddedPostgresError.ts';
import { KeptServer } from './postgres/KeptServer.ts';
import { endLeftover, writeOwner } from './postgres/leftover.ts';
import { runInitdb, startServer } from './postgres/programs.ts';
import { serverUser } from './postgres/serverUser.ts';

export { EmbeddedPostgresError } from './postgres/EmbeddedPostgresError.ts';

/** What the embedded database says; pino's logger fits. */
export interface DatabaseLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface EmbeddedPostgresOptions {
  /** Folder that survives restarts; the database lies in `postgres` below it. */
  readonly dataDir: string;
  /** TCP port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  readonly log: DatabaseLog;
}

export interface EmbeddedPostgres {
  readonly url: string;
  /** Shuts the server down: transactions under way are rolled back, what was committed is on disk. */
  stop(): Promise<void>;
}

const SUPERUSER = 'axbridge';
const MAJOR_VERSION = '18';
const ATTEMPTS_TO_FIND_A_PORT = 3;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** initdb works in a folder beside and its result is renamed: a start that was cut short leaves no half database. */
async function makeCluster(folder: DataFolder, parent: string, native: string): Promise<void> {
  const growing = mkdtempSync(join(parent, 'cluster.new-'));
  folder.give(growing);
  const passwordFile = `${growing}.password`;
  try {
    writeFileSync(passwordFile, folder.password(), { mode: 0o600 });
    folder.give(passwordFile);
    await runInitdb({ native, cluster: growing, superuser: SUPERUSER, passwordFile, user: serverUser() });
    renameSync(growing, join(parent, 'cluster'));
  } catch (error) {
    rmSync(growing, { recursive: true, force: true });
    throw error;
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function checkVersion(cluster: string): void {
  const version = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
  if (version === MAJOR_VERSION) return;
  throw new EmbeddedPostgresError(
    'WRONG_VERSION',
    `${cluster} was made by PostgreSQL ${version}, this release has ${MAJOR_VERSION}: dump it with the older release`,
  );
}

/**
 * Starts a real PostgreSQL from npm for a machine that has none: for development, tests and small installations.
 * It listens on 127.0.0.1 only, asks for a random password, and keeps every commit on disk (fsync stays on).
 * It ends with `stop`, or when this process exits; one left over by kill -9 is ended by the next start. Should it end by
 * itself, it is started again on the same port.
 * @throws EmbeddedPostgresError
 */
export async function startEmbeddedPostgres({
  dataDir,
  port,
  log,
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const user = serverUser();
  const folder = new DataFolder(dataDir, user);
  const native = findBinaries(user, () => (user === undefined ? folder.home : reachablePlace()));
  const parent = folder.clusterParent();
  const cluster = join(parent, 'cluster');
  if (existsSync(cluster)) {
    checkVersion(cluster);
    await endLeftover(folder.home, cluster);
  } else {
    log.info({ cluster }, 'making the embedded database');
    await makeCluster(folder, parent, native);
  }
  writeOwner(folder.home);
  for (let attempt = 1; ; attempt++) {
    const chosen = port === 0 ? await freePort() : port;
    try {
      const kept = new KeptServer({
        start: (onEnd) => startServer({ native, cluster, port: chosen, user, log, onEnd }),
        onFailure: (err) => log.error({ err }, 'the embedded database cannot be started again yet'),
      });
      const { pid } = await kept.start();
      log.info({ port: chosen, cluster, pid }, 'the embedded database is ready');
      const url = `postgres://${SUPERUSER}:${folder.password()}@127.0.0.1:${chosen}/postgres`;
      return { url, stop: () => kept.stop() };
    } catch (error) {
      // Between finding a free port and taking it, another process may have taken it.
      if (port !== 0 || attempt === ATTEMPTS_TO_FIND_A_PORT) throw error;
    }
  }
}
