import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PARTNER_ERRORS, type PartnerErrorName } from '../../src/api/errorCodes.ts';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { createdNow, signedHeaders } from './signedHeaders.ts';

const PATH = '/rest/caas/relationnumber/partners/v1.0';
const A = '+8613900001001';
const B = '+8613900001002';
const X = '+8617000005001';

let api: ApiUnderTest;
let app: { appKey: string; appSecret: string };
let partner: PartnerClient;

async function newApp(
  more: object = {},
): Promise<{ key: { appKey: string; secret: string }; client: PartnerClient }> {
  const { appKey, appSecret } = await api.admin.createApp({ name: 'ride', mode: 'AXB', ...more });
  return { key: { appKey, secret: appSecret }, client: new PartnerClient(api.base, appKey, appSecret) };
}

beforeAll(async () => {
  api = await startApi();
  app = await api.admin.createApp({ name: 'ride', mode: 'AXB' });
  partner = new PartnerClient(api.base, app.appKey, app.appSecret);
  await api.admin.addNumber(app.appKey, X);
});
afterAll(() => api.stop());

/** Any X of the city of `appWithNumbers`, as AX asks for it. */
const SOMEWHERE = { areaCode: '0571', privateNumType: 'mobile-virtual' };
let numbersMade = 0;

async function appWithNumbers(mode: string, count: number) {
  const { key, client } = await newApp({ mode });
  const numbers = Array.from({ length: count }, () => `+86171${String(++numbersMade).padStart(8, '0')}`);
  for (const number of numbers) await api.admin.addNumber(key.appKey, number);
  return { client, numbers };
}

interface Reply {
  readonly status: number;
  readonly body: { readonly resultcode: string; readonly resultdesc: string };
}

async function get(headers: Record<string, string>, path = `${PATH}?subscriptionId=none`): Promise<Reply> {
  const response = await request(`${api.base}${path}`, { headers });
  return { status: response.statusCode, body: (await response.body.json()) as Reply['body'] };
}

const good = (variant: 'aksk' | 'wsse-bytes' = 'aksk') =>
  signedHeaders({ appKey: app.appKey, secret: app.appSecret, variant });

/** Good headers with one attribute of one header taken out or replaced. */
function spoiled(
  header: string,
  attribute: string,
  replacement = '',
  variant: 'aksk' | 'wsse-bytes' = 'aksk',
) {
  const headers = good(variant);
  const pattern = new RegExp(`,? *${attribute}="[^"]*"`);
  const value = headers[header] ?? '';
  if (!pattern.test(value)) throw new Error(`${header} has no ${attribute}`);
  return { ...headers, [header]: value.replace(pattern, replacement) };
}

function without(header: string, variant: 'aksk' | 'wsse-bytes' = 'aksk') {
  const { [header]: _, ...rest } = good(variant);
  return rest;
}

