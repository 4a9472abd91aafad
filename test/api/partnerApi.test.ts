import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { createdNow, type Signature, signedHeaders } from './signedHeaders.ts';

const PATH = '/rest/caas/relationnumber/partners/v1.0';

let api: ApiUnderTest;
let key: { appKey: string; secret: string };
let partner: PartnerClient;
let users = 0;
let xCount = 0;

/** A number that no other test uses. */
const nextUser = () => `+86139${String(++users).padStart(8, '0')}`;
async function nextX(): Promise<string> {
  const number = `+86170${String(++xCount).padStart(8, '0')}`;
  await api.admin.addNumber(key.appKey, number);
  return number;
}

beforeAll(async () => {
  api = await startApi();
  const { appKey, appSecret } = await api.admin.createApp({ name: 'ride', mode: 'AXB', recording: true });
  key = { appKey, secret: appSecret };
  partner = new PartnerClient(api.base, appKey, appSecret);
});
afterAll(() => api.stop());

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
}

async function send(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  headers: Record<string, string>,
  body?: string | Buffer,
): Promise<Reply> {
  const response = await request(`${api.base}${path}`, { method, headers, body: body ?? null });
  return {
    status: response.statusCode,
    type: String(response.headers['content-type']),
    body: (await response.body.json()) as Record<string, unknown>,
  };
}

const JSON_TYPE = { 'content-type': 'application/json;charset=UTF-8' };
const signed = (more: Partial<Signature> = {}) => signedHeaders({ ...key, ...more });

describe('bind, query, modify, unbind', () => {
  it('answers with the fields and types of the documents', async () => {
    const [a, b, x] = [nextUser(), nextUser(), await nextX()];
    const bound = await partner.bind(a, b, {
      relationNum: x,
      callDirection: 1,
      duration: 86400,
      maxDuration: 60,
      recordFlag: 'true',
      userData: 'order-77',
    });
    expect(bound).toEqual({
      status: 200,
      body: {
        resultcode: '0',
        resultdesc: 'Success',
        subscriptionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        relationNum: x,
        callDirection: 1,
        duration: 86400,
        maxDuration: 60,
      },
    });

    const queried = await partner.query({ relationNum: x });
    expect(queried.body).toEqual({
      resultcode: '0',
      resultdesc: 'Success',
      app_key: key.appKey,
      relationNumList: [
        {
          subscriptionId: bound.body.subscriptionId,
          relationNum: x,
          callerNum: a,
          calleeNum: b,
          callDirection: 1,
          duration: 86400,
          maxDuration: 60,
          recordFlag: 'true',
          privateSms: 'true',
          preVoice: {},
          userData: 'order-77',
          subscribeTime: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
        },
      ],
      totalCount: 1,
      pageIndex: 1,
      pageSize: 50,
    });
    const [item] = queried.body.relationNumList as { subscribeTime: string }[];
    const age = Date.now() - Date.parse(`${item?.subscribeTime.replace(' ', 'T')}Z`);
    expect(Math.abs(age)).toBeLessThan(60_000);
  });

  it('gives an X of the application when none is asked for, and defaults for all else', async () => {
    await nextX();
    const { body } = await partner.bind(nextUser(), nextUser());
    expect(body).toMatchObject({ resultcode: '0', callDirection: 0, duration: 0, maxDuration: 0 });
    expect(body.relationNum).toMatch(/^\+86170/);
  });

  it('finds a binding by id, by A, by B, by both, and pages through an X', async () => {
    const x = await nextX();
    const pairs = Array.from({ length: 12 }, () => [nextUser(), nextUser()] as const);
    for (const [a, b] of pairs) await partner.bind(a, b, { relationNum: x });
    const [a, b] = pairs[3] ?? ['', ''];
    for (const query of [
      { relationNum: x, callerNum: a },
      { relationNum: x, calleeNum: b },
      { relationNum: x, callerNum: a, calleeNum: b },
    ]) {
      expect((await partner.query(query)).body).toMatchObject({
        totalCount: 1,
        relationNumList: [{ callerNum: a }],
      });
    }
    const first = (await partner.query({ relationNum: x, pageSize: '10' })).body;
    const second = (await partner.query({ relationNum: x, pageSize: '10', pageIndex: '2' })).body;
    expect([first.totalCount, first.pageSize, second.pageIndex]).toEqual([12, 10, 2]);
    const listed = [first, second].flatMap((page) => page.relationNumList as { callerNum: string }[]);
    expect(new Set(listed.map((item) => item.callerNum)).size).toBe(12);
    expect((await partner.query({ relationNum: x, pageSize: '5' })).body).toMatchObject({ pageSize: 50 });
  });

  it('changes what it is told to, and nothing else', async () => {
    const [a, b, c, x] = [nextUser(), nextUser(), nextUser(), await nextX()];
    const { subscriptionId } = (await partner.bind(a, b, { relationNum: x, userData: 'kept' })).body;
    const modified = await partner.modify(String(subscriptionId), {
      calleeNum: c,
      callDirection: '2',
      duration: 60,
    });
    expect(modified).toEqual({ status: 200, body: { resultcode: '0', resultdesc: 'Success' } });
    expect(
      (await partner.query({ subscriptionId: String(subscriptionId) })).body.relationNumList,
    ).toMatchObject([{ callerNum: a, calleeNum: c, callDirection: 2, duration: 60, userData: 'kept' }]);
  });

  it('ends one binding by its id, or all of an X', async () => {
    const x = await nextX();
    const { subscriptionId } = (await partner.bind(nextUser(), nextUser(), { relationNum: x })).body;
    await partner.bind(nextUser(), nextUser(), { relationNum: x });
    await partner.bind(nextUser(), nextUser(), { relationNum: x });
    expect((await partner.unbind({ subscriptionId: String(subscriptionId) })).body).toEqual({
      resultcode: '0',
      resultdesc: 'Success',
    });
    expect((await partner.query({ relationNum: x })).body.totalCount).toBe(2);
    await partner.unbind({ relationNum: x });
    expect((await partner.query({ relationNum: x })).body.resultcode).toBe('1012007');
  });

  it('ignores a hint without a recording and a last-minute voice without a limit', async () => {
    const x = await nextX();
    const reply = await partner.bind(nextUser(), nextUser(), {
      relationNum: x,
      recordFlag: 'false',
      recordHintTone: 'nobody.wav',
      lastMinVoice: 'nobody.wav',
    });
    expect(reply.body.resultcode).toBe('0');
  });
});

