import { randomBytes } from 'node:crypto';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Bindings } from '../../src/bindings/Bindings.ts';
import { PlaceSearch } from '../../src/bindings/PlaceSearch.ts';
import { AppDirectory } from '../../src/store/AppDirectory.ts';
import { insertAccount, updateAccount } from '../../src/store/accounts.ts';
import { insertApp, renewAppSecret, updateApp } from '../../src/store/apps.ts';
import { Changes } from '../../src/store/changes.ts';
import { setNumberStates } from '../../src/store/numberChanges.ts';
import { insertNumbers } from '../../src/store/numbers.ts';
import { RoutingCache } from '../../src/store/RoutingCache.ts';
import { DatabaseRoutingTable } from '../../src/store/routingTable.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { TrunkDirectory } from '../../src/store/TrunkDirectory.ts';
import { insertTrunk, updateTrunk } from '../../src/store/trunks.ts';
import { numberWriter } from '../kit/numberWriter.ts';
import { PATIENT } from '../kit/patience.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: console.error };
const sealer = new Sealer(randomBytes(32));
let database: TestDatabase;
const running: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
});
afterAll(() => database.close());

async function startChanges(url = database.url, probeTimeoutMs = 30_000): Promise<Changes> {
  const changes = new Changes({ url, log, probeEveryMs: 50, probeTimeoutMs });
  running.push(changes);
  await changes.start();
  return changes;
}

