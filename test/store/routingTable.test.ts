import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Mode } from '../../routing/types.ts';
import { Bindings } from '../../src/bindings/Bindings.ts';
import { PlaceSearch } from '../../src/bindings/PlaceSearch.ts';
import { type App, insertApp, updateApp } from '../../src/store/apps.ts';
import { Changes } from '../../src/store/changes.ts';
import { closeDatabase, connectDatabase, type Sql } from '../../src/store/database.ts';
import { Lines } from '../../src/store/lines.ts';
import { insertNumbers } from '../../src/store/numbers.ts';
import { DatabaseRoutingTable } from '../../src/store/routingTable.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { approveAnnouncement } from '../kit/approveAnnouncement.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { silent } from '../push/pushUnderTest.ts';

const [A, B, C, STRANGER] = ['+8613900001001', '+8613900001002', '+8613900001003', '+8613900009999'];
const sealer = new Sealer(randomBytes(32));
let database: TestDatabase;
let table: DatabaseRoutingTable;
let bindings: Bindings;
let lines: Lines;
let numbersMade = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  const { sql } = database;
  table = new DatabaseRoutingTable(sql, sealer);
  const changes = new Changes({ url: '', log: silent });
  bindings = new Bindings({ sql, sealer, changes, places: await PlaceSearch.load(), clock: Date.now });
  lines = new Lines({ sql, sealer, life: randomUUID() });
  for (const name of ['hint.wav', 'last.wav', 'a.wav', 'b.wav']) {
    await approveAnnouncement(sql, name);
  }
});
afterAll(() => database.close());

/** An application with so many numbers of its own. */
async function makeApp(mode: Mode, count = 1): Promise<{ app: App; numbers: string[] }> {
  const { app } = await insertApp(database.sql, sealer, { name: mode, mode, recording: true });
  const numbers = Array.from({ length: count }, () => `+861700000${String(numbersMade++).padStart(4, '0')}`);
  await insertNumbers(
    database.sql,
    app.appKey,
    numbers.map((number) => ({ number, areaCode: '0571' })),
  );
  return { app, numbers };
}

const at = (expected: number) => expect.toSatisfy((ms: number) => Math.abs(ms - expected) < 10_000);

describe('an X in AX', () => {
  const terms = { maxDuration: 0, recordFlag: false, privateSms: true, preVoice: {} };
  const none = { temporaryCallee: undefined, lastCaller: undefined };

  it('has one relation, whoever calls', async () => {
    const { app, numbers } = await makeApp('AX');
    const [x = ''] = numbers;
    expect(await table.find(x, STRANGER)).toMatchObject({ app: { mode: 'AX' }, relation: undefined });
    const { subscriptionId } = await bindings.ax.bind(app, {
      ...{ origNum: A, privateNum: x, areaMatchMode: '0', showsCaller: true, callDirection: 2 },
      ...{ recordFlag: true, recordHintTone: 'hint.wav', maxDuration: 5, lastMinVoice: 'last.wav' },
      ...{ privateSms: true, preVoice: { callerHintTone: 'a.wav', calleeHintTone: 'b.wav' }, userData: 'u' },
    });
    const relation = {
      ...{ mode: 'AX', subscriptionId, a: A, callDirection: 2, showsCaller: true },
      ...{ recordFlag: true, recordHintTone: 'hint.wav', maxDurationMinutes: 5, lastMinVoice: 'last.wav' },
      ...{ callerHintTone: 'a.wav', calleeHintTone: 'b.wav', userData: 'u', ...none },
    };
    for (const caller of [A, STRANGER, '']) {
      expect((await table.find(x, caller))?.relation).toEqual(relation);
    }
  });

  it('tells A alone whom he reaches and who called last', async () => {
    const { app, numbers } = await makeApp('AX');
    const [x = ''] = numbers;
    const { subscriptionId } = await bindings.ax.bind(app, {
      ...{ origNum: A, privateNum: x, areaMatchMode: '0', showsCaller: false, ...terms },
    });
    const plain = {
      ...{ mode: 'AX', subscriptionId, a: A, callDirection: 0, showsCaller: false, recordFlag: false },
      ...{ recordHintTone: undefined, maxDurationMinutes: 0, lastMinVoice: undefined, userData: undefined },
      ...{ callerHintTone: undefined, calleeHintTone: undefined, ...none },
    };
    await bindings.ax.setTemporaryCallee(
      app,
      { subscriptionId },
      { calleeNum: B, duration: 60, userData: 'once' },
    );
    const sessionId = randomUUID();
    await lines.take({
      ...{ appKey: app.appKey, subscriptionId, line: { x, extension: '' }, sessionId, now: Date.now() },
      remember: { caller: C, seconds: 90 },
    });
    expect((await table.find(x, STRANGER))?.relation).toEqual(plain);
    expect((await table.find(x, A))?.relation).toEqual({
      ...plain,
      temporaryCallee: {
        id: expect.any(String),
        number: B,
        expiresAt: at(Date.now() + 60_000),
        userData: 'once',
      },
      lastCaller: { number: C, expiresAt: at(Date.now() + 90_000) },
    });
  });
});

