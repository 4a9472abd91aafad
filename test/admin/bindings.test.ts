import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { PartnerClient, type PartnerReply } from '../kit/PartnerClient.ts';
import { expectProblem, sendTo } from './adminRequest.ts';

const [ANNA, BEN, CARA] = ['+8613900001001', '+8613900001002', '+8613900001003'];
const MASKED = { [ANNA]: '+86139****1001', [BEN]: '+86139****1002', [CARA]: '+86139****1003' };

interface Item {
  readonly mode: string;
  readonly appKey: string;
  readonly subscriptionId: string;
  readonly x: string;
  readonly role?: string;
  readonly y?: string;
}

interface Made {
  readonly appKey: string;
  readonly partner: PartnerClient;
  readonly x: string;
}

let api: ApiUnderTest;
const made: Record<string, Made> = {};

async function makeApp(mode: string, ...numbers: readonly [string, ...string[]]): Promise<Made> {
  const { appKey, appSecret } = await api.admin.createApp({ name: mode, mode, recording: true });
  for (const number of numbers) await api.admin.addNumber(appKey, number);
  return { appKey, partner: new PartnerClient(api.base, appKey, appSecret), x: numbers[0] };
}

const of = (mode: string): Made => made[mode] ?? expect.unreachable(`no application of ${mode}`);
const send = async (method: string, path: string, body?: unknown) => {
  const { status, body: answer } = await sendTo(api, method, path, body);
  return { status, body: answer as unknown as { items: Item[]; next?: string } & Record<string, unknown> };
};
const list = async (query = '') => (await send('GET', `/bindings${query}`)).body;
const find = async (number: string, more: object = {}) =>
  (await send('POST', '/bindings/search', { number, ...more })).body;
const idOf = async (mode: string) =>
  (await list(`?appKey=${of(mode).appKey}`)).items[0]?.subscriptionId ?? '';

/** @returns the id of the binding that a bind has made */
async function bound(reply: Promise<PartnerReply>): Promise<string> {
  const { body } = await reply;
  expect(body).toMatchObject({ resultcode: '0' });
  return String(body.subscriptionId);
}

beforeAll(async () => {
  api = await startApi();
  made.AXB = await makeApp('AXB', '+8617000005001', '+8617000005002');
  made.AX = await makeApp('AX', '+8617000005011');
  made.AXE = await makeApp('AXE', '+8617000005021');
  made.AXYB = await makeApp('AXYB', '+8617000005031', '+8617000005032', '+8617000005033');
  made.X = await makeApp('X', '+8617000005041');
  const userData = `calls ${BEN}`;
  await bound(of('AXB').partner.bind(ANNA, BEN, { relationNum: of('AXB').x, maxDuration: '5', userData }));
  await bound(of('AX').partner.bindAx(ANNA, { privateNum: of('AX').x }));
  const extension = { virtualNum: of('AXE').x, extendNum: '1207', callbackNum: CARA, bindExpiredTime: '2' };
  await bound(of('AXE').partner.bindAxe(BEN, extension));
  const subscriptionId = await bound(of('AXYB').partner.bindAxyb(ANNA));
  await bound(of('AXYB').partner.bindAxyb(BEN, { subscriptionId, userData: 'parcel 7' }));
  await bound(of('AXYB').partner.bindAxyb(CARA, { subscriptionId }));
});
afterAll(() => api.stop());

