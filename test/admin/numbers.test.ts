import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { expectProblem, sendTo } from './adminRequest.ts';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const send = (method: string, path: string, body?: unknown, headers?: object) =>
  sendTo(api, method, path, body, headers);
const newApp = (more: object = {}) => send('POST', '/apps', { name: 'ride', mode: 'AXB', ...more });

describe('numbers', () => {
  it('belong to an application, are listed in pages, change and go', async () => {
    const { appKey } = (await newApp()).body;
    const numbers = ['+8617000005201', '+8617000005202', '+8617000005203'].map((number) => ({
      number,
      areaCode: '0571',
    }));
    const made = await send('POST', '/numbers', { appKey, numbers });
    expect(made.status).toBe(201);
    expect(made.body.items).toHaveLength(3);
    expect(made.body.items[0]).toMatchObject({ appKey, areaCode: '0571', state: 'normal', bindings: 0 });

    const first = (await send('GET', `/numbers?appKey=${appKey}&limit=2`)).body;
    expect(first.items).toHaveLength(2);
    const second = (
      await send('GET', `/numbers?appKey=${appKey}&limit=2&after=${encodeURIComponent(first.next)}`)
    ).body;
    expect(second.items.map((item) => item.number)).toEqual(['+8617000005203']);
    expect(second).not.toHaveProperty('next');

    const path = `/numbers/${encodeURIComponent('+8617000005201')}`;
    expect((await send('PATCH', path, { state: 'suspended' })).body.state).toBe('suspended');
    expect((await send('GET', path)).body.state).toBe('suspended');
    expect((await send('DELETE', path)).status).toBe(204);
    expectProblem(await send('GET', path), 404, 'not-found', 'no number "+86170****5201"');
  });

  it('stay while bindings stand on them', async () => {
    const { appKey, appSecret } = (await newApp()).body;
    const number = '+8617000005301';
    await send('POST', '/numbers', { appKey, numbers: [{ number }] });
    const partner = new PartnerClient(api.base, appKey, appSecret);
    await partner.bind('+8613900001001', '+8613900001002');
    expectProblem(await send('DELETE', `/numbers/${number}`), 409, 'in-use', number);
    await partner.unbind({ relationNum: number });
    expect((await send('DELETE', `/numbers/${number}`)).status).toBe(204);
  });

  it('are refused all together when one is wrong', async () => {
    const { appKey } = (await newApp()).body;
    const post = (numbers: unknown, key = appKey) => send('POST', '/numbers', { appKey: key, numbers });
    await post([{ number: '+8617000005401' }]);
    expectProblem(
      await post([{ number: '17000005001' }]),
      400,
      'invalid-body',
      'numbers.0.number: expected a number in E.164',
    );
    expectProblem(
      await post([]),
      400,
      'invalid-body',
      'numbers: expected an array of 1 to 1000 numbers, got []',
    );
    expectProblem(
      await post([{ number: '+8617000005402', area: '0571' }]),
      400,
      'invalid-body',
      'numbers.0.area: no such field',
    );
    expectProblem(
      await post([{ number: '+8617000005402' }, { number: '+8617000005402' }]),
      400,
      'invalid-body',
      'twice',
    );
    expectProblem(
      await post([{ number: '+8617000005402' }, { number: '+8617000005401' }]),
      409,
      'already-exists',
      appKey,
    );
    expectProblem(
      await post([{ number: '+8617000005402' }], 'nobody'),
      400,
      'invalid-body',
      'no application "nobody"',
    );
    expect((await send('GET', `/numbers?appKey=${appKey}`)).body.items).toHaveLength(1);
    expectProblem(
      await send('GET', '/numbers?limit=5000'),
      400,
      'invalid-query',
      'limit: expected a number from 1 to 1000',
    );
  });
});
