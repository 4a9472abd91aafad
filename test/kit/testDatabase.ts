import { inject } from 'vitest';
import { closeDatabase, connectDatabase, type Sql } from '../../src/store/database.ts';

/** A real PostgreSQL database with the current schema and no rows, for one test file. */
export interface TestDatabase {
  readonly url: string;
  readonly sql: Sql;
  /** Ends the connections; the database goes when the run ends. */
  close(): Promise<void>;
}

const CONNECTIONS = 8;

/** Makes a database of its own for the test file that asks; takes some 50 ms, and 2 s for the first of a run. */
export async function createTestDatabase({ max = CONNECTIONS } = {}): Promise<TestDatabase> {
  const response = await fetch(inject('testDatabaseServer'), { method: 'POST' });
  const url = await response.text();
  if (!response.ok) throw new Error(`no test database: ${url}`);
  const sql = connectDatabase({ url, max });
  return { url, sql, close: () => closeDatabase(sql) };
}