describe('the list of bindings', () => {
  it('shows those of every mode, with numbers of people masked', async () => {
    const { items, next } = await list();
    expect(items.map(({ mode }) => mode).sort()).toEqual(['AX', 'AXB', 'AXE', 'AXYB']);
    expect(next).toBeUndefined();
    const ofMode = Object.fromEntries(items.map((item) => [item.mode, item]));
    expect(ofMode.AXB).toMatchObject({ x: of('AXB').x, a: MASKED[ANNA], b: MASKED[BEN] });
    expect(ofMode.AXE).toMatchObject({ x: of('AXE').x, extension: '1207', a: MASKED[BEN] });
    expect(ofMode.AXE).toHaveProperty('expiresAt');
    expect(ofMode.AX).not.toHaveProperty('expiresAt');
    expect(ofMode.AXYB).toMatchObject({ a: MASKED[ANNA], relations: 2 });
    expect(JSON.stringify(items)).not.toMatch(/\+86139\d{8}/);
  });

  it('is that of a mode, of an application, of an X, or of a Y', async () => {
    expect((await list('?mode=AXE')).items).toMatchObject([{ mode: 'AXE' }]);
    const { appKey } = of('AXYB');
    expect((await list(`?appKey=${appKey}`)).items).toMatchObject([{ mode: 'AXYB', appKey }]);
    expect((await list(`?appKey=${appKey}&mode=AX`)).items).toEqual([]);
    expect((await list(`?appKey=${of('X').appKey}`)).items).toEqual([]);
    expect((await list(`?x=%2B${of('AXB').x.slice(1)}`)).items).toMatchObject([{ mode: 'AXB' }]);
    expect((await list('?x=%2B8617000005002')).items).toEqual([]);
    const [binding] = (await list(`?appKey=${appKey}`)).items;
    const related = (await send('GET', `/bindings/${binding?.subscriptionId}`)).body.related as Item[];
    for (const y of related.map((each) => each.y ?? '')) {
      expect((await list(`?x=%2B${y.slice(1)}`)).items).toMatchObject([{ mode: 'AXYB', x: binding?.x }]);
    }
  });

  it('comes in pages that leave nothing out and show nothing twice', async () => {
    const all = (await list()).items.map(({ subscriptionId }) => subscriptionId);
    const seen: string[] = [];
    for (let after = ''; ; ) {
      const { items, next } = await list(`?limit=1${after}`);
      seen.push(...items.map(({ subscriptionId }) => subscriptionId));
      if (next === undefined) break;
      after = `&after=${encodeURIComponent(next)}`;
    }
    expect(seen).toEqual(all);
  });

  it('leaves out what has expired, swept or not', async () => {
    const { appKey, partner } = of('AXB');
    await partner.bind(CARA, BEN, { relationNum: '+8617000005002', duration: '60' });
    await api.sql`UPDATE bindings SET expires_at = now() - interval '1 second' WHERE x = '+8617000005002'`;
    expect((await list(`?appKey=${appKey}`)).items).toHaveLength(1);
    expect((await find(CARA)).items.map(({ mode }) => mode)).toEqual(['AXYB']);
  });

  it.each([
    ['?appKey=nobody', 404, 'not-found', 'There is no application "nobody"'],
    ['?x=%2B8617000009999', 404, 'not-found', 'There is no number'],
    ['?x=5001', 400, 'invalid-query', 'x: expected a number in E.164'],
    ['?mode=X', 400, 'invalid-query', 'mode: expected AXB, AX, AXE, AXYB'],
    ['?after=nobody', 400, 'invalid-query', 'after: expected `next` of the page before'],
    ['?limit=0', 400, 'invalid-query', 'limit: expected a number from 1 to 1000'],
    ['?number=%2B8613900001001', 400, 'invalid-query', 'number: no such field'],
  ])('refuses %s', async (query, status, code, detail) => {
    expectProblem(await sendTo(api, 'GET', `/bindings${query}`), status, code, detail);
  });
});

