import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import {
  BLOCKED,
  codeOf,
  type Key,
  knock,
  LET_IN,
  NOT_FROM_THERE,
  newApp,
  StartedApis,
  signed,
  WRONG,
} from './knocking.ts';
import { createdNow } from './signedHeaders.ts';

/** With the settings of the kit. */
let shared: ApiUnderTest;
beforeAll(async () => {
  shared = await startApi();
  return () => shared.stop();
});

/** Started by the test itself. */
const started = new StartedApis();
afterEach(() => started.stop());

describe('addresses that an application allows', () => {
  const cases: readonly [readonly string[], string][] = [
    [[], LET_IN],
    [['127.0.0.1'], LET_IN],
    [['127.0.0.0/8'], LET_IN],
    [['192.0.2.0/24', '127.0.0.1/32'], LET_IN],
    [['0.0.0.0/0'], LET_IN],
    [['127.0.0.2'], NOT_FROM_THERE],
    [['192.0.2.0/24'], NOT_FROM_THERE],
    [['::1', '2001:db8::/32'], NOT_FROM_THERE],
  ];

  it.each(cases)('%j: %s', async (allowedAddresses, code) => {
    const api = shared;
    expect(await codeOf(knock(api, signed(await newApp(api, { allowedAddresses }))))).toBe(code);
  });

  it('are asked only of who has proved whose application it is', async () => {
    const api = shared;
    const key = await newApp(api, { allowedAddresses: ['192.0.2.0/24'] });
    expect(await knock(api, signed({ ...key, secret: 'guessed' }))).toMatchObject({
      status: 401,
      resultcode: WRONG,
    });
    expect(await knock(api, signed(key))).toMatchObject({ status: 403, resultcode: NOT_FROM_THERE });
  });

  it('change at once', async () => {
    const api = shared;
    const key = await newApp(api);
    const allow = (allowedAddresses: readonly string[]) =>
      api.admin.send('PATCH', `/apps/${key.appKey}`, { allowedAddresses });
    expect(await codeOf(knock(api, signed(key)))).toBe(LET_IN);
    await allow(['192.0.2.0/24']);
    expect(await codeOf(knock(api, signed(key)))).toBe(NOT_FROM_THERE);
    await allow(['192.0.2.0/24', '127.0.0.1']);
    expect(await codeOf(knock(api, signed(key)))).toBe(LET_IN);
    await allow([]);
    expect(await codeOf(knock(api, signed(key)))).toBe(LET_IN);
  });
});

describe('behind a proxy', () => {
  const forwarded = (key: Key, client: string) => ({ ...signed(key), 'x-forwarded-for': client });

  it.each([
    ['127.0.0.0/8', '192.0.2.7', LET_IN],
    ['127.0.0.0/8', '192.0.2.8', NOT_FROM_THERE],
    // What the client itself wrote stands before what the proxy adds.
    ['127.0.0.0/8', '192.0.2.7, 198.51.100.1', NOT_FROM_THERE],
    ['127.0.0.1,198.51.100.1', '192.0.2.7, 198.51.100.1', LET_IN],
    ['127.0.0.0/8', 'nonsense', NOT_FROM_THERE],
    ['10.0.0.0/8', '192.0.2.7', NOT_FROM_THERE],
    ['', '192.0.2.7', NOT_FROM_THERE],
  ])('that is trusted in %s, a request for %s: %s', async (proxies, client, code) => {
    const api = await started.start({ settings: { AXBRIDGE_TRUSTED_PROXIES: proxies } });
    const key = await newApp(api, { allowedAddresses: ['192.0.2.7'] });
    expect(await codeOf(knock(api, forwarded(key, client)))).toBe(code);
  });

  it('the client is blocked, and nobody else behind it', async () => {
    const api = await started.start({
      settings: { AXBRIDGE_TRUSTED_PROXIES: '127.0.0.1', AXBRIDGE_AUTH_FAILURES: '1/60' },
    });
    const key = await newApp(api);
    const wrong = { ...key, secret: 'guessed' };
    expect(await codeOf(knock(api, forwarded(wrong, '2001:db8::1')))).toBe(WRONG);
    expect(await codeOf(knock(api, forwarded(key, '2001:db8:0:0:ffff::1')))).toBe(BLOCKED);
    expect(await codeOf(knock(api, forwarded(key, '2001:db8:0:1::1')))).toBe(LET_IN);
    expect(await codeOf(knock(api, forwarded(key, '192.0.2.7')))).toBe(LET_IN);
    const { items } = await api.admin.send<{ items: object[] }>('GET', '/blocked-addresses');
    expect(items).toMatchObject([{ address: '2001:db8:0:0::/64' }]);
    await api.admin.send('DELETE', '/blocked-addresses/2001:db8::2');
    expect(await codeOf(knock(api, forwarded(key, '2001:db8::1')))).toBe(LET_IN);
  });
});

