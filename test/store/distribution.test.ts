import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bindings } from '../../src/bindings/Bindings.ts';
import { PlaceSearch } from '../../src/bindings/PlaceSearch.ts';
import { type App, insertApp } from '../../src/store/apps.ts';
import { Changes } from '../../src/store/changes.ts';
import { insertNumbers } from '../../src/store/numbers.ts';
import { DatabaseRoutingTable } from '../../src/store/routingTable.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { silent } from '../push/pushUnderTest.ts';

/** What grows with traffic: every row belongs to one application, and every key begins with which (docs/scaling.md). */
const OF_ONE_APPLICATION = [
  ...['bindings', 'binding_parties', 'ax_bindings', 'axe_bindings', 'axyb_bindings', 'axyb_relations'],
  ...['calls', 'call_details', 'call_backs', 'call_counts', 'call_ports', 'lines', 'recordings'],
  ...['outbox', 'deliveries', 'used_nonces'],
];

/** What does not grow with traffic, and is the same for all: each part of a distributed database has all of it. */
const OF_ALL: Readonly<Record<string, string>> = {
  accounts: 'customers',
  announcements: 'names of files',
  apps: 'read with every routing question',
  black_list: 'whole in the memory of every node',
  blocked_addresses: 'whole in the memory of every node',
  duties: 'one row a sweep',
  handsets: 'telephones on desks',
  migrations: 'one row a migration',
  nodes: 'one row a process',
  numbers: 'found by the number alone: whose it is, is the question',
  operators: 'one row an operator',
  seal_key: 'one row',
  trunks: 'carriers',
};

const A = '+8613900001001';
const B = '+8613900001002';
const STRANGER = '+8613900009999';
const sealer = new Sealer(randomBytes(32));
let from: TestDatabase;
let to: TestDatabase;

beforeAll(async () => {
  from = await createTestDatabase();
  to = await createTestDatabase();
});

afterAll(async () => {
  await from?.close();
  await to?.close();
});

describe('the schema', () => {
  it('says of each table whether its rows belong to one application', async () => {
    const tables = await from.sql<{ name: string }[]>`
      SELECT relname AS name FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname`;
    expect(tables.map(({ name }) => name)).toEqual(
      [...OF_ONE_APPLICATION, ...Object.keys(OF_ALL)].toSorted(),
    );
  });

  it('has no key beyond one application in the tables that grow, and app_key in every row of them', async () => {
    const beyond = await from.sql`
      SELECT i.relname FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
      WHERE c.relname = ANY(${OF_ONE_APPLICATION}) AND x.indisunique AND NOT EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'app_key' AND a.attnum = ANY(x.indkey))`;
    expect(beyond).toEqual([]);
    const nullable = await from.sql`
      SELECT t.name FROM unnest(${OF_ONE_APPLICATION}::text[]) t (name) WHERE NOT EXISTS (
        SELECT FROM pg_attribute a
        WHERE a.attrelid = t.name::regclass AND a.attname = 'app_key' AND a.attnotnull)`;
    expect(nullable).toEqual([]);
  });

  it('lets the tables that grow refer to rows of the same application only', async () => {
    const references = await from.sql`
      SELECT conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
      WHERE k.contype = 'f' AND c.relname = ANY(${OF_ONE_APPLICATION}) AND NOT EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'app_key' AND a.attnum = ANY(k.conkey))`;
    expect(references).toEqual([]);
  });
});

describe('docs/scaling.md', () => {
  it('moves every table that holds rows of an application, those first that others refer to', () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'scaling.md'), 'utf8');
    const [, named = ''] = /for table in ([^;]+);/.exec(page) ?? [];
    const tables = named.split(/[\s\\]+/);
    expect(tables.slice(0, 2)).toEqual(['apps', 'numbers']);
    expect(tables.slice(2).toSorted()).toEqual(OF_ONE_APPLICATION.toSorted());
  });
});

describe('an application', () => {
  let bindings: Bindings;
  let numbersMade = 0;

  beforeAll(async () => {
    const changes = new Changes({ url: '', log: silent });
    const places = await PlaceSearch.load();
    bindings = new Bindings({ sql: from.sql, sealer, changes, places, clock: Date.now });
  });

  async function makeApp(): Promise<{ app: App; x: string }> {
    const { app } = await insertApp(from.sql, sealer, { name: 'ride', mode: 'AX' });
    const x = `+861700000${String(numbersMade++).padStart(4, '0')}`;
    await insertNumbers(from.sql, app.appKey, [{ number: x, areaCode: '0571' }]);
    await bindings.ax.bind(app, {
      ...{ origNum: A, privateNum: x, areaMatchMode: '0', showsCaller: false, callDirection: 2 },
      ...{ maxDuration: 0, recordFlag: false, privateSms: true, preVoice: {} },
    });
    await bindings.ax.setTemporaryCallee(app, { privateNum: x }, { calleeNum: B, duration: 3600 });
    return { app, x };
  }

  /** As docs/scaling.md tells it: rows as they are, and no trigger counts them a second time. */
  async function move({ appKey }: App): Promise<void> {
    const there = await to.sql.reserve();
    try {
      await there`SET session_replication_role = replica`;
      for (const table of ['apps', 'numbers', ...OF_ONE_APPLICATION]) {
        const rows = await from.sql`
          COPY (SELECT * FROM ${from.sql(table)} WHERE app_key = ${from.sql.unsafe(`'${appKey}'`)}) TO STDOUT`.readable();
        await pipeline(rows, await there`COPY ${there(table)} FROM STDIN`.writable());
      }
    } finally {
      await there`SET session_replication_role = origin`;
      there.release();
    }
  }

  it('moves to another database by its rows alone, and its calls are decided there as here', async () => {
    const [moved, stays] = [await makeApp(), await makeApp()];
    await move(moved.app);
    const [here, there] = [from, to].map(({ sql }) => new DatabaseRoutingTable(sql, sealer));
    for (const caller of [A, STRANGER]) {
      const answer = await here?.find(moved.x, caller);
      expect(answer?.relation).toMatchObject({ mode: 'AX', a: A });
      expect(await there?.find(moved.x, caller)).toEqual(answer);
    }
    expect(await there?.find(stays.x, A)).toBeUndefined();
    const counted = await to.sql<
      { number: string; bindings: number }[]
    >`SELECT number, bindings FROM numbers`;
    expect(counted).toEqual([{ number: moved.x, bindings: 1 }]);
  });
});
