import { startEmbeddedPostgres } from '../../embedded/postgres.ts';
import { InstalledPostgres } from './InstalledPostgres.ts';

/** A PostgreSQL of the tests' own. */
export interface PostgresServer {
  /** Of its database `postgres`. */
  readonly url: string;
  stop(): Promise<void>;
}

const log = { debug: () => undefined, info: () => undefined, error: console.error };

/**
 * The embedded PostgreSQL, or that of AXBRIDGE_TEST_POSTGRES_BIN, a folder of PostgreSQL's programs.
 * @param options.dataDir keeps it over restarts, below `postgres`
 * @param options.port 0 takes a free one
 */
export async function startPostgresServer(options: {
  readonly dataDir: string;
  readonly port: number;
}): Promise<PostgresServer> {
  const programs = process.env.AXBRIDGE_TEST_POSTGRES_BIN ?? '';
  return programs === ''
    ? startEmbeddedPostgres({ ...options, log })
    : InstalledPostgres.start({ ...options, programs });
}
