import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  announcementUsers,
  deleteAnnouncement,
  getAnnouncement,
  listAnnouncements,
  putContent,
  putReview,
} from '../../src/store/announcements.ts';
import { appSecret, deleteApp, getApp, insertApp, listApps, updateApp } from '../../src/store/apps.ts';
import { deleteNumber, setNumberStates } from '../../src/store/numberChanges.ts';
import { getNumber, insertNumbers, listNumbers, updateAreaCode } from '../../src/store/numbers.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { deleteTrunk, getTrunk, insertTrunk, listTrunks, updateTrunk } from '../../src/store/trunks.ts';
import { numberWriter } from '../kit/numberWriter.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';

const sealer = new Sealer(randomBytes(32));
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

describe('applications', () => {
  it('are added with a secret that is stored sealed, changed, listed and deleted', async () => {
    const { sql } = database;
    const { app, appSecret: secret } = await insertApp(sql, sealer, {
      name: 'ride',
      mode: 'AXB',
      statusUrl: 'http://127.0.0.1:1/status',
      announcements: { 'no-binding': 'own.wav' },
    });
    expect(app.appKey).toMatch(/^[a-p]{24}$/);
    expect(await getApp(sql, sealer, app.appKey)).toEqual(app);
    expect(await appSecret(sql, sealer, app.appKey)).toBe(secret);
    const [row] = await sql`SELECT apps::text AS row FROM apps WHERE app_key = ${app.appKey}`;
    expect(row?.row).not.toContain(Buffer.from(secret).toString('hex'));
    const changed = await updateApp(sql, sealer, app.appKey, {
      state: 'frozen',
      statusUrl: null,
      recording: true,
    });
    const { statusUrl: _gone, ...rest } = app;
    expect(changed).toEqual({ ...rest, state: 'frozen', recording: true });
    expect(await listApps(sql, sealer)).toContainEqual(changed);
    expect(await updateApp(sql, sealer, 'unknown', { name: 'x' })).toBeUndefined();
    expect(await deleteApp(sql, app.appKey)).toBe(true);
    expect(await deleteApp(sql, app.appKey)).toBe(false);
  });

  it('stay while they own numbers', async () => {
    const { app } = await insertApp(database.sql, sealer, { name: 'owner', mode: 'AXB' });
    await insertNumbers(database.sql, app.appKey, [{ number: '+8617000000100' }]);
    await expect(deleteApp(database.sql, app.appKey)).rejects.toMatchObject({ code: 'IN_USE' });
  });
});

