import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sql } from './database.ts';
import { StoreError } from './StoreError.ts';

const FOLDER = join(import.meta.dirname, 'migrations');
/** Any number will do, as long as every release of axbridge uses the same one. */
const MIGRATION_LOCK = 7_061_989;

interface Migration {
  readonly number: number;
  readonly name: string;
}

async function listMigrations(): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => /^\d{3}_\w+\.sql$/.test(name)).sort();
  return names.map((name) => ({ number: Number(name.slice(0, 3)), name }));
}

/**
 * Looks whether what a database has had is the beginning of what this release has.
 * @throws StoreError DATABASE_FAILED when its schema is another one, or that of a newer release
 */
function checkHistory(had: readonly Migration[], migrations: readonly Migration[]): void {
  const names = new Map(migrations.map(({ number, name }) => [number, name]));
  const other = had.find(({ number, name }) => names.has(number) && names.get(number) !== name);
  if (other !== undefined) {
    throw new StoreError(
      'DATABASE_FAILED',
      `the database has ${other.name} where this release has ${names.get(other.number)}: it was made before the first release, ` +
        'and cannot be upgraded. Begin with an empty database: another one in DATABASE_URL, or, for the embedded PostgreSQL, ' +
        'a new folder in AXBRIDGE_DATA_DIR',
    );
  }
  const newest = migrations.at(-1)?.number ?? 0;
  const unknown = Math.max(0, ...had.map(({ number }) => number));
  if (unknown > newest) {
    throw new StoreError(
      'DATABASE_FAILED',
      `the database has migration ${unknown}, this release knows up to ${newest}: run the newer release`,
    );
  }
}

/**
 * Runs the numbered migrations that this database has not had, each in a transaction of its own.
 * An advisory lock keeps nodes that start together from doing it twice.
 * @throws StoreError DATABASE_FAILED when the database was made before the first release, or migrated by a newer one
 */
export async function migrate(sql: Sql): Promise<void> {
  const migrations = await listMigrations();
  const connection = await sql.reserve();
  try {
    await connection`SELECT pg_advisory_lock(${MIGRATION_LOCK})`;
    await connection`CREATE TABLE IF NOT EXISTS migrations (
      number integer PRIMARY KEY, name text NOT NULL, done_at timestamptz NOT NULL DEFAULT now())`;
    const had = await connection<Migration[]>`SELECT number, name FROM migrations ORDER BY number`;
    checkHistory(had, migrations);
    const done = new Set(had.map(({ number }) => number));
    for (const migration of migrations.filter(({ number }) => !done.has(number))) {
      const text = await readFile(join(FOLDER, migration.name), 'utf8');
      await connection.unsafe('BEGIN');
      try {
        await connection.unsafe(text).simple();
        await connection`INSERT INTO migrations (number, name) VALUES (${migration.number}, ${migration.name})`;
        await connection.unsafe('COMMIT');
      } catch (error) {
        await connection.unsafe('ROLLBACK');
        throw error;
      }
    }
  } finally {
    await connection`SELECT pg_advisory_unlock_all()`.catch(() => undefined);
    connection.release();
  }
}