/** A request that provokes each row of the table; the compiler sees to it that none is forgotten. */
const PROVOKED: Record<PartnerErrorName, () => Promise<Reply>> = {
  'authorization-missing': () => get(without('authorization')),
  'realm-missing': () => get(spoiled('authorization', 'realm')),
  'realm-wrong': () => get(spoiled('authorization', 'realm', ' realm="sdp"')),
  'profile-missing': () => get(spoiled('authorization', 'profile')),
  'profile-wrong': () => get(spoiled('authorization', 'profile', ',profile="Password"')),
  'type-missing': () => get(spoiled('authorization', 'type', ',dsl="Appkey"')),
  'type-wrong': () => get(spoiled('authorization', 'type', ',type="app_key"')),
  'aksk-missing': () => get(without('x-aksk')),
  'aksk-username-missing': () => get(spoiled('x-aksk', 'Username')),
  'aksk-nonce-missing': () => get(spoiled('x-aksk', 'Nonce')),
  'aksk-created-missing': () => get(spoiled('x-aksk', 'Created')),
  'aksk-digest-missing': () => get(spoiled('x-aksk', 'PasswordDigest')),
  'wsse-missing': () => get(without('x-wsse', 'wsse-bytes')),
  'wsse-username-missing': () => get(spoiled('x-wsse', 'Username', '', 'wsse-bytes')),
  'wsse-nonce-missing': () => get(spoiled('x-wsse', 'Nonce', '', 'wsse-bytes')),
  'wsse-created-missing': () => get(spoiled('x-wsse', 'Created', '', 'wsse-bytes')),
  'wsse-digest-missing': () => get(spoiled('x-wsse', 'PasswordDigest', '', 'wsse-bytes')),
  'credentials-rejected': () => get(signedHeaders({ appKey: app.appKey, secret: 'another' })),
  'created-too-far': () =>
    get(signedHeaders({ appKey: app.appKey, secret: app.appSecret, created: createdNow(-3) })),
  'invalid-request': () => partner.bind(A, B, { callDirection: 7 }),
  'no-such-route': () => get(good(), '/rest/caas/relationnumber/partners/v9.9'),
  'address-blocked': async () => {
    await api.sql`INSERT INTO blocked_addresses (address, blocked_until) VALUES ('127.0.0.1', now() + interval '1 h')`;
    try {
      // PostgreSQL tells the process of it.
      await expect.poll(async () => (await get(good())).status).toBe(401);
      return await get(good());
    } finally {
      await api.admin.send('DELETE', '/blocked-addresses/127.0.0.1');
    }
  },
  'address-not-allowed': async () => {
    const { client } = await newApp({ allowedAddresses: ['192.0.2.0/24'] });
    return client.query({ subscriptionId: 'x' });
  },
  'flow-limit': async () => {
    const { client } = await newApp({ requestLimit: { requests: 1, seconds: 60 } });
    await client.query({ subscriptionId: 'x' });
    return client.query({ subscriptionId: 'x' });
  },
  'app-frozen': async () => {
    const { key, client } = await newApp();
    await api.admin.send('PATCH', `/apps/${key.appKey}`, { state: 'frozen' });
    return client.query({ subscriptionId: 'x' });
  },
  'other-mode': async () => (await newApp({ mode: 'AX' })).client.bind(A, B),
  'x-not-of-application': () => partner.bind(A, B, { relationNum: '+8617000009999' }),
  'no-such-record': () => partner.unbind({ subscriptionId: '00000000-0000-4000-8000-000000000000' }),
  'no-free-x': async () => (await newApp()).client.bind(A, B),
  'number-already-bound': async () => {
    await partner.bind('+8613900002001', '+8613900002002', { relationNum: X });
    return partner.bind('+8613900002003', '+8613900002001', { relationNum: X });
  },
  'recording-not-enabled': () => partner.bind(A, B, { recordFlag: 'true' }),
  'x-status-abnormal': async () => {
    const { key, client } = await newApp();
    await api.admin.addNumber(key.appKey, '+8617000005002');
    await api.admin.send('PATCH', '/numbers/+8617000005002', { state: 'bind-frozen' });
    return client.bind(A, B, { relationNum: '+8617000005002' });
  },
  'x-unknown': async () => (await newApp({ mode: 'AX' })).client.bindAx(A, { privateNum: X }),
  'x-not-applied-for': async () => (await newApp({ mode: 'AX' })).client.unbindAx({ privateNum: X }),
  'no-free-private-number': async () => (await newApp({ mode: 'AX' })).client.bindAx(A, SOMEWHERE),
  'too-many-x': async () => {
    const { client } = await appWithNumbers('AX', 6);
    for (let held = 0; held < 5; held++) await client.bindAx(A, SOMEWHERE);
    return client.bindAx(A, SOMEWHERE);
  },
  'x-taken': async () => {
    const { client, numbers } = await appWithNumbers('AX', 1);
    await client.bindAx(A, { privateNum: numbers[0] });
    return client.bindAx(B, { privateNum: numbers[0] });
  },
  'no-such-binding': async () => (await newApp({ mode: 'AXE' })).client.queryAxe({ subscriptionId: 'none' }),
  'binding-exists': async () => {
    const { client, numbers } = await appWithNumbers('AX', 1);
    await client.bindAx(A, { privateNum: numbers[0] });
    return client.bindAx(A, { privateNum: numbers[0] });
  },
  'no-free-extension': async () => {
    const { client, numbers } = await appWithNumbers('AXE', 1);
    await client.bindAxe(A, { virtualNum: numbers[0], extendNum: '0001' });
    return client.bindAxe(B, { virtualNum: numbers[0], extendNum: '0001' });
  },
  'internal-error': async () => {
    await api.sql`ALTER TABLE bindings RENAME TO gone`;
    try {
      return await partner.query({ relationNum: X });
    } finally {
      await api.sql`ALTER TABLE gone RENAME TO bindings`;
    }
  },
};