describe('clients as they are', () => {
  const bindBody = (more: object = {}) =>
    JSON.stringify({ callerNum: nextUser(), calleeNum: nextUser(), ...more });

  it('Java demo: WSSE, digest of bytes, local time with a literal Z, beans with null members', async () => {
    const headers = { ...signed({ variant: 'wsse-bytes', created: createdNow(8) }), ...JSON_TYPE };
    const body = bindBody({
      relationNum: await nextX(),
      areaCode: null,
      preVoice: null,
      recordFlag: true,
      duration: 0,
    });
    expect(await send('POST', PATH, headers, body)).toMatchObject({ status: 200, body: { resultcode: '0' } });
  });

  it('PHP: WSSE without spaces, UTC, an empty array for an object, DELETE with a JSON body', async () => {
    const php = () => ({ ...signed({ variant: 'wsse-bytes', separator: ',' }), ...JSON_TYPE });
    const x = await nextX();
    const bound = await send(
      'POST',
      PATH,
      php(),
      bindBody({ relationNum: x, preVoice: [], maxDuration: '60' }),
    );
    expect(bound.body).toMatchObject({ resultcode: '0', maxDuration: 60 });
    const unbound = await send('DELETE', PATH, php(), JSON.stringify({ relationNum: x }));
    expect(unbound).toMatchObject({ status: 200, body: { resultcode: '0' } });
  });

  it('Python: WSSE, digest of the hex string, Base64 nonce, "True"', async () => {
    const headers = { ...signed({ variant: 'wsse-hex', nonce: 'q83v/+8=' }), ...JSON_TYPE };
    const body = bindBody({ relationNum: await nextX(), privateSms: 'True' });
    expect((await send('POST', PATH, headers, body)).body.resultcode).toBe('0');
  });

  it('Go: AKSK, local time, a space after the comma of Authorization, integers as strings', async () => {
    const authorization = 'AKSK realm="SDP", profile="UsernameToken", type="Appkey"';
    const headers = { ...signed({ created: createdNow(8) }), authorization, ...JSON_TYPE };
    const body = bindBody({ relationNum: await nextX(), callDirection: '0', duration: '3600' });
    expect((await send('POST', PATH, headers, body)).body).toMatchObject({ resultcode: '0', duration: 3600 });
  });

  it('Node: AKSK, milliseconds in Created, numbers without a plus', async () => {
    const created = new Date().toISOString();
    const body = JSON.stringify({
      callerNum: nextUser().slice(3),
      calleeNum: nextUser().slice(1),
      relationNum: (await nextX()).slice(1),
    });
    const reply = await send('POST', PATH, { ...signed({ created }), ...JSON_TYPE }, body);
    expect(reply.body.resultcode).toBe('0');
  });

  it('an address that ends in a slash', async () => {
    expect((await send('GET', `/${PATH}?subscriptionId=x`, signed())).body.resultcode).toBe('1012007');
    expect((await send('GET', `${PATH}/?subscriptionId=x`, signed())).body.resultcode).toBe('1012007');
  });

  it('GET and DELETE that say they carry JSON, and carry nothing', async () => {
    const headers = () => ({ ...signed(), ...JSON_TYPE });
    const path = `${PATH}?subscriptionId=x`;
    expect((await send('GET', path, headers())).body.resultcode).toBe('1012007');
    expect((await send('DELETE', path, headers())).body.resultcode).toBe('1012007');
    expect((await send('DELETE', path, headers(), '')).body.resultcode).toBe('1012007');
  });
});

