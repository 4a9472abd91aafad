import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BlackList } from '../../src/store/BlackList.ts';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { expectProblem, sendTo } from './adminRequest.ts';

let api: ApiUnderTest;
let appKey: string;
let otherKey: string;
beforeAll(async () => {
  api = await startApi();
  appKey = (await api.admin.createApp({ name: 'ride', mode: 'AXB' })).appKey;
  otherKey = (await api.admin.createApp({ name: 'food', mode: 'AX' })).appKey;
});
afterAll(() => api.stop());

const send = (method: string, path: string, body?: unknown) => sendTo(api, method, path, body);
const block = (entry: object) => send('POST', '/blacklist', entry);
const idOf = (answer: { readonly body: object }) => ('id' in answer.body ? Number(answer.body.id) : 0);

/** Whether calls of the two applications from and to a number are blocked. */
const seen = (number: string) =>
  [appKey, otherKey].map((key) => [
    api.blackList.isBlockedCaller(key, number),
    api.blackList.isBlockedCallee(key, number),
  ]);
const NOWHERE = [
  [false, false],
  [false, false],
];

describe('the black list', () => {
  it.each([
    [
      'caller',
      [
        [true, false],
        [true, false],
      ],
    ],
    [
      'callee',
      [
        [false, true],
        [false, true],
      ],
    ],
    [
      'both',
      [
        [true, true],
        [true, true],
      ],
    ],
  ])(
    'blocks a number as %s in all applications, before the answer, until it is taken off',
    async (blocks, expected) => {
      const number = '+8613900001001';
      const made = await block({ number, blocks });
      expect(made).toMatchObject({ status: 201, body: { number: '+86139****1001', blocks } });
      expect(made.body).not.toHaveProperty('appKey');
      expect(seen(number)).toEqual(expected);
      expect(seen('+8613900001002')).toEqual(NOWHERE);
      expect((await send('GET', `/blacklist/${idOf(made)}`)).body).toEqual(made.body);
      expect((await send('DELETE', `/blacklist/${idOf(made)}`)).status).toBe(204);
      expect(seen(number)).toEqual(NOWHERE);
    },
  );

  it('blocks a number in one application only, and beside that in all', async () => {
    const number = '+8613900001003';
    await block({ number, appKey, blocks: 'both' });
    expect(seen(number)).toEqual([
      [true, true],
      [false, false],
    ]);
    await block({ number, blocks: 'callee' });
    expect(seen(number)).toEqual([
      [true, true],
      [false, true],
    ]);
    expect((await send('DELETE', '/blacklist', { number, appKey })).status).toBe(204);
    expect(seen(number)).toEqual([
      [false, true],
      [false, true],
    ]);
    expect((await send('DELETE', '/blacklist', { number })).status).toBe(204);
    expect(seen(number)).toEqual(NOWHERE);
    expectProblem(
      await send('DELETE', '/blacklist', { number }),
      404,
      'not-found',
      '+86139****1003 is not blocked',
    );
  });

  it('changes an entry that is made again', async () => {
    const number = '+8613900001004';
    const made = await block({ number, appKey, blocks: 'caller' });
    const again = await block({ number, appKey, blocks: 'callee' });
    expect(again).toMatchObject({ status: 200, body: { id: idOf(made), blocks: 'callee' } });
    expect(seen(number)[0]).toEqual([false, true]);
    await send('DELETE', `/blacklist/${idOf(made)}`);
  });

  it('does not block a withheld number', () => {
    expect(seen('')).toEqual(NOWHERE);
  });

  it('is listed in pages, of one application or whole, with numbers masked', async () => {
    for (const last of [1, 2, 3]) await block({ number: `+861390000200${last}`, appKey, blocks: 'both' });
    await block({ number: '+8613900002004', appKey: otherKey, blocks: 'both' });
    const first = await send('GET', `/blacklist?appKey=${appKey}&limit=2`);
    expect(first.body.items.map(({ number }) => number)).toEqual(['+86139****2001', '+86139****2002']);
    const rest = await send('GET', `/blacklist?after=${first.body.next}`);
    expect(rest.body.items.map(({ number }) => number)).toEqual(['+86139****2003', '+86139****2004']);
    expect(rest.body).not.toHaveProperty('next');
  });

  it('goes with its application', async () => {
    const number = '+8613900001005';
    const gone = (await api.admin.createApp({ name: 'gone', mode: 'AX' })).appKey;
    await block({ number, appKey: gone, blocks: 'both' });
    await send('DELETE', `/apps/${gone}`);
    expect((await send('GET', `/blacklist?appKey=${gone}`)).body.items).toEqual([]);
  });

  it('holds no number that could be read in the database', async () => {
    await block({ number: '+8613900001006', blocks: 'both' });
    const [row] = await api.sql`SELECT string_agg(black_list::text, ' ') AS all FROM black_list`;
    expect(row?.all).not.toContain('13900001006');
    expect(row?.all).not.toContain(Buffer.from('13900001006').toString('hex'));
  });

  it('is heard of by other nodes', async () => {
    const { sql, changes } = api;
    const number = '+8613900001007';
    // The node that makes the change tells nobody itself: PostgreSQL does.
    const quiet = {
      error: () => undefined,
      warn: () => undefined,
      info: () => undefined,
      debug: () => undefined,
    };
    const elsewhere = new BlackList({ sql, sealer: api.sealer, changes, log: quiet });
    await elsewhere.start();
    await block({ number, blocks: 'both' });
    await expect.poll(() => elsewhere.isBlockedCaller(appKey, number), { timeout: 1000 }).toBe(true);
    await send('DELETE', '/blacklist', { number });
    await expect.poll(() => elsewhere.isBlockedCaller(appKey, number), { timeout: 1000 }).toBe(false);
    await elsewhere.stop();
  });

  it.each([
    [{ blocks: 'both' }, 'number: expected a number in E.164'],
    [{ number: '13900001001', blocks: 'both' }, 'number: expected a number in E.164'],
    [{ number: '+8613900001001' }, 'blocks: expected caller, callee or both, it is missing'],
    [{ number: '+8613900001001', blocks: 'all' }, 'blocks: expected caller, callee or both, got "all"'],
    [{ number: '+8613900001001', blocks: 'both', appKey: 'nobody' }, 'there is no application "nobody"'],
    [{ number: '+8613900001001', blocks: 'both', why: 'x' }, 'why: no such field'],
  ])('refuses %j', async (entry, detail) => {
    const refused = await block(entry);
    expectProblem(refused, 400, 'invalid-body', detail);
    expect(refused.body.detail).not.toContain('13900001001');
  });

  it.each(['0', '99999999', '99999999999', 'x', '-1', '%2B8613900001001'])('has no entry %s', async (id) => {
    const answer = await send('GET', `/blacklist/${id}`);
    expectProblem(answer, 404, 'not-found', 'There is no entry of the black list');
    expect(answer.body.detail).not.toContain('13900001001');
    expectProblem(await send('DELETE', `/blacklist/${id}`), 404, 'not-found', 'no entry');
  });
});
