import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AxbBindings } from '../../src/bindings/AxbBindings.ts';
import type { AxbBinding, AxbBindRequest } from '../../src/bindings/axbTypes.ts';
import { Bindings } from '../../src/bindings/Bindings.ts';
import { PlaceSearch } from '../../src/bindings/PlaceSearch.ts';
import { type App, insertApp } from '../../src/store/apps.ts';
import { deleteExpiredBindings } from '../../src/store/axbBindings.ts';
import { Changes } from '../../src/store/changes.ts';
import { deleteNumber, setNumberStates } from '../../src/store/numberChanges.ts';
import { getNumber, insertNumbers } from '../../src/store/numbers.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { approveAnnouncement } from '../kit/approveAnnouncement.ts';
import { numberWriter } from '../kit/numberWriter.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: console.error };
const sealer = new Sealer(randomBytes(32));
const START = Date.parse('2026-03-01T00:00:00Z');

const places = await PlaceSearch.load();
let database: TestDatabase;
let bindings: AxbBindings;
let changes: Changes;
let app: App;
let now = START;
let people = 0;
let lines = 0;

const person = (): string => `+861380000${String(++people).padStart(4, '0')}`;
const newX = (): string => `+861700000${String(++lines).padStart(4, '0')}`;

async function addNumbers(to: App, count: number, areaCode = ''): Promise<string[]> {
  const numbers = Array.from({ length: count }, () => ({ number: newX(), areaCode }));
  await insertNumbers(database.sql, to.appKey, numbers);
  return numbers.map(({ number }) => number);
}

async function addApp(recording = false): Promise<App> {
  return (await insertApp(database.sql, sealer, { name: 'ride', mode: 'AXB', recording })).app;
}

const request = (more: Partial<AxbBindRequest> = {}): AxbBindRequest => ({
  callerNum: person(),
  calleeNum: person(),
  callDirection: 0,
  duration: 0,
  recordFlag: false,
  maxDuration: 0,
  privateSms: true,
  preVoice: {},
  ...more,
});

const loadOf = async (x: string): Promise<number | undefined> => (await getNumber(database.sql, x))?.bindings;

beforeAll(async () => {
  database = await createTestDatabase();
  changes = new Changes({ url: database.url, log });
  bindings = new Bindings({ sql: database.sql, sealer, changes, places, clock: () => now }).axb;
});
afterAll(async () => {
  await changes.stop();
  await database.close();
});
beforeEach(async () => {
  now = START;
  app = await addApp();
});