describe('numbers', () => {
  it('are added all or none, paged, changed and deleted', async () => {
    const { sql } = database;
    const { app } = await insertApp(sql, sealer, { name: 'numbers', mode: 'AXB' });
    const numbers = ['+8617000000203', '+8617000000201', '+8617000000202'];
    await insertNumbers(
      sql,
      app.appKey,
      numbers.map((number) => ({ number, areaCode: '0571' })),
    );
    const twice = [{ number: '+8617000000204' }, { number: '+8617000000201' }];
    await expect(insertNumbers(sql, app.appKey, twice)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await expect(insertNumbers(sql, 'unknown', [{ number: '+8617000000205' }])).rejects.toMatchObject({
      code: 'IN_USE',
    });
    const page = await listNumbers(sql, app.appKey, { limit: 2 });
    expect(page.map(({ number }) => number)).toEqual(['+8617000000201', '+8617000000202']);
    const next = await listNumbers(sql, app.appKey, { after: '+8617000000202', limit: 2 });
    expect(next.map(({ number }) => number)).toEqual(['+8617000000203']);
    const suspended = await setNumberStates(sql, numberWriter, ['+8617000000201'], { state: 'suspended' });
    expect(suspended.items).toMatchObject([{ state: 'suspended', areaCode: '0571' }]);
    expect(await updateAreaCode(sql, '+8617000000201', '010')).toMatchObject({ areaCode: '010' });
    expect(await deleteNumber(sql, numberWriter, '+8617000000201')).toMatchObject({ outcome: 'deleted' });
    expect(await deleteNumber(sql, numberWriter, '+8617000000201')).toMatchObject({ outcome: 'unknown' });
    expect(await getNumber(sql, '+8617000000201')).toBeUndefined();
    await sql`UPDATE numbers SET bindings = 1 WHERE number = '+8617000000202'`;
    expect(await deleteNumber(sql, numberWriter, '+8617000000202')).toMatchObject({ outcome: 'in-use' });
  });
});

describe('trunks', () => {
  it('are added with defaults and a sealed password, changed and deleted', async () => {
    const { sql } = database;
    const trunk = await insertTrunk(sql, sealer, {
      name: 'a',
      host: '::1',
      password: 'secret',
      username: 'u',
    });
    expect(trunk).toEqual({
      name: 'a',
      host: '::1',
      port: 5060,
      transport: 'udp',
      sources: [],
      username: 'u',
      password: 'secret',
      priority: 1,
      weight: 1,
      enabled: true,
    });
    await expect(insertTrunk(sql, sealer, { name: 'a', host: 'b' })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    const { username: _username, password: _password, ...rest } = trunk;
    const changes = { username: null, password: null, maxCalls: 10, sources: ['127.0.0.0/8'] };
    const changed = { ...rest, maxCalls: 10, sources: ['127.0.0.0/8'] };
    expect(await updateTrunk(sql, sealer, 'a', changes)).toEqual(changed);
    expect(await listTrunks(sql, sealer)).toEqual([changed]);
    expect(await deleteTrunk(sql, 'a')).toBe(true);
    expect(await getTrunk(sql, sealer, 'a')).toBeUndefined();
  });
});

describe('announcements', () => {
  const file = (sha256: string) => ({ bytes: 8058, seconds: 1, sha256 });

  it('are noted, found in use, and deleted', async () => {
    const { sql } = database;
    await putContent(sql, 'wait.wav', file('aa'), { state: 'approved', by: 'Ada' });
    const { app } = await insertApp(sql, sealer, {
      name: 'user',
      mode: 'AXB',
      announcements: { 'no-binding': 'wait.wav' },
    });
    const { app: checked } = await insertApp(sql, sealer, {
      name: 'checked',
      mode: 'AXB',
      qualityHintTone: 'wait.wav',
    });
    const { apps, bindings } = await announcementUsers(sql, 'wait.wav');
    expect([apps.toSorted(), bindings]).toEqual([[app.appKey, checked.appKey].toSorted(), 0]);
    expect(await announcementUsers(sql, 'other.wav')).toEqual({ apps: [], bindings: 0 });
    await deleteAnnouncement(sql, 'wait.wav');
    expect(await getAnnouncement(sql, 'wait.wav')).toBeUndefined();
  });

  it('keep what was approved beside what waits or was rejected, and each of it once', async () => {
    const { sql } = database;
    await putContent(sql, 'busy.wav', file('aa'), { state: 'approved', by: 'Ada' });
    await putContent(sql, 'busy.wav', file('bb'));
    await putContent(sql, 'busy.wav', { ...file('cc'), note: 'louder' });
    expect(await getAnnouncement(sql, 'busy.wav')).toMatchObject({
      newest: { state: 'pending', sha256: 'cc', note: 'louder' },
      approved: { sha256: 'aa', reviewedBy: 'Ada' },
    });
    await putReview(sql, 'busy.wav', 'pending', { state: 'rejected', by: 'Bob', cause: 'too loud' });
    expect(await getAnnouncement(sql, 'busy.wav')).toMatchObject({
      newest: { state: 'rejected', cause: 'too loud', reviewedBy: 'Bob' },
      approved: { sha256: 'aa' },
    });
    expect((await listAnnouncements(sql, 'rejected')).map(({ name }) => name)).toEqual(['busy.wav']);
    await putReview(sql, 'busy.wav', 'rejected', { state: 'approved', by: 'Ada' });
    const { newest, approved } = (await getAnnouncement(sql, 'busy.wav')) ?? {};
    expect(newest).toMatchObject({ state: 'approved', sha256: 'cc' });
    expect(newest).not.toHaveProperty('cause');
    expect(approved).toEqual(newest);
    expect(await listAnnouncements(sql)).toHaveLength(1);
  });
});
