import { beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { codeOf, type Key, knock, LET_IN, newApp, signed, WRONG } from './knocking.ts';

/** With the settings of the kit. */
let shared: ApiUnderTest;
beforeAll(async () => {
  shared = await startApi();
  return () => shared.stop();
});

describe('a new secret', () => {
  const renew = (api: ApiUnderTest, { appKey }: Key, body?: object) =>
    api.admin.send<{ appSecret: string; oldSecretUntil?: string }>('POST', `/apps/${appKey}/secret`, body);

  it.each([
    ['nothing is said', undefined],
    ['nothing is wished', {}],
    ['0 is said', { keepOldSeconds: 0 }],
  ])('ends the old one at once when %s', async (_, body) => {
    const api = shared;
    const old = await newApp(api);
    const renewed = await renew(api, old, body);
    expect(renewed).toEqual({ appKey: old.appKey, appSecret: expect.any(String) });
    expect(await codeOf(knock(api, signed(old)))).toBe(WRONG);
    expect(await codeOf(knock(api, signed({ ...old, secret: renewed.appSecret })))).toBe(LET_IN);
  });

  it('stands beside the old one for as long as is said, in both schemes', async () => {
    const api = shared;
    const old = await newApp(api);
    const asked = Date.now();
    const { appSecret, oldSecretUntil = '' } = await renew(api, old, { keepOldSeconds: 3600 });
    expect(Date.parse(oldSecretUntil) - asked).toBeGreaterThan(3_590_000);
    expect(Date.parse(oldSecretUntil) - asked).toBeLessThan(3_660_000);
    for (const secret of [old.secret, appSecret]) {
      for (const variant of ['aksk', 'wsse-bytes', 'wsse-hex'] as const) {
        expect(await codeOf(knock(api, signed({ ...old, secret }, { variant })))).toBe(LET_IN);
      }
    }
    expect(await codeOf(knock(api, signed({ ...old, secret: 'neither' })))).toBe(WRONG);
  });

  it('is alone when that time is over', async () => {
    const api = shared;
    const old = await newApp(api);
    const { appSecret } = await renew(api, old, { keepOldSeconds: 1 });
    expect(await codeOf(knock(api, signed(old)))).toBe(LET_IN);
    await expect.poll(() => codeOf(knock(api, signed(old))), { timeout: 5000 }).toBe(WRONG);
    expect(await codeOf(knock(api, signed({ ...old, secret: appSecret })))).toBe(LET_IN);
  });

  it('is alone when the operator ends the old one', async () => {
    const api = shared;
    const old = await newApp(api);
    const { appSecret } = await renew(api, old, { keepOldSeconds: 3600 });
    await api.admin.send('DELETE', `/apps/${old.appKey}/old-secret`);
    expect(await codeOf(knock(api, signed(old)))).toBe(WRONG);
    expect(await codeOf(knock(api, signed({ ...old, secret: appSecret })))).toBe(LET_IN);
    await expect(api.admin.send('DELETE', `/apps/${old.appKey}/old-secret`)).rejects.toThrow(': 404 ');
  });

  it('after a new one ends the oldest, and can end both', async () => {
    const api = shared;
    const first = await newApp(api);
    const second = { ...first, secret: (await renew(api, first, { keepOldSeconds: 3600 })).appSecret };
    const third = { ...first, secret: (await renew(api, first, { keepOldSeconds: 3600 })).appSecret };
    expect(await codeOf(knock(api, signed(first)))).toBe(WRONG);
    expect(await codeOf(knock(api, signed(second)))).toBe(LET_IN);
    expect(await codeOf(knock(api, signed(third)))).toBe(LET_IN);
    const fourth = { ...first, secret: (await renew(api, first)).appSecret };
    for (const ended of [second, third]) expect(await codeOf(knock(api, signed(ended)))).toBe(WRONG);
    expect(await codeOf(knock(api, signed(fourth)))).toBe(LET_IN);
  });

  it('lies sealed in the database, and so does the old one', async () => {
    const api = shared;
    const old = await newApp(api);
    const { appSecret } = await renew(api, old, { keepOldSeconds: 3600 });
    const [row] = await api.sql`SELECT apps::text AS text FROM apps WHERE app_key = ${old.appKey}`;
    for (const secret of [old.secret, appSecret]) {
      expect(row?.text).not.toContain(Buffer.from(secret).toString('hex'));
      expect(row?.text).not.toContain(secret);
    }
  });

  it.each([[{ keepOldSeconds: -1 }], [{ keepOldSeconds: '60' }], [{ keepOldSeconds: 1e9 }], [{ keep: 1 }]])(
    'is not made for %j',
    async (body) => {
      const api = shared;
      const key = await newApp(api);
      await expect(renew(api, key, body)).rejects.toThrow(': 400 ');
      expect(await codeOf(knock(api, signed(key)))).toBe(LET_IN);
    },
  );
});