describe('AxbBindings.bind', () => {
  it('binds two numbers to the X that was asked for and keeps every field', async () => {
    const [x = ''] = await addNumbers(app, 2);
    await approveAnnouncement(database.sql, 'wait.wav');
    const wanted = request({
      relationNum: x,
      callDirection: 1,
      duration: 60,
      maxDuration: 3,
      lastMinVoice: 'wait.wav',
      privateSms: false,
      preVoice: { callerHintTone: 'wait.wav' },
      userData: 'order-77 "quoted" \\ and ünïcode',
    });
    const bound = await bindings.bind(app, wanted);
    expect(bound).toMatchObject({ relationNum: x, subscribedAt: new Date(START) });
    const { items } = await bindings.query(app, {
      subscriptionId: bound.subscriptionId,
      pageIndex: 1,
      pageSize: 10,
    });
    expect(items).toEqual([bound]);
    expect(await loadOf(x)).toBe(1);
  });

  it('stores no number in the clear', async () => {
    await addNumbers(app, 1);
    const wanted = request();
    await bindings.bind(app, wanted);
    const rows = await database.sql`SELECT bindings::text AS row FROM bindings`;
    const digits = wanted.callerNum.slice(4);
    const hex = Buffer.from(digits).toString('hex');
    expect(rows.some(({ row }) => row.includes(digits) || row.includes(hex))).toBe(false);
  });

  it('takes the X with the fewest bindings', async () => {
    const [first = '', second = '', third = ''] = await addNumbers(app, 3);
    await bindings.bind(app, request({ relationNum: first }));
    await bindings.bind(app, request({ relationNum: first }));
    await bindings.bind(app, request({ relationNum: third }));
    const chosen: string[] = [];
    for (let i = 0; i < 3; i++) chosen.push((await bindings.bind(app, request())).relationNum);
    expect(chosen.sort()).toEqual([second, second, third].sort());
  });

  it('spreads binds that come at the same moment evenly', async () => {
    const numbers = await addNumbers(app, 3);
    await Promise.all(Array.from({ length: 30 }, () => bindings.bind(app, request())));
    expect(await Promise.all(numbers.map(loadOf))).toEqual([10, 10, 10]);
  });

  it('strict: takes an X of the city only; loose: any X when the city has none', async () => {
    const [hangzhou = ''] = await addNumbers(app, 1, '0571');
    const [other = ''] = await addNumbers(app, 1, '010');
    const wanted = request({ areaCode: '0571' });
    expect((await bindings.bind(app, wanted)).relationNum).toBe(hangzhou);
    await expect(bindings.bind(app, wanted)).rejects.toMatchObject({ code: 'no-free-x' });
    expect((await bindings.bind(app, { ...wanted, areaMatchMode: '1' })).relationNum).toBe(other);
    await expect(bindings.bind(app, request({ areaCode: '020' }))).rejects.toMatchObject({
      code: 'no-free-x',
    });
  });

  it('gives a user who is on one X already another X, in whatever role', async () => {
    const [first = '', second = ''] = await addNumbers(app, 2);
    const user = person();
    await bindings.bind(app, request({ callerNum: user, relationNum: first }));
    expect((await bindings.bind(app, request({ calleeNum: user }))).relationNum).toBe(second);
    await expect(bindings.bind(app, request({ callerNum: user }))).rejects.toMatchObject({
      code: 'no-free-x',
    });
  });

  it('refuses a user twice on one X, in either role, and names the number masked', async () => {
    const [x = ''] = await addNumbers(app, 1);
    const one = await bindings.bind(app, request({ relationNum: x }));
    for (const again of [{ callerNum: one.calleeNum }, { calleeNum: one.callerNum }]) {
      const number = again.callerNum ?? again.calleeNum ?? '';
      await expect(bindings.bind(app, request({ relationNum: x, ...again }))).rejects.toMatchObject({
        code: 'number-already-bound',
        subject: `+86138****${number.slice(-4)}`,
      });
    }
    const self = person();
    await expect(bindings.bind(app, request({ callerNum: self, calleeNum: self }))).rejects.toMatchObject({
      code: 'number-already-bound',
    });
    expect(await loadOf(x)).toBe(1);
  });

  it('refuses an X of another application, an unknown X, and one that takes no bindings', async () => {
    const stranger = await addApp();
    const [foreign = ''] = await addNumbers(stranger, 1);
    const [frozen = ''] = await addNumbers(app, 1);
    await setNumberStates(database.sql, numberWriter, [frozen], { state: 'bind-frozen' });
    const refused = (relationNum: string): Promise<unknown> =>
      bindings.bind(app, request({ relationNum })).catch((error: unknown) => error);
    expect(await refused(foreign)).toMatchObject({ code: 'x-not-of-application' });
    expect(await refused(newX())).toMatchObject({ code: 'x-not-of-application' });
    expect(await refused(frozen)).toMatchObject({ code: 'x-status-abnormal' });
    await expect(bindings.bind(app, request())).rejects.toMatchObject({ code: 'no-free-x' });
  });

  it('refuses recording without the switch, and announcements that nobody knows', async () => {
    const [x = ''] = await addNumbers(app, 1);
    await expect(bindings.bind(app, request({ recordFlag: true }))).rejects.toMatchObject({
      code: 'recording-not-enabled',
    });
    await expect(
      bindings.bind(app, request({ preVoice: { calleeHintTone: 'none.wav' } })),
    ).rejects.toMatchObject({ code: 'announcement-unknown' });
    expect(await loadOf(x)).toBe(0);
  });

  it('lets no expired binding stand in the way, swept or not', async () => {
    const [x = ''] = await addNumbers(app, 1);
    const short = await bindings.bind(app, request({ relationNum: x, duration: 10 }));
    const again = request({ relationNum: x, callerNum: short.callerNum });
    now = START + 9_999;
    await expect(bindings.bind(app, again)).rejects.toMatchObject({ code: 'number-already-bound' });
    now = START + 10_000;
    await bindings.bind(app, again);
    expect(await loadOf(x)).toBe(1);
  });

  it('lets no expired binding stand in the way of an X that the platform chooses', async () => {
    const [x = ''] = await addNumbers(app, 1);
    const short = await bindings.bind(app, request({ duration: 10 }));
    now = START + 10_000;
    const again = await bindings.bind(app, request({ callerNum: short.callerNum }));
    expect(again.relationNum).toBe(x);
  });
});

