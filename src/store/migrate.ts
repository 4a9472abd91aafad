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
 * Runs the numbered migrations that this database has not had, each in a transaction of its own.
 * An advisory lock keeps nodes that start together from doing it twice.
 * @throws StoreError DATABASE_FAILED when the database was migrated by a newer release
 */
export async function migrate(sql: Sql): Promise<void> {
  const migrations = await listMigrations();
  const newest = migrations.at(-1)?.number ?? 0;
  const connection = await sql.reserve();
  try {
    await connection`SELECT pg_advisory_lock(${MIGRATION_LOCK})`;
    await connection`CREATE TABLE IF NOT EXISTS migrations (
      number integer PRIMARY KEY, name text NOT NULL, done_at timestamptz NOT NULL DEFAULT now())`;
    const rows = await connection<{ number: number }[]>`SELECT number FROM migrations`;
    const done = new Set(rows.map((row) => row.number));
    const unknown = Math.max(0, ...done);
    if (unknown > newest) {
      throw new StoreError(
        'DATABASE_FAILED',
        `the database has migration ${unknown}, this release knows up to ${newest}: run the newer release`,
      );
    }
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