describe('an address that sends wrong credentials', () => {
  const settings = { AXBRIDGE_AUTH_FAILURES: '3/60' };

  it('is blocked after as many as are set, whatever it sends then', async () => {
    const api = await started.start({ settings });
    const key = await newApp(api);
    for (const wrong of [
      { ...key, secret: 'guessed' },
      { appKey: 'nobody', secret: 'guessed' },
    ]) {
      expect(await codeOf(knock(api, signed(wrong)))).toBe(WRONG);
      expect(await codeOf(knock(api, signed(key)))).toBe(LET_IN);
    }
    expect(await codeOf(knock(api, signed({ ...key, secret: 'guessed again' })))).toBe(WRONG);
    expect(await knock(api, signed(key))).toEqual({
      status: 401,
      resultcode: BLOCKED,
      resultdesc: 'Authentication failed, try again later',
      retryAfter: undefined,
    });
    expect(await codeOf(knock(api, {}))).toBe(BLOCKED);
    const { items } = await api.admin.send<{ items: Record<string, string>[] }>('GET', '/blocked-addresses');
    expect(items).toHaveLength(1);
    const { address, blockedAt, blockedUntil } = items[0] ?? {};
    expect(address).toBe('127.0.0.1');
    expect(Date.parse(blockedUntil ?? '') - Date.parse(blockedAt ?? '')).toBe(1_800_000);
  });

  it('is not blocked for headers that are no guess at a secret', async () => {
    const api = await started.start({ settings });
    const key = await newApp(api);
    const headers = signed(key);
    for (let time = 0; time < 5; time++) {
      await knock(api, {});
      await knock(api, headers);
      await knock(api, signed(key, { created: createdNow(-3) }));
    }
    expect(await codeOf(knock(api, signed(key)))).toBe(LET_IN);
  });

  it('is let in again when its time is over', async () => {
    const api = await started.start({
      settings: { AXBRIDGE_AUTH_FAILURES: '1/60', AXBRIDGE_AUTH_BLOCK_SECONDS: '1' },
    });
    const key = await newApp(api);
    await knock(api, signed({ ...key, secret: 'guessed' }));
    expect(await codeOf(knock(api, signed(key)))).toBe(BLOCKED);
    await expect.poll(() => codeOf(knock(api, signed(key))), { timeout: 5000 }).toBe(LET_IN);
  });

  it('is blocked for the next life of the node, too', async () => {
    const api = await started.start({ settings });
    const key = await newApp(api);
    for (let guess = 0; guess < 3; guess++) await knock(api, signed({ ...key, secret: 'guessed' }));
    const next = await started.start({ beside: api });
    expect(await codeOf(knock(next, signed(key)))).toBe(BLOCKED);
  });

  it('is never blocked where that is off', async () => {
    const api = await started.start({ settings: { AXBRIDGE_AUTH_FAILURES: 'off' } });
    const key = await newApp(api);
    for (let guess = 0; guess < 120; guess++) await knock(api, signed({ ...key, secret: 'guessed' }));
    expect(await codeOf(knock(api, signed(key)))).toBe(LET_IN);
  });

  it('is blocked after a hundred where nothing is set', async () => {
    // The kit switches it off; so it is on again with the default's own text.
    const api = await started.start({ settings: { AXBRIDGE_AUTH_FAILURES: '' } });
    const key = await newApp(api);
    for (let guess = 0; guess < 99; guess++) await knock(api, signed({ ...key, secret: 'guessed' }));
    expect(await codeOf(knock(api, signed(key)))).toBe(LET_IN);
    await knock(api, signed({ ...key, secret: 'guessed' }));
    expect(await codeOf(knock(api, signed(key)))).toBe(BLOCKED);
  });

  it('is refused by both of two nodes when one of them blocked it, and let in again by both', async () => {
    const settings = { AXBRIDGE_AUTH_FAILURES: '3/60' };
    const one = await started.start({ settings });
    const two = await started.start({ settings, beside: one });
    const key = await newApp(one);
    const wrong = { ...key, secret: 'guessed' };
    for (let guess = 0; guess < 3; guess++) expect(await codeOf(knock(one, signed(wrong)))).toBe(WRONG);
    expect(await codeOf(knock(one, signed(key)))).toBe(BLOCKED);
    await expect.poll(() => codeOf(knock(two, signed(key)))).toBe(BLOCKED);
    await two.admin.send('DELETE', '/blocked-addresses/127.0.0.1');
    expect(await codeOf(knock(two, signed(key)))).toBe(LET_IN);
    await expect.poll(() => codeOf(knock(one, signed(key)))).toBe(LET_IN);
  });

  it.each(['nonsense', '300.1.1.1', '::/999'])('cannot be let in as %s', async (name) => {
    const api = shared;
    await expect(api.admin.send('DELETE', `/blocked-addresses/${encodeURIComponent(name)}`)).rejects.toThrow(
      ': 400 ',
    );
    await expect(api.admin.send('DELETE', '/blocked-addresses/192.0.2.1')).rejects.toThrow(': 404 ');
  });
});
