import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Found, Mode, Relation } from '../../routing/types.ts';
import { Bindings } from '../../src/bindings/Bindings.ts';
import { PlaceSearch } from '../../src/bindings/PlaceSearch.ts';
import { insertAccount, updateAccount } from '../../src/store/accounts.ts';
import { type App, insertApp, updateApp } from '../../src/store/apps.ts';
import { Changes } from '../../src/store/changes.ts';
import { closeDatabase, connectDatabase, type Sql } from '../../src/store/database.ts';
import { Lines } from '../../src/store/lines.ts';
import { moveNumbers } from '../../src/store/numberChanges.ts';
import { insertNumbers } from '../../src/store/numbers.ts';
import { RoutingCache } from '../../src/store/RoutingCache.ts';
import { DatabaseRoutingTable } from '../../src/store/routingTable.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { numberWriter } from '../kit/numberWriter.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { silent } from '../push/pushUnderTest.ts';

const [A, B, STRANGER] = ['+8613900001001', '+8613900001002', '+8613900009999'];
const SECOND = 1000;
const sealer = new Sealer(randomBytes(32));

/** What a process has of its own: connections, ears for the news, memory, a life. */
interface Node {
  readonly sql: Sql;
  readonly changes: Changes;
  readonly cache: RoutingCache;
  readonly bindings: Bindings;
  readonly lines: Lines;
}

let database: TestDatabase;
let one: Node;
let two: Node;
let numbersMade = 0;

async function startNode(): Promise<Node> {
  const sql = connectDatabase({ url: database.url, max: 4 });
  const changes = new Changes({ url: database.url, log: silent });
  await changes.start();
  const table = new DatabaseRoutingTable(sql, sealer);
  return {
    ...{ sql, changes, cache: new RoutingCache({ table, changes, maxNumbers: 100 }) },
    bindings: new Bindings({ sql, sealer, changes, places: await PlaceSearch.load(), clock: Date.now }),
    lines: new Lines({ sql, sealer, life: randomUUID() }),
  };
}

beforeAll(async () => {
  database = await createTestDatabase();
  [one, two] = await Promise.all([startNode(), startNode()]);
});
afterEach(() => {
  for (const { cache } of [one, two]) cache.forgetAll();
});
afterAll(async () => {
  for (const { cache, bindings, changes, sql } of [one, two]) {
    cache.close();
    await bindings.idle();
    await changes.stop();
    await closeDatabase(sql);
  }
  await database.close();
});

async function makeApp(mode: Mode, count = 1): Promise<{ app: App; numbers: string[] }> {
  const { app } = await insertApp(database.sql, sealer, { name: mode, mode });
  const numbers = Array.from({ length: count }, () => `+861700000${String(numbersMade++).padStart(4, '0')}`);
  await insertNumbers(
    database.sql,
    app.appKey,
    numbers.map((number) => ({ number })),
  );
  // Both have heard of the numbers when the second remembers one without binding.
  await vi.waitFor(async () => {
    for (const number of numbers) expect(await two.cache.find(number, STRANGER)).toBeDefined();
  });
  return { app, numbers };
}

/** Waits until memory of node two says so, however it has to learn it; within a second. */
async function seenByTwo(
  x: string,
  caller: string,
  relation: Partial<Relation> | undefined,
): Promise<Found | undefined> {
  const expected = relation === undefined ? { relation } : { relation: expect.objectContaining(relation) };
  return vi.waitFor(
    async () => {
      const found = await two.cache.find(x, caller);
      expect(found).toMatchObject(expected);
      return found;
    },
    { timeout: SECOND, interval: 5 },
  );
}

describe('a change of a binding through one node is seen by the other within a second', () => {
  it('in AX', async () => {
    const { app, numbers } = await makeApp('AX');
    const [x = ''] = numbers;
    const terms = { recordFlag: false, maxDuration: 0, privateSms: true, preVoice: {} };
    const { subscriptionId } = await one.bindings.ax.bind(app, {
      ...{ origNum: A, privateNum: x, areaMatchMode: '0', showsCaller: false, ...terms },
    });
    expect(await one.cache.find(x, STRANGER)).toMatchObject({ relation: { a: A } });
    await seenByTwo(x, STRANGER, { a: A, maxDurationMinutes: 0 });
    await one.bindings.ax.modify(app, { subscriptionId }, { maxDuration: 7 });
    await seenByTwo(x, STRANGER, { maxDurationMinutes: 7 });
    await one.bindings.ax.unbind(app, { subscriptionId });
    await seenByTwo(x, STRANGER, undefined);
  });

  it('in AXE, also by an A who was a stranger until then', async () => {
    const { app, numbers } = await makeApp('AXE');
    const [x = ''] = numbers;
    await two.cache.find(x, A);
    expect(two.cache.find(x, B)).not.toBeInstanceOf(Promise);
    const { subscriptionId, extendNum } = await one.bindings.axe.bind(app, {
      ...{ bindNum: A, virtualNum: x, areaMatchMode: '0', showsCaller: false, recordFlag: false },
      ...{ timeUnit: 0, bindExpiredTime: 0, callbackExpiredTime: 0 },
    });
    await seenByTwo(x, A, { a: A, extension: extendNum, recordFlag: false });
    expect(await two.cache.find(x, STRANGER, extendNum)).toMatchObject({ relation: { a: A } });
    expect(await two.cache.find(x, STRANGER)).toMatchObject({ relation: undefined });
    await one.bindings.axe.modify(app, { subscriptionId }, { callbackExpiredTime: 1 });
    await seenByTwo(x, A, { a: A, callBackSeconds: 3600 });
    await one.bindings.axe.unbind(app, { subscriptionId });
    await seenByTwo(x, A, undefined);
    expect(await two.cache.find(x, STRANGER, extendNum)).toMatchObject({ relation: undefined });
  });

  it('in AXYB, on X and on Y', async () => {
    const { app } = await makeApp('AXYB', 4);
    const { subscriptionId, x } = await one.bindings.axyb.bind(app, {
      ...{ origNum: A, callDirection: 0, duration: 0, recordFlag: false },
    });
    await seenByTwo(x, A, { a: A, b: undefined });
    await seenByTwo(x, B, undefined);
    const y = await one.bindings.axyb.relate(app, {
      ...{ subscriptionId, origNum: B, ybDuration: 0 },
    });
    await seenByTwo(x, B, { a: A, b: B, y });
    await seenByTwo(y, A, { a: A, b: B, x, recordFlag: false });
    await database.sql`UPDATE axyb_bindings SET record_flag = true WHERE subscription_id = ${subscriptionId}`;
    await seenByTwo(y, A, { recordFlag: true });
    await one.bindings.axyb.unrelate(app, subscriptionId, { yNum: y });
    await seenByTwo(y, A, undefined);
    await seenByTwo(x, B, undefined);
    await one.bindings.axyb.unbind(app, subscriptionId);
    await seenByTwo(x, A, undefined);
  });
});