describe('an X in AXE', () => {
  async function bound() {
    const { app, numbers } = await makeApp('AXE');
    const [x = ''] = numbers;
    const common = { virtualNum: x, areaMatchMode: '0', timeUnit: 1 } as const;
    const first = await bindings.axe.bind(app, {
      ...{
        ...common,
        bindNum: A,
        extendNum: '0007',
        showsCaller: true,
        recordFlag: true,
        recordHintTone: 'hint.wav',
      },
      ...{
        callbackTone: 'last.wav',
        callbackNum: C,
        bindExpiredTime: 60,
        callbackExpiredTime: 2,
        userData: 'u',
      },
    });
    const second = await bindings.axe.bind(app, {
      ...{ ...common, bindNum: B, extendNum: '0008', showsCaller: false, recordFlag: false },
      ...{ bindExpiredTime: 0, callbackExpiredTime: 0 },
    });
    return { app, x, first, second };
  }

  it('is found by its extension, by anyone; and by A, who is told who called last', async () => {
    const { app, x, first, second } = await bound();
    const relation = {
      ...{ mode: 'AXE', subscriptionId: first.subscriptionId, a: A, extension: '0007', showsCaller: true },
      ...{
        expiresAt: at(Date.now() + 3_600_000),
        recordFlag: true,
        recordHintTone: 'hint.wav',
        userData: 'u',
      },
      ...{ callBackTone: 'last.wav', callBackNumber: C, callBackSeconds: 120, lastCaller: undefined },
    };
    expect((await table.find(x, STRANGER, '0007'))?.relation).toEqual(relation);
    expect((await table.find(x, A))?.relation).toEqual(relation);
    await lines.take({
      ...{ appKey: app.appKey, subscriptionId: first.subscriptionId, line: { x, extension: '0007' } },
      ...{ sessionId: randomUUID(), now: Date.now(), remember: { caller: STRANGER, seconds: 0 } },
    });
    const lastCaller = { number: STRANGER, expiresAt: Number.POSITIVE_INFINITY };
    expect((await table.find(x, A))?.relation).toEqual({ ...relation, lastCaller });
    expect((await table.find(x, STRANGER, '0007'))?.relation).toEqual(relation);
    expect((await table.find(x, B))?.relation).toEqual({
      ...{ mode: 'AXE', subscriptionId: second.subscriptionId, a: B, extension: '0008', showsCaller: false },
      ...{
        expiresAt: Number.POSITIVE_INFINITY,
        recordFlag: false,
        recordHintTone: undefined,
        userData: undefined,
      },
      ...{ callBackTone: undefined, callBackNumber: undefined, callBackSeconds: 0, lastCaller: undefined },
    });
  });

  it('knows no extension that is not bound, and none in another mode', async () => {
    const { x } = await bound();
    for (const digits of ['0009', '7', '']) {
      expect(await table.find(x, STRANGER, digits)).toMatchObject({
        app: { mode: 'AXE' },
        relation: undefined,
      });
    }
    const { numbers } = await makeApp('AX');
    expect(await table.find(numbers[0] ?? '', STRANGER, '0007')).toMatchObject({ relation: undefined });
    expect(await table.find('+8617099999999', STRANGER, '0007')).toBeUndefined();
  });

  it('tells a stranger’s answer with those who are none, unless there are too many of them', async () => {
    const { app, x } = await bound();
    const answer = await table.find(x, STRANGER);
    expect(answer?.relation).toBeUndefined();
    expect([A, B, STRANGER, ''].map((caller) => answer?.owners?.mayInclude(caller))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    await database.sql`
      INSERT INTO axe_bindings (app_key, subscription_id, x, extension, a_digest, a_sealed)
      SELECT ${app.appKey}, gen_random_uuid(), ${x}, (1000 + n)::text, sha256(n::text::bytea), ''
      FROM generate_series(1, 999) n`;
    expect((await table.find(x, STRANGER))?.owners).toBeUndefined();
  });

  it('has a stranger’s answer for all when nobody is bound', async () => {
    const { numbers } = await makeApp('AXE');
    const answer = await table.find(numbers[0] ?? '', STRANGER);
    expect(answer?.owners?.mayInclude(A)).toBe(false);
  });
});

describe('X and Y in AXYB', () => {
  it('are found where caller and number meet, else where both are the same person’s', async () => {
    const { app } = await makeApp('AXYB', 4);
    const { subscriptionId, x } = await bindings.axyb.bind(app, {
      ...{ origNum: A, areaCode: '0571', areaMatchMode: '0', callDirection: 1, duration: 7200 },
      ...{ recordFlag: true, recordHintTone: 'hint.wav', preVoiceX: 'a.wav', userData: 'first' },
    });
    const own = {
      ...{ mode: 'AXYB', subscriptionId, a: A, x, b: undefined, y: undefined, callDirection: 1 },
      ...{ expiresAt: at(Date.now() + 7_200_000), recordFlag: true, recordHintTone: 'hint.wav' },
      ...{ preVoiceX: 'a.wav', preVoiceY: undefined, userData: 'first' },
    };
    expect((await table.find(x, A))?.relation).toEqual(own);
    const y = await bindings.axyb.relate(app, {
      ...{
        subscriptionId,
        origNum: B,
        areaMatchMode: '0',
        ybDuration: 60,
        preVoiceY: 'b.wav',
        userData: 'second',
      },
    });
    const soon = at(Date.now() + 60_000);
    const meeting = { ...own, b: B, y, expiresAt: soon, preVoiceY: 'b.wav', userData: 'second' };
    expect((await table.find(x, B))?.relation).toEqual(meeting);
    expect((await table.find(y, A))?.relation).toEqual(meeting);
    expect((await table.find(x, A))?.relation).toEqual(own);
    expect((await table.find(y, B))?.relation).toMatchObject({ b: undefined, y: undefined, expiresAt: soon });
    for (const number of [x, y]) expect((await table.find(number, STRANGER))?.relation).toBeUndefined();
  });

  it('end with the first part at the latest', async () => {
    const { app } = await makeApp('AXYB', 4);
    const { subscriptionId, x } = await bindings.axyb.bind(app, {
      ...{ origNum: A, callDirection: 0, duration: 60, recordFlag: false },
    });
    await bindings.axyb.relate(app, { subscriptionId, origNum: B, ybDuration: 0 });
    const found = await table.find(x, B);
    expect(found).toHaveProperty('relation.expiresAt', at(Date.now() + 60_000));
  });
});

describe('an X in X mode', () => {
  it('has no relation', async () => {
    const { numbers } = await makeApp('X');
    expect(await table.find(numbers[0] ?? '', STRANGER)).toMatchObject({
      app: { mode: 'X' },
      relation: undefined,
    });
  });
});

describe('the hint of the quality check', () => {
  it.each([
    [{ qualityCheck: true, qualityHintTone: 'hint.wav' }, 'hint.wav'],
    [{ qualityCheck: true, qualityHintTone: 'default' }, { scene: 'record-hint' }],
    [{ qualityCheck: true, qualityHintTone: null }, undefined],
    [{ qualityCheck: false, qualityHintTone: 'hint.wav' }, undefined],
  ])('of an application with %j is %j', async (changes, hint) => {
    const { app, numbers } = await makeApp('AXE');
    await updateApp(database.sql, sealer, app.appKey, changes);
    for (const digits of [undefined, '1207']) {
      expect((await table.find(numbers[0] ?? '', STRANGER, digits))?.app.qualityHintTone).toEqual(hint);
    }
  });
});

describe('a row that cannot be read', () => {
  it('is named, and no number is', async () => {
    const { app, numbers } = await makeApp('AX');
    const [x = ''] = numbers;
    const foreign = new Sealer(randomBytes(32)).seal(A);
    const id = randomUUID();
    await database.sql`INSERT INTO ax_bindings (app_key, subscription_id, x, a_digest, a_sealed)
      VALUES (${app.appKey}, ${id}, ${x}, ${sealer.digest(A)}, ${foreign})`;
    await expect(table.find(x, STRANGER)).rejects.toMatchObject({
      code: 'ROW_INVALID',
      message: expect.stringContaining(`binding ${id}: sealed with key`),
    });
    await database.sql`UPDATE apps SET call_back_number_sealed = ${foreign} WHERE app_key = ${app.appKey}`;
    await expect(table.find(x, STRANGER)).rejects.toMatchObject({
      code: 'ROW_INVALID',
      message: expect.stringContaining(`application ${app.appKey}: sealed with key`),
    });
  });
});

describe('a look-up', () => {
  const ROWS = 20_000;
  /** What is bound to one number: far more than the look-up for one person may read. */
  const ON_ONE = 900;
  let large: TestDatabase;
  let sql: Sql;

  const x = (mode: string): string => `+86180${mode}`;
  const [a, b, other] = [3, 4, 5].map((person) => `+86139${String(person).padStart(8, '0')}`);
  if (a === undefined || b === undefined || other === undefined) throw new Error('three people');

  /** Fills tables that autovacuum leaves alone, so that the planner knows nothing of them, as after a large import. */
  beforeAll(async () => {
    large = await createTestDatabase();
    sql = connectDatabase({ url: large.url, max: 1 });
    const tables =
      'apps numbers bindings binding_parties ax_bindings axe_bindings axyb_bindings axyb_relations call_backs';
    for (const name of tables.split(' ')) {
      await sql`ALTER TABLE ${sql(name)} SET (autovacuum_enabled = off)`;
    }
    const digestOf = (person: string): Buffer => sealer.digest(person);
    const sealed = sealer.seal(a);
    for (const mode of ['AXB', 'AX', 'AXE', 'AXYB']) {
      await sql`INSERT INTO apps (app_key, name, mode, secret_sealed) VALUES (${mode}, ${mode}, ${mode}, '')`;
      await sql`INSERT INTO numbers (number, app_key)
        SELECT ${x(mode)}::text || CASE WHEN n = 0 THEN '' ELSE n::text END, ${mode} FROM generate_series(0, 5000) n`;
    }
    await sql`INSERT INTO numbers (number, app_key) VALUES (${x('Y')}, 'AXYB')`;
    await sql`
      INSERT INTO ax_bindings (app_key, subscription_id, x, a_digest, a_sealed)
      SELECT 'AX', gen_random_uuid(), ${x('AX')}::text || CASE WHEN n = 0 THEN '' ELSE n::text END,
             CASE WHEN n = 0 THEN ${digestOf(a)}::bytea ELSE sha256(n::text::bytea) END, ${sealed}::bytea
      FROM generate_series(0, ${ROWS}::int) n`;
    await sql`
      INSERT INTO axe_bindings (app_key, subscription_id, x, extension, a_digest, a_sealed)
      SELECT 'AXE', gen_random_uuid(), ${x('AXE')}::text || CASE WHEN n <= ${ON_ONE} THEN '' ELSE n::text END,
             lpad(n::text, 4, '0'), CASE WHEN n = 7 THEN ${digestOf(a)}::bytea ELSE sha256(n::text::bytea) END,
             ${sealed}::bytea FROM generate_series(1, ${ROWS}::int) n`;
    await sql`
      INSERT INTO axyb_bindings (app_key, subscription_id, x, a_digest, a_sealed)
      SELECT 'AXYB', gen_random_uuid(), ${x('AXYB')}::text || CASE WHEN n = 0 THEN '' ELSE n::text END,
             CASE WHEN n = 0 THEN ${digestOf(a)}::bytea ELSE sha256(n::text::bytea) END, ${sealed}::bytea
      FROM generate_series(0, ${ROWS}::int) n`;
    await sql`
      INSERT INTO axyb_relations (app_key, subscription_id, x, y, a_digest, b_digest, b_sealed)
      SELECT app_key, subscription_id, x, CASE WHEN row_number() OVER () <= ${ON_ONE} THEN ${x('Y')}::text ELSE x END,
             a_digest, CASE WHEN x = ${x('AXYB')} THEN ${digestOf(b)}::bytea ELSE sha256(x::bytea) END, ${sealed}::bytea
      FROM axyb_bindings`;
    await sql`
      INSERT INTO bindings (app_key, subscription_id, mode, x, a_digest, a_sealed, b_digest, b_sealed)
      SELECT 'AXB', gen_random_uuid(), 'AXB', ${x('AXB')}::text, '', ${sealed}::bytea, '', ${sealed}::bytea
      FROM generate_series(1, ${ROWS}::int)`;
    await sql`
      INSERT INTO binding_parties (app_key, x, party_digest, subscription_id)
      SELECT app_key, x, CASE WHEN n = 1 THEN ${digestOf(a)}::bytea ELSE sha256(n::text::bytea) END, subscription_id
      FROM (SELECT *, row_number() OVER () AS n FROM bindings) b WHERE n <= ${ON_ONE}`;
  });
  afterAll(async () => {
    await closeDatabase(sql);
    await large.close();
  });

  /** Rows and index entries that the connection has read since it began, apps apart: they are few and often scanned. */
  async function read(): Promise<{ scans: number; entries: number }> {
    await sql`SELECT pg_stat_force_next_flush()`;
    const [row] = await sql<{ scans: number; entries: number }[]>`
      SELECT (SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE relname <> 'apps')::int AS scans,
             (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname <> 'apps')::int AS entries`;
    return row ?? { scans: 0, entries: 0 };
  }

  it.each([
    { what: 'of a party in AXB', number: x('AXB'), caller: a, finds: 'AXB' },
    { what: 'of a stranger in AXB', number: x('AXB'), caller: other, finds: undefined },
    { what: 'in AX', number: x('AX'), caller: other, finds: 'AX' },
    { what: 'of A in AX', number: x('AX'), caller: a, finds: 'AX' },
    { what: 'of A in AXE', number: x('AXE'), caller: a, finds: 'AXE' },
    { what: 'by an extension', number: x('AXE'), caller: other, digits: '0007', finds: 'AXE' },
    { what: 'of B who dials X', number: x('AXYB'), caller: b, finds: 'AXYB' },
    { what: 'of A who dials Y', number: x('Y'), caller: a, finds: 'AXYB' },
    { what: 'of A who dials X', number: x('AXYB'), caller: a, finds: 'AXYB' },
    { what: 'of B who dials Y', number: x('Y'), caller: b, finds: 'AXYB' },
    { what: 'of a stranger who dials Y', number: x('Y'), caller: other, finds: undefined },
  ])('$what reads what it needs, also while the planner knows nothing of the tables', async (each) => {
    const table = new DatabaseRoutingTable(sql, sealer);
    const before = await read();
    // More than PostgreSQL plans anew before it keeps one plan for all.
    for (let turn = 0; turn < 10; turn += 1) {
      const found = await table.find(each.number, each.caller, each.digits);
      expect(found?.relation?.mode).toBe(each.finds);
    }
    const after = await read();
    expect(after.scans - before.scans).toBe(0);
    expect((after.entries - before.entries) / 10).toBeLessThan(10);
  });
});