describe('every row of the table of error codes', () => {
  it.each(Object.entries(PROVOKED))('%s', async (name, provoke) => {
    const { status, body } = await provoke();
    const row = PARTNER_ERRORS[name as PartnerErrorName];
    expect({ status, resultcode: body.resultcode }).toEqual({ status: row.httpStatus, resultcode: row.code });
    expect(body.resultdesc.startsWith(row.resultdesc.split('$')[0] ?? '')).toBe(true);
    expect(body.resultdesc.length).toBeLessThanOrEqual(256);
    expect(body.resultdesc).not.toMatch(/\d{11}/);
  });

  it('holds every code once, except where the facts give none', () => {
    const codes = Object.values(PARTNER_ERRORS).map((row) => row.code);
    expect(new Set(codes).size).toBe(codes.length);
  });
});

describe('further ways to the same codes', () => {
  it('answers an unknown key as a wrong secret', async () => {
    const unknown = await get(signedHeaders({ appKey: 'nobody', secret: 's' }));
    const wrong = await get(signedHeaders({ appKey: app.appKey, secret: 's' }));
    expect(unknown).toEqual(wrong);
  });

  it('judges the headers before the body', async () => {
    const response = await request(`${api.base}${PATH}`, { method: 'POST', body: '{broken' });
    expect(await response.body.json()).toMatchObject({ resultcode: '1023006' });
  });

  it('has 1012001 for a plus that was not escaped, and an X of another application', async () => {
    expect((await get(good(), `${PATH}?relationNum=${X}`)).body.resultcode).toBe('1012001');
    const other = (await newApp()).client;
    expect(await other.unbind({ relationNum: X })).toMatchObject({
      status: 403,
      body: { resultcode: '1012001' },
    });
  });

  it('has 1012007 for an X without bindings, and for an unknown id, whatever its form', async () => {
    await api.admin.addNumber(app.appKey, '+8617000005003');
    for (const query of [{ relationNum: '+8617000005003' }, { subscriptionId: 'no-uuid' }]) {
      expect((await partner.query(query)).body.resultcode).toBe('1012007');
      expect((await partner.unbind(query)).body.resultcode).toBe('1012007');
    }
    const modified = await partner.modify('no-uuid', { callDirection: 1 });
    expect(modified.body.resultcode).toBe('1012007');
  });

  it('has 1010002 when neither subscriptionId nor relationNum is given', async () => {
    expect((await partner.query({ callerNum: A })).body.resultcode).toBe('1010002');
    expect((await partner.unbind({})).body.resultcode).toBe('1010002');
  });

  it('has 1010002 for an announcement that nobody uploaded', async () => {
    const reply = await partner.bind(A, B, { preVoice: { callerHintTone: 'nobody.wav' } });
    expect(reply).toMatchObject({ status: 400, body: { resultcode: '1010002' } });
    expect(reply.body.resultdesc).toContain('nobody.wav');
    const confused = await partner.bind(A, B, { preVoice: { callerHintTone: A } });
    expect(confused.body.resultdesc).not.toContain(A);
  });

  it('names a number that is bound already, masked', async () => {
    const { body } = await PROVOKED['number-already-bound']();
    expect(body.resultdesc).toMatch(/^The number \+86139\*{4}200\d has been bound\.$/);
  });

  it('refuses a binding of a number with itself', async () => {
    const reply = await partner.bind(A, A, { relationNum: X });
    expect(reply.status).toBeLessThan(500);
    expect(reply.body.resultcode).toBe('1012010');

    await api.admin.addNumber(app.appKey, '+8617000005004');
    const bound = await partner.bind(A, B, { relationNum: '+8617000005004' });
    const id = String(bound.body.subscriptionId);
    for (const changes of [{ calleeNum: A }, { callerNum: B }, { callerNum: B, calleeNum: B }]) {
      expect((await partner.modify(id, changes)).body.resultcode).toBe('1012010');
    }
  });
});
