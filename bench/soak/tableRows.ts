import type { Sql } from '../../src/store/database.ts';

/** What is kept for days by design, or, in the case of nonces, for eight hours. */
const KEPT = new Set(['calls', 'call_details', 'deliveries', 'recordings', 'used_nonces']);

export interface TableRows {
  /** Rows of each table that has to stay as it is while calls come and go, and calls that are open. */
  readonly bounded: Readonly<Record<string, number>>;
  /** Rows that are kept, as PostgreSQL's statistics have them. */
  readonly kept: Readonly<Record<string, number>>;
  readonly connections: number;
}

/** Looks at every table, those of later migrations too. */
export async function tableRows(sql: Sql): Promise<TableRows> {
  const tables = await sql<{ name: string; live: number }[]>`
    SELECT relname AS name, n_live_tup::float8 AS live FROM pg_stat_user_tables
    WHERE schemaname = current_schema() ORDER BY relname`;
  const bounded: Record<string, number> = {};
  for (const { name } of tables.filter((table) => !KEPT.has(table.name))) {
    const [row] = await sql<{ rows: number }[]>`SELECT count(*)::float8 AS rows FROM ${sql(name)}`;
    bounded[name] = row?.rows ?? 0;
  }
  const [row] = await sql<{ open: number; connections: number }[]>`
    SELECT (SELECT count(*)::float8 FROM calls WHERE closed_at IS NULL) AS open,
      (SELECT count(*)::float8 FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections`;
  const kept = tables.filter(({ name }) => KEPT.has(name)).map(({ name, live }) => [name, live]);
  return {
    bounded: { ...bounded, 'open calls': row?.open ?? 0 },
    kept: Object.fromEntries(kept),
    connections: row?.connections ?? 0,
  };
}