describe('bad input of every kind gets the envelope, and never a 500', () => {
  const bodies: readonly [string, string | Buffer, Record<string, string>?][] = [
    ['broken JSON', '{"callerNum":'],
    ['an array', '[1,2,3]'],
    ['a string', '"text"'],
    ['null', 'null'],
    ['nothing', ''],
    ['a body of 1 MB', JSON.stringify({ callerNum: 'x'.repeat(1_000_000) })],
    ['JSON nested 30,000 deep', `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
    ['objects nested deep in a field', `{"preVoice":${'{"a":'.repeat(8000)}1${'}'.repeat(8000)}}`],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ['UTF-16', Buffer.from('\ufeff{"callerNum":"+8613900001001"}', 'utf16le')],
    ['a form', 'callerNum=1', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a content type that is none', '{}', { 'content-type': 'garbage' }],
    ['a content type of another charset', '{}', { 'content-type': 'application/json;charset=GBK' }],
    ['compressed content', '{}', { 'content-encoding': 'gzip' }],
    ['a prototype', '{"__proto__":{"callerNum":"+8613900001001"},"constructor":{"prototype":{}}}'],
    ['NUL characters', JSON.stringify({ callerNum: '+86139\u00000001001', calleeNum: '+8613900001002' })],
    ['lone surrogates', '{"callerNum":"\\ud800\\ud800\\ud800\\ud800","calleeNum":"+8613900001002"}'],
    [
      'user data with NUL',
      JSON.stringify({ callerNum: '+8613900001001', calleeNum: '+8613900001002', userData: 'a\u0000' }),
    ],
  ];

  it.each(bodies)('%s', async (_, body, headers = JSON_TYPE) => {
    for (const method of ['POST', 'PUT'] as const) {
      const reply = await send(method, PATH, { ...signed(), ...headers }, body);
      expect(reply.status).toBe(400);
      expect(reply.type).toBe('application/json; charset=utf-8');
      expect(reply.body).toEqual({
        resultcode: '1010002',
        resultdesc: expect.stringContaining('Invalid request.'),
      });
    }
  });

  it.each([
    ['%zz in the path', '/rest/%zz', 400, '1010002'],
    ['a doubled field', `${PATH}?subscriptionId=a&subscriptionId=b`, 400, '1010002'],
    ['a field that is an object', `${PATH}?subscriptionId[a]=b`, 400, '1010002'],
    ['a page that is none', `${PATH}?subscriptionId=a&pageIndex=x`, 400, '1010002'],
    ['page 0', `${PATH}?subscriptionId=a&pageIndex=0`, 400, '1010002'],
    ['an id with NUL', `${PATH}?subscriptionId=%00`, 400, '1010002'],
    ['a number that is none', `${PATH}?relationNum=%2B86170abc`, 403, '1012001'],
    ['an unknown path', '/rest/else', 404, '1010006'],
  ])('%s', async (_, path, status, resultcode) => {
    expect(await send('GET', path, signed())).toMatchObject({ status, body: { resultcode } });
  });

  it('a method that the path does not have', async () => {
    const response = await request(`${api.base}${PATH}`, { method: 'PATCH', headers: signed(), body: '{}' });
    expect(response.statusCode).toBe(404);
    expect(await response.body.json()).toMatchObject({ resultcode: '1010006' });
  });

  it.each([
    ['no HTTP at all', 'INVITE sip:x SIP/2.0\r\n\r\n'],
    ['a header of 100 kB', `GET ${PATH} HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`],
  ])('%s', async (_, bytes) => {
    const { port } = new URL(api.base);
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(bytes);
    const answer = await text(socket).catch(() => '');
    if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*"resultcode":"1010002"/);
  });

  it('leaves nothing in the log that names a person, and no failure', () => {
    expect(JSON.stringify(api.logged)).not.toMatch(/139\d{8}/);
    expect(api.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
