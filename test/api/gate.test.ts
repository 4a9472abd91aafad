import { request } from 'undici';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiOptions, type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { createdNow, type Signature, signedHeaders } from './signedHeaders.ts';

const PATH = '/rest/caas/relationnumber/partners/v1.0';

/** With the settings of the kit. */
let shared: ApiUnderTest;
beforeAll(async () => {
  shared = await startApi();
  return () => shared.stop();
});

/** Started by the test itself. */
const running: ApiUnderTest[] = [];
afterEach(async () => {
  for (const api of running.splice(0).reverse()) await api.stop();
});

async function start(options: ApiOptions): Promise<ApiUnderTest> {
  const api = await startApi(options);
  running.push(api);
  return api;
}

interface Key {
  readonly appKey: string;
  readonly secret: string;
}

async function newApp(api: ApiUnderTest, more: object = {}): Promise<Key> {
  const { appKey, appSecret } = await api.admin.createApp({ name: 'ride', mode: 'AXB', ...more });
  return { appKey, secret: appSecret };
}

interface Reply {
  readonly status: number;
  readonly resultcode: string;
  readonly resultdesc: string;
  readonly retryAfter: string | undefined;
}

/** A query for a binding that does not exist: whoever is let in gets 1012007. */
async function knock(
  { base }: Pick<ApiUnderTest, 'base'>,
  headers: Record<string, string>,
  body?: string,
): Promise<Reply> {
  const response = await request(`${base}${PATH}${body === undefined ? '?subscriptionId=none' : ''}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    body: body ?? null,
  });
  const { resultcode, resultdesc, ...rest } = (await response.body.json()) as Omit<Reply, 'status'>;
  expect(rest).toEqual({});
  const retryAfter = response.headers['retry-after'];
  return {
    status: response.statusCode,
    resultcode,
    resultdesc,
    retryAfter: retryAfter === undefined ? undefined : String(retryAfter),
  };
}

const signed = (key: Key, more: Partial<Signature> = {}) => signedHeaders({ ...key, ...more });
const codeOf = async (reply: Promise<Reply>) => (await reply).resultcode;

const LET_IN = '1012007';
const USED = '1010013';
const WRONG = '1010003';
const NOT_FROM_THERE = '1020166';
const BLOCKED = '1020176';
const TOO_MANY = '1010010';

describe('a request that comes again', () => {
  it.each([
    ['AKSK', 'aksk', 0],
    ['WSSE', 'wsse-bytes', 0],
    ['WSSE with the hex digest', 'wsse-hex', 0],
    ['AKSK in Beijing time', 'aksk', 8],
    ['WSSE in Beijing time', 'wsse-bytes', 8],
  ] as const)('is refused: %s', async (_, variant, offsetHours) => {
    const api = shared;
    const headers = signed(await newApp(api), { variant, created: createdNow(offsetHours) });
    expect(await codeOf(knock(api, headers))).toBe(LET_IN);
    const again = await knock(api, headers);
    expect(again).toMatchObject({
      status: 401,
      resultcode: USED,
      resultdesc: expect.stringContaining('Nonce'),
    });
    expect(await codeOf(knock(api, headers, '{}'))).toBe(USED);
  });

  it('is refused in another spelling of the digest, too', async () => {
    const api = shared;
    const key = await newApp(api);
    const same = { nonce: 'n0nce', created: createdNow() };
    expect(await codeOf(knock(api, signed(key, { ...same, variant: 'wsse-bytes' })))).toBe(LET_IN);
    expect(await codeOf(knock(api, signed(key, { ...same, variant: 'wsse-hex' })))).toBe(USED);
  });

  it('is another one with another Nonce, another Created, or of another application', async () => {
    const api = shared;
    const [one, two] = [await newApp(api), await newApp(api)];
    const same = { nonce: 'n0nce', created: createdNow() };
    const earlier = `${new Date(Date.now() - 60_000).toISOString().slice(0, 19)}Z`;
    for (const headers of [
      signed(one, same),
      signed(one, { ...same, nonce: 'another' }),
      signed(one, { ...same, created: earlier }),
      signed(two, same),
    ]) {
      expect(await codeOf(knock(api, headers))).toBe(LET_IN);
    }
  });

  it('is taken once when it comes many times at the same moment', async () => {
    const api = shared;
    const headers = signed(await newApp(api));
    const replies = await Promise.all(Array.from({ length: 20 }, () => codeOf(knock(api, headers))));
    expect(replies.filter((code) => code === LET_IN)).toHaveLength(1);
    expect(replies.filter((code) => code === USED)).toHaveLength(19);
  });

  it('costs nothing that a request which was refused before its turn might still need', async () => {
    const api = shared;
    const key = await newApp(api, { requestLimit: { requests: 1, seconds: 60 } });
    await knock(api, signed(key));
    const headers = signed(key);
    expect(await codeOf(knock(api, headers))).toBe(TOO_MANY);
    await api.admin.send('PATCH', `/apps/${key.appKey}`, { requestLimit: null });
    expect(await codeOf(knock(api, headers))).toBe(LET_IN);
  });

  it('may come where the operator allows it', async () => {
    const api = await start({ settings: { AXBRIDGE_REPLAY: 'allow' } });
    const headers = signed(await newApp(api));
    for (let time = 0; time < 3; time++) expect(await codeOf(knock(api, headers))).toBe(LET_IN);
  });

  it('is refused by the next life of the node', async () => {
    const first = await start({});
    const headers = signed(await newApp(first));
    expect(await codeOf(knock(first, headers))).toBe(LET_IN);
    await expect
      .poll(async () => (await first.sql`SELECT FROM used_nonces`).count, { timeout: 5000 })
      .toBe(1);
    const second = await start({ beside: first });
    expect(await codeOf(knock(second, headers))).toBe(USED);
  });
});

describe('two nodes', () => {
  async function startTwo(): Promise<readonly [ApiUnderTest, ApiUnderTest]> {
    const one = await start({});
    const heard = new Promise<void>((resolve) => {
      const end = one.changes.onChange(({ nodes }) => {
        if (!nodes) return;
        end();
        resolve();
      });
    });
    await one.sql`INSERT INTO nodes (node_id, life) VALUES (${one.nodeId}, gen_random_uuid()), ('two', gen_random_uuid())`;
    await heard;
    return [one, await start({ beside: one })];
  }

  it('take a request once between them', async () => {
    const [one, two] = await startTwo();
    const key = await newApp(one);
    for (const [first, then] of [
      [one, two],
      [two, one],
    ] as const) {
      const headers = signed(key);
      expect(await codeOf(knock(first, headers))).toBe(LET_IN);
      expect(await codeOf(knock(then, headers))).toBe(USED);
    }
  });

  it('take it once when it comes to both at the same moment', async () => {
    const [one, two] = await startTwo();
    const key = await newApp(one);
    for (let round = 0; round < 20; round++) {
      const headers = signed(key);
      const codes = await Promise.all([codeOf(knock(one, headers)), codeOf(knock(two, headers))]);
      expect(codes.toSorted()).toEqual([USED, LET_IN]);
    }
  });

  it('both refuse an address that one of them blocked, and both let it in again', async () => {
    const settings = { AXBRIDGE_AUTH_FAILURES: '3/60' };
    const one = await start({ settings });
    const two = await start({ settings, beside: one });
    const key = await newApp(one);
    const wrong = { ...key, secret: 'guessed' };
    for (let guess = 0; guess < 3; guess++) expect(await codeOf(knock(one, signed(wrong)))).toBe(WRONG);
    expect(await codeOf(knock(one, signed(key)))).toBe(BLOCKED);
    await expect.poll(() => codeOf(knock(two, signed(key)))).toBe(BLOCKED);
    await two.admin.send('DELETE', '/blocked-addresses/127.0.0.1');
    expect(await codeOf(knock(two, signed(key)))).toBe(LET_IN);
    await expect.poll(() => codeOf(knock(one, signed(key)))).toBe(LET_IN);
  });
});

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
    const api = await start({ settings: { AXBRIDGE_TRUSTED_PROXIES: proxies } });
    const key = await newApp(api, { allowedAddresses: ['192.0.2.7'] });
    expect(await codeOf(knock(api, forwarded(key, client)))).toBe(code);
  });

  it('the client is blocked, and nobody else behind it', async () => {
    const api = await start({
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
    const api = await start({ settings });
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
    const api = await start({ settings });
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
    const api = await start({
      settings: { AXBRIDGE_AUTH_FAILURES: '1/60', AXBRIDGE_AUTH_BLOCK_SECONDS: '1' },
    });
    const key = await newApp(api);
    await knock(api, signed({ ...key, secret: 'guessed' }));
    expect(await codeOf(knock(api, signed(key)))).toBe(BLOCKED);
    await expect.poll(() => codeOf(knock(api, signed(key))), { timeout: 5000 }).toBe(LET_IN);
  });

  it('is blocked for the next life of the node, too', async () => {
    const api = await start({ settings });
    const key = await newApp(api);
    for (let guess = 0; guess < 3; guess++) await knock(api, signed({ ...key, secret: 'guessed' }));
    const next = await start({ beside: api });
    expect(await codeOf(knock(next, signed(key)))).toBe(BLOCKED);
  });

  it('is never blocked where that is off', async () => {
    const api = await start({ settings: { AXBRIDGE_AUTH_FAILURES: 'off' } });
    const key = await newApp(api);
    for (let guess = 0; guess < 120; guess++) await knock(api, signed({ ...key, secret: 'guessed' }));
    expect(await codeOf(knock(api, signed(key)))).toBe(LET_IN);
  });

  it('is blocked after a hundred where nothing is set', async () => {
    // The kit switches it off; so it is on again with the default's own text.
    const api = await start({ settings: { AXBRIDGE_AUTH_FAILURES: '' } });
    const key = await newApp(api);
    for (let guess = 0; guess < 99; guess++) await knock(api, signed({ ...key, secret: 'guessed' }));
    expect(await codeOf(knock(api, signed(key)))).toBe(LET_IN);
    await knock(api, signed({ ...key, secret: 'guessed' }));
    expect(await codeOf(knock(api, signed(key)))).toBe(BLOCKED);
  });

  it.each(['nonsense', '300.1.1.1', '::/999'])('cannot be let in as %s', async (name) => {
    const api = shared;
    await expect(api.admin.send('DELETE', `/blocked-addresses/${encodeURIComponent(name)}`)).rejects.toThrow(
      ': 400 ',
    );
    await expect(api.admin.send('DELETE', '/blocked-addresses/192.0.2.1')).rejects.toThrow(': 404 ');
  });
});

describe('flow control', () => {
  const burst = async (api: ApiUnderTest, key: Key, count: number) => {
    const codes: string[] = [];
    for (let sent = 0; sent < count; sent++) codes.push(await codeOf(knock(api, signed(key))));
    return codes.filter((code) => code === LET_IN).length;
  };

  it.each([
    ['the application’s own limit', { requestLimit: { requests: 3, seconds: 3600 } }, {}, 3],
    ['the limit of every application', {}, { AXBRIDGE_APP_REQUESTS: '4/3600' }, 4],
    [
      'its own before that of every one, lower',
      { requestLimit: { requests: 2, seconds: 3600 } },
      { AXBRIDGE_APP_REQUESTS: '4/3600' },
      2,
    ],
    [
      'its own before that of every one, higher',
      { requestLimit: { requests: 6, seconds: 3600 } },
      { AXBRIDGE_APP_REQUESTS: '4/3600' },
      6,
    ],
    ['the platform’s limit', {}, { AXBRIDGE_PLATFORM_REQUESTS: '5/3600' }, 5],
    ['none', {}, {}, 10],
  ])('by %s', async (_, app, settings, expected) => {
    const api = await start({ settings });
    expect(await burst(api, await newApp(api, app), 10)).toBe(expected);
  });

  it('answers 429 and says when to come again', async () => {
    const api = shared;
    const key = await newApp(api, { requestLimit: { requests: 1, seconds: 30 } });
    await knock(api, signed(key));
    expect(await knock(api, signed(key))).toEqual({
      status: 429,
      resultcode: TOO_MANY,
      resultdesc: 'The flow control upper limit is reached on the platform.',
      retryAfter: '30',
    });
  });

  it('lets one in again when there is a token', async () => {
    const api = shared;
    const key = await newApp(api, { requestLimit: { requests: 2, seconds: 1 } });
    await burst(api, key, 2);
    await expect.poll(() => codeOf(knock(api, signed(key)))).toBe(LET_IN);
  });

  it('of one application is no matter of another; of the platform it is', async () => {
    const api = await start({ settings: { AXBRIDGE_PLATFORM_REQUESTS: '6/3600' } });
    const one = await newApp(api, { requestLimit: { requests: 2, seconds: 3600 } });
    const two = await newApp(api);
    // What the application's own limit refuses is not taken from the platform's.
    expect(await burst(api, one, 8)).toBe(2);
    expect(await burst(api, two, 8)).toBe(4);
  });

  it('counts nobody who has not proved whose request it is', async () => {
    const api = await start({ settings: { AXBRIDGE_PLATFORM_REQUESTS: '2/3600' } });
    const key = await newApp(api, { requestLimit: { requests: 2, seconds: 3600 } });
    for (let guess = 0; guess < 5; guess++) await knock(api, signed({ ...key, secret: 'guessed' }));
    expect(await burst(api, key, 3)).toBe(2);
  });

  it('begins anew with a limit that was changed', async () => {
    const api = shared;
    const key = await newApp(api, { requestLimit: { requests: 1, seconds: 3600 } });
    expect(await burst(api, key, 2)).toBe(1);
    await api.admin.send('PATCH', `/apps/${key.appKey}`, { requestLimit: { requests: 3, seconds: 3600 } });
    expect(await burst(api, key, 5)).toBe(3);
  });
});

describe('a body', () => {
  let api: ApiUnderTest;
  let key: Key;
  beforeAll(async () => {
    api = await startApi({ settings: { AXBRIDGE_BODY_KB: '2', AXBRIDGE_JSON_DEPTH: '4' } });
    key = await newApp(api);
    return () => api.stop();
  });

  const nested = (levels: number) => `{"userData":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

  it.each([
    ['as large as it may be', JSON.stringify({ userData: '' }).padEnd(2048), 'callerNum'],
    ['a byte larger', JSON.stringify({ userData: '' }).padEnd(2049), 'expected at most 2048 bytes'],
    ['as deep as it may be', nested(4), 'callerNum'],
    ['a level deeper', nested(5), 'expected at most 4 levels of JSON'],
    [
      'with many brackets that are not inside each other',
      `{"userData":[${'[],'.repeat(200)}[]]}`,
      'callerNum',
    ],
    ['with brackets and quotes in a text', JSON.stringify({ userData: '[[[[[["[[[[[[\\' }), 'callerNum'],
    ['that closes more than it opens', ']]]]]][[[[[[', 'expected JSON in UTF-8'],
  ])('%s', async (_, body, text) => {
    const reply = await knock(api, signed(key), body);
    expect(reply).toMatchObject({ status: 400, resultcode: '1010002' });
    expect(reply.resultdesc).toContain(text);
  });
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