describe('what holds for one call', () => {
  it('is known to the other node at once: a temporary callee, his use, and who called', async () => {
    const { app, numbers } = await makeApp('AX');
    const [x = ''] = numbers;
    const { subscriptionId } = await one.bindings.ax.bind(app, {
      ...{ origNum: A, privateNum: x, areaMatchMode: '0', showsCaller: false },
      ...{ recordFlag: false, maxDuration: 0, privateSms: true, preVoice: {} },
    });
    await seenByTwo(x, STRANGER, { a: A });
    expect(await two.cache.find(x, A)).toMatchObject({
      relation: { temporaryCallee: undefined, lastCaller: undefined },
    });

    await one.bindings.ax.setTemporaryCallee(app, { subscriptionId }, { calleeNum: B, duration: 60 });
    const found = await two.cache.find(x, A);
    expect(found).toMatchObject({ relation: { temporaryCallee: { number: B } } });
    const line = { x, extension: '' };
    const request = { appKey: app.appKey, subscriptionId, line, now: Date.now() };
    const id = found?.relation?.mode === 'AX' ? found.relation.temporaryCallee?.id : undefined;
    if (id === undefined) throw new Error('no temporary callee');
    expect(await one.lines.take({ ...request, sessionId: 'first', temporaryCallee: id })).toBe('taken');
    expect(await two.cache.find(x, A)).toMatchObject({ relation: { temporaryCallee: undefined } });

    const remember = { caller: STRANGER, seconds: 0 };
    expect(await two.lines.take({ ...request, sessionId: 'second', remember })).toBe('busy');
    await one.lines.free(app.appKey, 'first');
    expect(await two.lines.take({ ...request, sessionId: 'second', remember })).toBe('taken');
    expect(await one.cache.find(x, A)).toMatchObject({ relation: { lastCaller: { number: STRANGER } } });
  });
});

describe('what an operator changes through one node is seen by the other within a second', () => {
  const soon = { timeout: SECOND, interval: 5 };

  it('an account that is frozen, and normal again', async () => {
    const accountId = 'two-nodes';
    await insertAccount(database.sql, { accountId, name: accountId });
    const { app, numbers } = await makeApp('AXB');
    const [x = ''] = numbers;
    await updateApp(database.sql, sealer, app.appKey, { accountId });
    await vi.waitFor(async () => {
      expect(await two.cache.find(x, STRANGER)).toMatchObject({ app: { account: { accountId } } });
    }, soon);
    for (const state of ['frozen', 'normal'] as const) {
      await updateAccount(database.sql, accountId, { state });
      await vi.waitFor(async () => {
        expect(await two.cache.find(x, STRANGER)).toMatchObject({ app: { account: { state } } });
      }, soon);
    }
  });

  it('a number of a pair of AXYB that is moved: neither X nor Y leads anywhere any more', async () => {
    const { app } = await makeApp('AXYB', 3);
    const target = await makeApp('X');
    const { subscriptionId, x } = await one.bindings.axyb.bind(app, {
      ...{ origNum: A, callDirection: 0, duration: 0, recordFlag: false },
    });
    const y = await one.bindings.axyb.relate(app, {
      ...{ subscriptionId, origNum: B, ybDuration: 0 },
    });
    await seenByTwo(x, B, { y });
    await seenByTwo(y, A, { x });
    const { concerned } = await moveNumbers(database.sql, numberWriter, [x], target.app.appKey);
    expect([...concerned].sort()).toEqual([x, y].sort());
    await vi.waitFor(async () => {
      expect(await two.cache.find(x, B)).toMatchObject({ app: { mode: 'X' }, relation: undefined });
      expect(await two.cache.find(y, A)).toMatchObject({ app: { mode: 'AXYB' }, relation: undefined });
    }, soon);
  });
});
