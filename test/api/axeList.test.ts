import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { expectRefusal, newCustomer, nextUser } from './customerUnderTest.ts';

let api: ApiUnderTest;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

describe('the list of AXE bindings', () => {
  it('comes in pages, in the order of binding, and is over when there is no cursor', async () => {
    const own = await newCustomer(api, 'AXE');
    const [x, other] = [await own.addX(), await own.addX()];
    const people: string[] = [];
    for (let count = 0; count < 25; count++) {
      people.push(nextUser());
      await own.client.bindAxe(people.at(-1) ?? '', { virtualNum: count % 5 === 0 ? other : x });
    }
    const read = async (query: Readonly<Record<string, string>>, cursor = '0000000000000_0') => {
      const pages: string[][] = [];
      for (let next: unknown = cursor; next !== undefined; ) {
        const { body } = await own.client.listAxe({ ...query, cursor: String(next) });
        pages.push((body.virtualNumList as { bindNum: string }[]).map(({ bindNum }) => bindNum));
        next = body.nextCursor;
        expect(body.nextCusor).toBe(next);
        if (next !== undefined) expect(next).toMatch(/^\d{13}_\d{1,20}$/);
      }
      return pages;
    };
    const pages = await read({ limit: '10' });
    expect(pages.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(pages.flat()).toEqual(people);
    expect((await read({ virtualNum: other })).flat()).toEqual(people.filter((_, index) => index % 5 === 0));
    expect((await read({ limit: '5' })).map(({ length }) => length)).toEqual([25]);
  });

  it.each([
    ['a cursor of another form', { cursor: '1' }, 'cursor: expected the nextCursor'],
    ['a cursor that no binding has', { cursor: `0000000000000_${'9'.repeat(20)}` }, 'cursor: expected'],
    ['a limit that is none', { limit: 'many' }, 'limit: expected a number of records'],
    [
      'an extension without an X',
      { extendNum: '1207' },
      'Expected subscriptionId, or virtualNum with extendNum',
    ],
  ])('is refused for %s', async (_, query, text) => {
    const { client } = await newCustomer(api, 'AXE');
    await expectRefusal(client.listAxe(query), '1010002', text);
  });
});