/** A wire between a node and PostgreSQL that can be cut, or go silent. */
async function startWire(): Promise<{ url: string; cut(): void; silence(): void; restore(): void }> {
  const target = new URL(database.url);
  const sockets = new Set<Socket>();
  let open = true;
  const server: Server = createServer((near) => {
    if (!open) return near.destroy();
    const far = dial(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    near.pipe(far);
    far.pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    return undefined;
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  running.push({
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  });
  const address = server.address();
  const url = new URL(database.url);
  url.port = String(typeof address === 'object' ? address?.port : '');
  return {
    url: url.href,
    cut: () => {
      open = false;
      for (const socket of sockets) socket.destroy();
    },
    silence: () => {
      open = false;
      for (const socket of sockets) socket.unpipe();
    },
    restore: () => {
      open = true;
    },
  };
}

describe('Changes', () => {
  it('hears what another node does to applications, numbers, trunks and bindings', async () => {
    const heard: unknown[] = [];
    const changes = await startChanges();
    changes.onChange((change) => heard.push(change));
    const { app } = await insertApp(database.sql, sealer, { name: 'ride', mode: 'AXB' });
    const x = '+8617000000001';
    await insertNumbers(database.sql, app.appKey, [{ number: x }]);
    await insertTrunk(database.sql, sealer, { name: 'carrier-a', host: '127.0.0.1' });
    const elsewhere = new Bindings({
      sql: database.sql,
      sealer,
      changes: new Changes({ url: '', log }),
      places: await PlaceSearch.load(),
      clock: Date.now,
    }).axb;
    const { subscriptionId } = await elsewhere.bind(app, {
      callerNum: '+8613800000001',
      calleeNum: '+8613900000002',
      callDirection: 0,
      duration: 0,
      recordFlag: false,
      maxDuration: 0,
      privateSms: true,
      preVoice: {},
    });
    await elsewhere.modify(app, subscriptionId, { duration: 5 });
    await elsewhere.unbind(app, { subscriptionId });
    await setNumberStates(database.sql, numberWriter, [x], { state: 'suspended' });
    const number = { numbers: [x] };
    await vi.waitFor(
      () =>
        expect(heard).toEqual([
          { apps: [app.appKey] },
          number,
          { trunks: true },
          number,
          number,
          number,
          number,
        ]),
      PATIENT,
    );
  });

  it('hears of an account as of its applications, in one word when they are many', async () => {
    const heard: unknown[] = [];
    const changes = await startChanges();
    const { sql } = database;
    const accountId = 'heard';
    await insertAccount(sql, { accountId, name: 'heard' });
    await vi.waitFor(() => expect(changes.trusted).toBe(true), PATIENT);
    changes.onChange((change) => heard.push(change));
    const { app } = await insertApp(sql, sealer, { name: 'one', mode: 'AXB', accountId });
    await vi.waitFor(() => expect(heard.splice(0)).toContainEqual({ apps: [app.appKey] }), PATIENT);
    await updateAccount(sql, accountId, { name: 'renamed' });
    await updateAccount(sql, accountId, { state: 'frozen' });
    await updateAccount(sql, accountId, { callFrequency: { calls: 1, seconds: 1 } });
    await vi.waitFor(() => expect(heard).toEqual([{ apps: [app.appKey] }, { apps: [app.appKey] }]), PATIENT);
    await sql`INSERT INTO apps (app_key, name, mode, secret_sealed, account_id)
              SELECT 'many' || n, 'many', 'AXB', '', ${accountId} FROM generate_series(1, 100) n`;
    await updateAccount(sql, accountId, { state: 'normal' });
    await vi.waitFor(() => expect(heard.at(-1)).toEqual({ everything: true }), PATIENT);
    await sql`DELETE FROM apps WHERE account_id = ${accountId}`;
  });

  it('hears one word for thousands of numbers', async () => {
    const heard: unknown[] = [];
    const changes = await startChanges();
    const { app } = await insertApp(database.sql, sealer, { name: 'many', mode: 'AXB' });
    await vi.waitFor(() => expect(changes.trusted).toBe(true), PATIENT);
    changes.onChange((change) => heard.push(change));
    const numbers = Array.from({ length: 3000 }, (_, i) => ({
      number: `+86171${String(i).padStart(8, '0')}`,
    }));
    await insertNumbers(database.sql, app.appKey, numbers);
    await vi.waitFor(() => expect(heard).toContainEqual({ everything: true }), PATIENT);
    expect(heard.length).toBeLessThan(3);
  });

  it('is not trusted before it listens, nor after stop', async () => {
    const changes = new Changes({ url: database.url, log });
    expect(changes.trusted).toBe(false);
    await changes.start();
    expect(changes.trusted).toBe(true);
    await changes.stop();
    expect(changes.trusted).toBe(false);
  });

  it('loses trust when the wire is cut, and forgets everything before it trusts again', async () => {
    const wire = await startWire();
    const changes = await startChanges(wire.url);
    expect(changes.trusted).toBe(true);
    wire.cut();
    await vi.waitFor(() => expect(changes.trusted).toBe(false), PATIENT);
    const heard: unknown[] = [];
    changes.onChange((change) => heard.push({ change, trusted: changes.trusted }));
    wire.restore();
    await vi.waitFor(() => expect(changes.trusted).toBe(true), { timeout: 10_000 });
    expect(heard).toEqual([{ change: { everything: true }, trusted: false }]);
  });

  it('loses trust when the wire is silent though it looks open', async () => {
    const wire = await startWire();
    const changes = await startChanges(wire.url, 1000);
    wire.silence();
    await vi.waitFor(() => expect(changes.trusted).toBe(false), { timeout: 10_000 });
  });

  it('starts while PostgreSQL is away, and connects when it is there', async () => {
    const wire = await startWire();
    wire.cut();
    const changes = await startChanges(wire.url);
    expect(changes.trusted).toBe(false);
    wire.restore();
    await vi.waitFor(() => expect(changes.trusted).toBe(true), { timeout: 10_000 });
  });
});

describe('what follows the news', () => {
  it('routes by a binding of another node within a second, and no more after its end', async () => {
    const changes = await startChanges();
    const table = new DatabaseRoutingTable(database.sql, sealer);
    const cache = new RoutingCache({ table, changes, maxNumbers: 10 });
    const { app } = await insertApp(database.sql, sealer, { name: 'two nodes', mode: 'AXB' });
    const [x, a] = ['+8617000000010', '+8613800000011'];
    expect(await cache.find(x, a)).toBeUndefined();
    await insertNumbers(database.sql, app.appKey, [{ number: x, areaCode: '0571' }]);
    await vi.waitFor(
      async () => expect(await cache.find(x, a)).toMatchObject({ relation: undefined }),
      PATIENT,
    );
    const elsewhere = new Bindings({
      sql: database.sql,
      sealer,
      changes: new Changes({ url: '', log }),
      places: await PlaceSearch.load(),
      clock: Date.now,
    }).axb;
    const started = Date.now();
    const { subscriptionId } = await elsewhere.bind(app, {
      callerNum: a,
      calleeNum: '+8613900000012',
      relationNum: x,
      callDirection: 1,
      duration: 3600,
      recordFlag: false,
      maxDuration: 2,
      privateSms: true,
      preVoice: {},
      userData: 'u',
    });
    await vi.waitFor(async () => expect((await cache.find(x, a))?.relation).toBeDefined(), PATIENT);
    expect(Date.now() - started).toBeLessThan(1000);
    const found = await cache.find(x, a);
    expect(found).toMatchObject({
      number: { number: x, areaCode: '0571', state: 'normal' },
      app: { appKey: app.appKey, mode: 'AXB', state: 'normal' },
      relation: {
        subscriptionId,
        a,
        b: '+8613900000012',
        callDirection: 1,
        maxDurationMinutes: 2,
        userData: 'u',
      },
    });
    expect(found).toHaveProperty(
      'relation.expiresAt',
      expect.toSatisfy((at) => at > started + 3_599_000),
    );
    await elsewhere.unbind(app, { subscriptionId });
    await vi.waitFor(async () => expect((await cache.find(x, a))?.relation).toBeUndefined(), PATIENT);
    await updateApp(database.sql, sealer, app.appKey, { state: 'frozen' });
    await vi.waitFor(async () => expect((await cache.find(x, a))?.app.state).toBe('frozen'), PATIENT);
    cache.close();
  });

  it('gives a row that another key sealed a class and a code', async () => {
    const { app } = await insertApp(database.sql, sealer, { name: 'key', mode: 'AXB' });
    const [x, a] = ['+8617000000020', '+8613800000021'];
    await insertNumbers(database.sql, app.appKey, [{ number: x }]);
    const id = '00000000-0000-4000-8000-000000000021';
    const foreign = new Sealer(randomBytes(32)).seal(a);
    await database.sql`INSERT INTO bindings (app_key, subscription_id, mode, x, a_digest, a_sealed, b_digest, b_sealed)
      VALUES (${app.appKey}, ${id}, 'AXB', ${x}, ${sealer.digest(a)}, ${foreign}, ${sealer.digest('b')}, ${foreign})`;
    await database.sql`INSERT INTO binding_parties VALUES (${app.appKey}, ${x}, ${sealer.digest(a)}, ${id})`;
    const table = new DatabaseRoutingTable(database.sql, sealer);
    await expect(table.find(x, a)).rejects.toMatchObject({ name: 'StoreError', code: 'ROW_INVALID' });
    await expect(table.find(x, 'stranger')).resolves.toMatchObject({ relation: undefined });
  });

  it('keeps applications with their secrets in memory until they change', async () => {
    const changes = await startChanges();
    const directory = new AppDirectory({ sql: database.sql, sealer, changes });
    const { app, appSecret } = await insertApp(database.sql, sealer, { name: 'cached', mode: 'AXB' });
    expect(await directory.get('unknown')).toBeUndefined();
    await vi.waitFor(
      async () =>
        expect(await directory.get(app.appKey)).toEqual({ app, accountState: 'normal', secret: appSecret }),
      PATIENT,
    );
    await vi.waitFor(async () => {
      await directory.get(app.appKey);
      expect(directory.get(app.appKey)).toEqual({ app, accountState: 'normal', secret: appSecret });
    }, PATIENT);
    const renewed = await renewAppSecret(database.sql, sealer, app.appKey, 60);
    expect(renewed?.secret).not.toBe(appSecret);
    await vi.waitFor(
      async () =>
        expect(await directory.get(app.appKey)).toMatchObject({
          secret: renewed?.secret,
          oldSecret: { secret: appSecret, until: renewed?.oldSecretUntil?.getTime() },
        }),
      PATIENT,
    );
  });

  it('keeps the list of enabled trunks up to date', async () => {
    const changes = await startChanges();
    const directory = new TrunkDirectory({ sql: database.sql, sealer, changes, log });
    await directory.start();
    running.unshift(directory);
    const trunk = { name: 'carrier-b', host: '10.0.0.1', username: 'u', password: 'secret', maxCalls: 5 };
    await insertTrunk(database.sql, sealer, { ...trunk, sources: ['10.0.0.0/24', '10.1.0.1/32'] });
    const named = (): unknown => directory.trunks.find(({ name }) => name === 'carrier-b');
    await vi.waitFor(
      () =>
        expect(named()).toEqual({
          ...trunk,
          port: 5060,
          transport: 'udp',
          sources: ['10.0.0.0/24', '10.1.0.1/32'],
          priority: 1,
          weight: 1,
          enabled: true,
        }),
      PATIENT,
    );
    await updateTrunk(database.sql, sealer, 'carrier-b', { enabled: false });
    await vi.waitFor(() => expect(named()).toBeUndefined(), PATIENT);
  });
});
