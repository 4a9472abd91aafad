import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, OPERATOR_TOKEN, startApi } from '../kit/apiUnderTest.ts';
import { expectProblem, sendTo } from './adminRequest.ts';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const send = (method: string, path: string, body?: unknown, headers?: object) =>
  sendTo(api, method, path, body, headers);

describe('the operator token', () => {
  it.each([
    ['none', {}],
    ['another', { authorization: 'Bearer other' }],
    ['another scheme', { authorization: `Basic ${OPERATOR_TOKEN}` }],
    ['an empty one', { authorization: 'Bearer ' }],
  ])('is needed: %s is refused', async (_, headers) => {
    const response = await request(`${api.base}/admin/v1/apps`, { headers });
    expect(response.statusCode).toBe(401);
    expect(response.headers['www-authenticate']).toContain('Bearer');
    expect(await response.body.json()).toMatchObject({ code: 'not-authorised' });
  });
});

describe('calls, dead letters and everything else', () => {
  it('counts open calls', async () => {
    expect((await send('GET', '/calls')).body).toEqual({ open: 0, byApp: [] });
  });

  it('lists dead letters, resends and drops them', async () => {
    expect((await send('GET', '/dead-letters?limit=10')).body).toEqual({ items: [] });
    expect((await send('POST', '/dead-letters/resend', { appKey: 'a', ids: ['m1'] })).status).toBe(200);
    expect(api.resent).toEqual([{ appKey: 'a', ids: ['m1'] }]);
    expectProblem(await send('DELETE', '/dead-letters/a/m1'), 404, 'not-found', 'm1');
    expectProblem(await send('POST', '/dead-letters/resend', { ids: [] }), 400, 'invalid-body', /appKey|ids/);
  });

  it('answers unknown paths and undecodable URLs with problem details', async () => {
    expectProblem(await send('GET', '/lunch'), 404, 'not-found', 'GET /admin/v1/lunch: no such path');
    expectProblem(await send('GET', '/apps/%zz'), 400, 'invalid-path', 'percent-encoded UTF-8');
  });

  it('takes parts of paths of 512 characters, and tells of longer ones', async () => {
    expectProblem(await send('GET', `/apps/${'k'.repeat(512)}`), 404, 'not-found', 'There is no application');
    expectProblem(
      await send('GET', `/apps/${'k'.repeat(513)}`),
      400,
      'invalid-path',
      'at most 512 characters',
    );
  });

  it('refuses text that the database does not hold, wherever it stands', async () => {
    const nul = 'expected Unicode text without NUL';
    for (const path of [
      '/apps/%00',
      '/numbers/%00',
      '/trunks/%00',
      '/announcements/%00',
      '/numbers?appKey=%00',
    ]) {
      expectProblem(await send('GET', path), 400, 'invalid-body', nul);
    }
    expectProblem(
      await send('POST', '/apps', { name: 'a\0', mode: 'AXB' }),
      400,
      'invalid-body',
      `The body.name: ${nul}`,
    );
    const half = '{"name":"a\\ud800","mode":"AXB"}';
    expectProblem(await send('POST', '/apps', half), 400, 'invalid-body', nul);
    const deep = `{"name":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    expectProblem(await send('POST', '/apps', deep), 400, 'invalid-body', 'at most 16 levels');
  });

  it('names no person, whatever an operator wrote where', async () => {
    const person = '+8613900001001';
    const numbers = [{ number: '+8617000005001' }];
    const blocked = { number: '+8617000005001', blocks: 'both' };
    const strangers = [
      await send('GET', `/apps/${person}`),
      await send('POST', '/numbers', { appKey: person, numbers }),
      await send('POST', '/blacklist', { appKey: person, ...blocked }),
      await send('POST', '/apps', { name: 'ride', mode: 'AXB', accountId: person.slice(1) }),
      await send('POST', '/apps', {
        name: 'ride',
        mode: 'AXB',
        announcements: { 'no-binding': '13900001001.wav' },
      }),
      await send('DELETE', `/blocked-addresses/${person}`),
    ];
    for (const { status, body } of strangers) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(body.detail).not.toContain('13900001001');
    }
  });

  it('logs each request without its query, and no numbers', () => {
    const requests = api.logged.filter(({ message }) => message === 'request');
    expect(requests.length).toBeGreaterThan(10);
    expect(JSON.stringify(api.logged)).not.toMatch(/\+?\d{11}/);
    expect(api.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