describe('the search for a person', () => {
  it('finds him in every mode and every role, and never shows his number', async () => {
    const anna = (await find(ANNA)).items;
    expect(anna.map(({ mode, role }) => `${mode} ${role}`).sort()).toEqual(['AX a', 'AXB a', 'AXYB a']);
    const ben = (await find(BEN)).items;
    expect(ben.map(({ mode, role }) => `${mode} ${role}`).sort()).toEqual(['AXB b', 'AXE a', 'AXYB b']);
    expect(ben.find(({ mode }) => mode === 'AXYB')?.y).toMatch(/^\+861700000503\d$/);
    expect(JSON.stringify([anna, ben])).not.toMatch(/\+86139\d{8}/);
    expect((await find('+8613900001009')).items).toEqual([]);
  });

  it('looks in one application only where it is told to, and comes in pages', async () => {
    const { appKey } = of('AXE');
    expect((await find(BEN, { appKey })).items).toMatchObject([{ appKey, mode: 'AXE' }]);
    const all = (await find(BEN)).items;
    const first = await find(BEN, { limit: 2 });
    const rest = await find(BEN, { limit: 2, after: first.next });
    expect([...first.items, ...rest.items]).toEqual(all);
    expect(rest.next).toBeUndefined();
  });

  it.each([
    [{}, 400, 'invalid-body', 'number: expected a number in E.164'],
    [{ number: ANNA, appKey: 'nobody' }, 404, 'not-found', 'There is no application "nobody"'],
    [{ number: ANNA, limit: 1001 }, 400, 'invalid-body', 'limit: expected a number from 1 to 1000'],
  ])('refuses %j', async (body, status, code, detail) => {
    expectProblem(await sendTo(api, 'POST', '/bindings/search', body), status, code, detail);
  });
});

describe('one binding', () => {
  it('is shown with what holds in its calls, under the names that its customer uses', async () => {
    const axb = (await send('GET', `/bindings/${await idOf('AXB')}`)).body;
    expect(axb).toMatchObject({
      mode: 'AXB',
      a: MASKED[ANNA],
      b: MASKED[BEN],
      terms: { callDirection: 0, maxDuration: 5, recordFlag: false, userData: 'calls +86139****1002' },
    });
    const axe = (await send('GET', `/bindings/${await idOf('AXE')}`)).body;
    expect(axe.terms).toMatchObject({ callbackNum: MASKED[CARA], bindExpiredTime: 2, timeUnit: 0 });
    const ax = (await send('GET', `/bindings/${await idOf('AX')}`)).body;
    expect(ax.terms).toMatchObject({ showsCaller: false, preVoice: {} });
    const axyb = (await send('GET', `/bindings/${await idOf('AXYB')}`)).body;
    expect(axyb).toMatchObject({ a: MASKED[ANNA], relations: 2, terms: { callDirection: 0 } });
    expect(axyb.related).toMatchObject([{ b: MASKED[BEN], userData: 'parcel 7' }, { b: MASKED[CARA] }]);
    expect(JSON.stringify([axb, axe, ax, axyb])).not.toMatch(/\+86139\d{8}|callerNum|numA|origNum/);
  });

  it.each(['GET', 'DELETE'])('is not found by %s when there is none', async (method) => {
    for (const id of [randomUUID(), 'nobody']) {
      expectProblem(await sendTo(api, method, `/bindings/${id}`), 404, 'not-found', 'There is no binding');
    }
  });

  it('ends by its id, whatever its mode, and is gone for its customer as well', async () => {
    const y = (await find(CARA)).items.find(({ mode }) => mode === 'AXYB')?.y ?? '';
    const axyb = await idOf('AXYB');
    const relation = `/bindings/${axyb}/relations/%2B${y.slice(1)}`;
    expect((await send('DELETE', relation)).status).toBe(204);
    expectProblem(await sendTo(api, 'DELETE', relation), 404, 'not-found', 'There is no binding');
    expect((await find(CARA)).items).toEqual([]);
    expect((await list(`?appKey=${of('AXYB').appKey}`)).items).toMatchObject([{ relations: 1 }]);
    const axb = await idOf('AXB');
    expectProblem(
      await sendTo(api, 'DELETE', `/bindings/${axb}/relations/%2B${y.slice(1)}`),
      404,
      'not-found',
      'is of mode AXB: it has no Y',
    );
    for (const mode of ['AXB', 'AX', 'AXE', 'AXYB']) {
      const id = await idOf(mode);
      expect((await send('DELETE', `/bindings/${id.toUpperCase()}`)).status).toBe(204);
      expect((await send('GET', `/bindings/${id}`)).status).toBe(404);
    }
    expect((await list()).items).toEqual([]);
    const { partner } = of('AXB');
    expect((await partner.query({ subscriptionId: axb })).body.resultcode).not.toBe('0');
  });
});

it('no number of a person stands in a log', () => {
  expect(JSON.stringify(api.logged)).not.toMatch(/139000010\d\d/);
});