describe('AxbBindings.unbind', () => {
  it('ends a binding once, for its own application, however many ask for it at the same moment', async () => {
    await addNumbers(app, 1);
    const other = await addApp();
    const { subscriptionId } = await bindings.bind(app, request());
    const asking = [other, app, app, other].map((of) => bindings.unbind(of, { subscriptionId }));
    const answers = await Promise.allSettled(asking);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'rejected']);
  });

  it('ends one binding, and its numbers may be bound again', async () => {
    const [x = ''] = await addNumbers(app, 1);
    const bound = await bindings.bind(app, request());
    await bindings.unbind(app, { subscriptionId: bound.subscriptionId.toUpperCase() });
    expect(await loadOf(x)).toBe(0);
    await bindings.bind(app, request({ callerNum: bound.callerNum }));
  });

  it('ends all bindings of an X', async () => {
    const [x = ''] = await addNumbers(app, 1);
    await Promise.all(Array.from({ length: 620 }, () => bindings.bind(app, request({ relationNum: x }))));
    await bindings.unbind(app, { relationNum: x });
    expect(await loadOf(x)).toBe(0);
    const [row] = await database.sql`SELECT count(*)::int AS parties FROM binding_parties WHERE x = ${x}`;
    expect(row).toEqual({ parties: 0 });
    expect((await deleteNumber(database.sql, numberWriter, x)).outcome).toBe('deleted');
  });

  it("refuses what does not exist, what has expired, and what is another application's", async () => {
    const [x = ''] = await addNumbers(app, 1);
    const stranger = await addApp();
    const bound = await bindings.bind(app, request({ duration: 5 }));
    const refused = (of: App, which: Parameters<AxbBindings['unbind']>[1]): Promise<unknown> =>
      bindings.unbind(of, which).catch((error: unknown) => error);
    const { subscriptionId } = bound;
    expect(await refused(stranger, { subscriptionId })).toMatchObject({ code: 'no-such-binding' });
    expect(await refused(stranger, { relationNum: x })).toMatchObject({ code: 'x-not-of-application' });
    expect(await refused(app, { subscriptionId: 'no-uuid' })).toMatchObject({ code: 'no-such-binding' });
    now = START + 5000;
    expect(await refused(app, { subscriptionId })).toMatchObject({ code: 'no-such-binding' });
    await bindings.unbind(app, { relationNum: x });
    expect(await refused(app, { relationNum: x })).toMatchObject({ code: 'no-such-binding' });
  });
});

describe('AxbBindings.modify', () => {
  const queryOne = async (subscriptionId: string): Promise<AxbBinding | undefined> =>
    (await bindings.query(app, { subscriptionId, pageIndex: 1, pageSize: 10 })).items[0];

  it('changes what is given and nothing else', async () => {
    await addNumbers(app, 1);
    const bound = await bindings.bind(app, request({ duration: 100, userData: 'before' }));
    now = START + 50_000;
    await bindings.modify(app, bound.subscriptionId, { callDirection: 2, userData: 'after' });
    const changed = { ...bound, callDirection: 2, userData: 'after', subscribedAt: new Date(now) };
    expect(await queryOne(bound.subscriptionId)).toEqual(changed);
    now = START + 100_000;
    expect(await queryOne(bound.subscriptionId)).toBeUndefined();
  });

  it('restarts the clock when a duration is given', async () => {
    await addNumbers(app, 1);
    const { subscriptionId } = await bindings.bind(app, request({ duration: 100 }));
    now = START + 99_000;
    await bindings.modify(app, subscriptionId, { duration: 60 });
    now = START + 99_000 + 59_000;
    expect(await queryOne(subscriptionId)).toMatchObject({ duration: 60 });
    await bindings.modify(app, subscriptionId, { duration: 0 });
    now = START + 1e12;
    expect(await queryOne(subscriptionId)).toMatchObject({ duration: 0 });
  });

  it('moves A and B: the old numbers are free, the new ones taken; the two may swap', async () => {
    const [x = ''] = await addNumbers(app, 1);
    const bound = await bindings.bind(app, request());
    const [a, b] = [person(), person()];
    await bindings.modify(app, bound.subscriptionId, { callerNum: a, calleeNum: b });
    expect(await queryOne(bound.subscriptionId)).toMatchObject({ callerNum: a, calleeNum: b });
    await bindings.modify(app, bound.subscriptionId, { callerNum: b, calleeNum: a });
    expect(await queryOne(bound.subscriptionId)).toMatchObject({ callerNum: b, calleeNum: a });
    await bindings.bind(app, request({ relationNum: x, callerNum: bound.callerNum }));
    await expect(bindings.bind(app, request({ relationNum: x, callerNum: a }))).rejects.toMatchObject({
      code: 'number-already-bound',
    });
  });

  it('refuses a number that is on this X already, unless that binding is over', async () => {
    const [x = ''] = await addNumbers(app, 1);
    const other = await bindings.bind(app, request({ relationNum: x, duration: 10 }));
    const { subscriptionId, callerNum } = await bindings.bind(app, request({ relationNum: x }));
    const move = (): Promise<void> => bindings.modify(app, subscriptionId, { calleeNum: other.callerNum });
    await expect(move()).rejects.toMatchObject({
      code: 'number-already-bound',
      subject: `+86138****${other.callerNum.slice(-4)}`,
    });
    await expect(bindings.modify(app, subscriptionId, { calleeNum: callerNum })).rejects.toMatchObject({
      code: 'number-already-bound',
    });
    now = START + 10_000;
    await move();
    expect(await loadOf(x)).toBe(1);
  });

  it('refuses a binding that does not exist', async () => {
    const id = '00000000-0000-4000-8000-000000000000';
    await expect(bindings.modify(app, id, { duration: 1 })).rejects.toMatchObject({
      code: 'no-such-binding',
    });
  });
});

describe('AxbBindings.query', () => {
  it('finds by X with A, with B, with both, and in pages in the order of binding', async () => {
    const [x = ''] = await addNumbers(app, 1);
    const bound: AxbBinding[] = [];
    for (let i = 0; i < 25; i++) {
      now = START + i;
      bound.push(await bindings.bind(app, request({ relationNum: x })));
    }
    const [, , third] = bound;
    const { callerNum = '', calleeNum = '' } = third ?? {};
    const page = { pageIndex: 1, pageSize: 10 };
    const find = (more: object): ReturnType<AxbBindings['query']> =>
      bindings.query(app, { relationNum: x, ...page, ...more });
    expect(await find({ callerNum })).toEqual({ items: [third], totalCount: 1 });
    expect(await find({ calleeNum })).toEqual({ items: [third], totalCount: 1 });
    expect(await find({ callerNum, calleeNum })).toEqual({ items: [third], totalCount: 1 });
    expect(await find({ callerNum: calleeNum })).toEqual({ items: [], totalCount: 0 });
    expect(await find({ pageIndex: 3 })).toEqual({ items: bound.slice(20), totalCount: 25 });
    expect(await find({ pageIndex: 4 })).toEqual({ items: [], totalCount: 25 });
  });
});

describe('deleteExpiredBindings', () => {
  it('sweeps what has expired, with its parties, and lightens the X', async () => {
    const [x = ''] = await addNumbers(app, 1);
    await bindings.bind(app, request({ relationNum: x, duration: 1 }));
    await bindings.bind(app, request({ relationNum: x, duration: 1 }));
    await bindings.bind(app, request({ relationNum: x }));
    expect(await deleteExpiredBindings(database.sql, new Date(START + 999), 100)).toBe(0);
    expect(await deleteExpiredBindings(database.sql, new Date(START + 1000), 1)).toBe(1);
    await deleteExpiredBindings(database.sql, new Date(START + 1000), 100);
    expect(await loadOf(x)).toBe(1);
  });
});
