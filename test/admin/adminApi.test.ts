import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, OPERATOR_TOKEN, startApi } from '../kit/apiUnderTest.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { wav } from './wav.ts';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

/** The members that answers of the admin API have; which of them an answer has, its test knows. */
interface AnswerBody {
  readonly appKey: string;
  readonly appSecret: string;
  readonly items: readonly { readonly number: string }[];
  readonly next: string;
  readonly state: string;
  readonly decision: object;
  readonly because: readonly string[];
  readonly detail: string;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: AnswerBody;
}

async function send(method: string, path: string, body?: unknown, headers: object = {}): Promise<Answer> {
  const raw = Buffer.isBuffer(body) || typeof body === 'string';
  const response = await request(`${api.base}/admin/v1${path}`, {
    method: method as 'GET',
    headers: {
      authorization: `Bearer ${OPERATOR_TOKEN}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? null : raw ? body : JSON.stringify(body),
  });
  const text = await response.body.text();
  return {
    status: response.statusCode,
    type: String(response.headers['content-type'] ?? ''),
    body: text === '' ? undefined : JSON.parse(text),
  };
}

const newApp = (more: object = {}) => send('POST', '/apps', { name: 'ride', mode: 'AXB', ...more });

function expectProblem(answer: Answer, status: number, code: string, detail: string | RegExp): void {
  expect(answer.body?.detail).toMatch(detail);
  expect(answer).toMatchObject({ status, body: { type: 'about:blank', status, code } });
  expect(answer.type).toContain('application/problem+json');
}

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

describe('applications', () => {
  it('are made with a key and a secret, which is shown this once', async () => {
    const made = await newApp({ recording: true, statusUrl: 'http://127.0.0.1:1/status' });
    expect(made).toMatchObject({
      status: 201,
      body: {
        name: 'ride',
        mode: 'AXB',
        state: 'normal',
        recording: true,
        statusUrl: 'http://127.0.0.1:1/status',
      },
    });
    const { appKey, appSecret } = made.body;
    expect(appSecret.length).toBeGreaterThanOrEqual(32);
    const read = await send('GET', `/apps/${appKey}`);
    expect(read.body).toMatchObject({ appKey, name: 'ride' });
    expect(JSON.stringify([read.body, (await send('GET', '/apps')).body])).not.toContain(appSecret);
  });

  it('change by merge patch, where null takes a URL away', async () => {
    const { appKey } = (await newApp({ feeUrl: 'http://127.0.0.1:1/fee' })).body;
    const changed = await send('PATCH', `/apps/${appKey}`, { name: 'taxi', feeUrl: null });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ name: 'taxi', mode: 'AXB' });
    expect(changed.body).not.toHaveProperty('feeUrl');
  });

  it('take part in the partner API at once: frozen, normal again, a new secret', async () => {
    const { appKey, appSecret } = (await newApp()).body;
    const code = async (secret: string) =>
      (await new PartnerClient(api.base, appKey, secret).query({ subscriptionId: 'x' })).body.resultcode;
    expect(await code(appSecret)).toBe('1012007');
    await send('PATCH', `/apps/${appKey}`, { state: 'frozen' });
    expect(await code(appSecret)).toBe('1010029');
    await send('PATCH', `/apps/${appKey}`, { state: 'normal' });
    const renewed = (await send('POST', `/apps/${appKey}/secret`)).body.appSecret;
    expect(await code(appSecret)).toBe('1010003');
    expect(await code(renewed)).toBe('1012007');
    expect((await send('DELETE', `/apps/${appKey}`)).status).toBe(204);
    expect(await code(renewed)).toBe('1010003');
  });

  it('are not deleted while they have numbers', async () => {
    const { appKey } = (await newApp()).body;
    await send('POST', '/numbers', { appKey, numbers: [{ number: '+8617000005101' }] });
    expectProblem(await send('DELETE', `/apps/${appKey}`), 409, 'in-use', '+8617000005101');
    await send('DELETE', '/numbers/+8617000005101');
    expect((await send('DELETE', `/apps/${appKey}`)).status).toBe(204);
    expectProblem(await send('DELETE', `/apps/${appKey}`), 404, 'not-found', appKey);
  });

  it.each([
    [{ mode: 'AXB' }, 'name: expected a text of 1 to 128 characters, it is missing'],
    [{ name: 'ride', mode: 'ABX' }, 'mode: expected AXB, AX, AXE, AXYB or X, got "ABX"'],
    [{ name: 'ride', mode: 'AXB', statusUrl: 'ftp://x' }, 'statusUrl: expected an http or https URL'],
    [{ name: 'ride', mode: 'AXB', recording: 'yes' }, 'recording: expected true or false, got "yes"'],
    [
      { name: 'ride', mode: 'AXB', statusurl: 'http://a/' },
      'statusurl: no such field; expected name, mode, recording',
    ],
    [
      { name: 'ride', mode: 'AXB', announcements: { 'no-binding': 'no.wav' } },
      'there is no announcement "no.wav"',
    ],
    [{ name: 'ride', mode: 'AXB', announcements: { lunch: 'no.wav' } }, 'announcements.lunch: no such field'],
    [[], 'The request: expected a JSON object'],
  ])('are refused when they say %j', async (body, detail) => {
    expectProblem(await send('POST', '/apps', body), 400, 'invalid-body', detail);
  });

  it('are made whatever the content type says, as curl -d does', async () => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await send('POST', '/apps', '{"name":"ride","mode":"AXB"}', type)).status).toBe(201);
  });

  it('are refused as broken JSON, as no JSON, as nothing, with an empty patch', async () => {
    expectProblem(await send('POST', '/apps', '{'), 400, 'invalid-body', 'expected JSON in UTF-8');
    expectProblem(
      await send('POST', '/apps', 'a=b', { 'content-type': 'text/csv' }),
      400,
      'invalid-body',
      'JSON',
    );
    expectProblem(
      await send('POST', '/apps', ''),
      400,
      'invalid-body',
      'expected a JSON object, it is missing',
    );
    expectProblem(await send('POST', '/apps', `"${'x'.repeat(70_000)}"`), 413, 'too-large', 'larger');
    const { appKey } = (await newApp()).body;
    expectProblem(await send('PATCH', `/apps/${appKey}`, {}), 400, 'invalid-body', 'at least one field');
    expectProblem(
      await send('PATCH', '/apps/nobody', { name: 'x' }),
      404,
      'not-found',
      'no application "nobody"',
    );
  });
});

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
    expectProblem(await send('GET', path), 404, 'not-found', 'no number "+8617000005201"');
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

describe('trunks', () => {
  const trunk = {
    name: 'carrier-a',
    host: '127.0.0.1',
    port: 5070,
    transport: 'udp',
    sources: ['127.0.0.1/32'],
  };

  it('are made, read, changed and deleted; a password is never shown', async () => {
    const made = await send('POST', '/trunks', { ...trunk, username: 'u', password: 'very-secret' });
    expect(made).toMatchObject({
      status: 201,
      body: { ...trunk, username: 'u', passwordSet: true, priority: 1, weight: 1, enabled: true },
    });
    const changed = await send('PATCH', '/trunks/carrier-a', {
      enabled: false,
      maxCalls: 30,
      username: null,
      password: null,
    });
    expect(changed.body).toMatchObject({ enabled: false, maxCalls: 30, passwordSet: false });
    expect(JSON.stringify([made.body, (await send('GET', '/trunks')).body])).not.toContain('very-secret');
    expectProblem(await send('POST', '/trunks', trunk), 409, 'already-exists', 'carrier-a');
    expect((await send('DELETE', '/trunks/carrier-a')).status).toBe(204);
    expectProblem(await send('GET', '/trunks/carrier-a'), 404, 'not-found', 'carrier-a');
  });

  it.each([
    [{ ...trunk, host: '127.0.0.1:5060' }, 'host: expected a host name or an IP address, without a port'],
    [{ ...trunk, port: 70000 }, 'port: expected a port from 1 to 65535, got 70000'],
    [{ ...trunk, port: '5070' }, 'port: expected a port from 1 to 65535, got "5070"'],
    [{ ...trunk, transport: 'sctp' }, 'transport: expected udp, tcp or tls, got "sctp"'],
    [{ ...trunk, sources: ['127.0.0.1/8'] }, 'sources.0: expected a CIDR range whose host bits are 0'],
    [{ ...trunk, sources: '127.0.0.1' }, 'sources: expected an array'],
    [{ ...trunk, name: 'a b' }, 'name: expected letters'],
    [{ ...trunk, password: 'x' }, 'username: expected'],
    [{ ...trunk, weight: 0 }, 'weight: expected a number from 1'],
  ])('are refused when they say %j', async (body, detail) => {
    expectProblem(await send('POST', '/trunks', body), 400, 'invalid-body', detail);
  });
});

describe('announcements', () => {
  const upload = (name: string, file: Buffer) =>
    send('POST', `/announcements?name=${encodeURIComponent(name)}`, file, { 'content-type': 'audio/wav' });

  it('are checked, stored under their name, replaced and deleted', async () => {
    const file = wav({ samples: 16_000 });
    const made = await upload('wait.wav', file);
    expect(made).toMatchObject({ status: 201, body: { name: 'wait.wav', bytes: file.length, seconds: 2 } });
    expect(await readFile(join(api.announcementsDir, 'wait.wav'))).toEqual(file);
    expect(await upload('wait.wav', wav({ samples: 8000 }))).toMatchObject({
      status: 200,
      body: { seconds: 1 },
    });
    expect((await send('GET', '/announcements')).body.items).toHaveLength(1);
    expect(await readdir(api.announcementsDir)).toEqual(['wait.wav']);
    expect((await send('DELETE', '/announcements/wait.wav')).status).toBe(204);
    expect(await readdir(api.announcementsDir)).toEqual([]);
    expectProblem(await send('GET', '/announcements/wait.wav'), 404, 'not-found', 'wait.wav');
  });

  it('may be 2 MB and no more', async () => {
    const most = 2 * 1024 * 1024 - 44;
    expect((await upload('big.wav', wav({ samples: most }))).status).toBe(201);
    const answer = await upload('big.wav', wav({ samples: most + 2 })).catch((error: Error) => error);
    if (answer instanceof Error) expect(answer.message).toMatch(/other side closed|EPIPE|ECONNRESET/);
    else expectProblem(answer, 413, 'too-large', /larger/);
  });

  it('are refused when they are something else, or have an unsafe name', async () => {
    expectProblem(await upload('pcm.wav', wav({ format: 1, bits: 16 })), 400, 'invalid-file', 'got format 1');
    expectProblem(await upload('empty.wav', Buffer.alloc(0)), 400, 'invalid-file', /WAV/);
    for (const name of ['../../evil.wav', 'a/b.wav', 'x.mp3', '.wav', '']) {
      expectProblem(await upload(name, wav({})), 400, 'invalid-query', 'name: expected a file name');
    }
  });

  it('stay while an application or a binding names them', async () => {
    await upload('mine.wav', wav({}));
    const { appKey, appSecret } = (await newApp({ announcements: { 'no-binding': 'mine.wav' } })).body;
    expectProblem(await send('DELETE', '/announcements/mine.wav'), 409, 'in-use', appKey);
    await send('PATCH', `/apps/${appKey}`, { announcements: {} });
    await send('POST', '/numbers', { appKey, numbers: [{ number: '+8617000005501' }] });
    const partner = new PartnerClient(api.base, appKey, appSecret);
    const bound = await partner.bind('+8613900001001', '+8613900001002', {
      preVoice: { callerHintTone: 'mine.wav' },
    });
    expect(bound.body.resultcode).toBe('0');
    expectProblem(await send('DELETE', '/announcements/mine.wav'), 409, 'in-use', '1 bindings');
    await partner.unbind({ relationNum: '+8617000005501' });
    expect((await send('DELETE', '/announcements/mine.wav')).status).toBe(204);
  });
});

describe('explain', () => {
  it('says where a call would go and why, with the other party masked', async () => {
    const { appKey, appSecret } = (await newApp()).body;
    const x = '+8617000005601';
    await send('POST', '/numbers', { appKey, numbers: [{ number: x }] });
    await new PartnerClient(api.base, appKey, appSecret).bind('+8613900001001', '+8613900001002', {
      relationNum: x,
    });
    const answer = await send('POST', '/explain', { caller: '+8613900001001', x });
    expect(answer).toMatchObject({
      status: 200,
      body: { decision: { kind: 'connect', callee: '+86139****1002', shown: x, app: { appKey } } },
    });
    expect(answer.body.because.length).toBeGreaterThan(1);
    expect(JSON.stringify(answer.body)).not.toContain('13900001002');

    const stranger = await send('POST', '/explain', { caller: '+8613900001003', x });
    expect(stranger.body.decision).toMatchObject({
      kind: 'refuse',
      stateCode: 8014,
      announcement: 'no-binding',
    });
    const unknown = await send('POST', '/explain', { caller: '+8613900001003', x: '+8617000009999' });
    expect(unknown.body.decision).toMatchObject({ kind: 'refuse', stateCode: 8018 });
  });

  it('refuses what is no number', async () => {
    expectProblem(
      await send('POST', '/explain', { caller: '139', x: '+8617000005601' }),
      400,
      'invalid-body',
      'caller: expected',
    );
    for (const at of ['tomorrow', '2026-13-45T08:00:00Z', '2026-01-31T08:00:00']) {
      expectProblem(
        await send('POST', '/explain', { caller: '', x: '+8617000005601', at }),
        400,
        'invalid-body',
        'at: expected a time like',
      );
    }
    expectProblem(await send('POST', '/explain', { caller: '' }), 400, 'invalid-body', 'x: expected');
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
    const bad = await send('GET', '/apps/%zz');
    expect(bad).toMatchObject({ status: 400, body: { status: 400 } });
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

  it('logs each request without its query, and no numbers', () => {
    const requests = api.logged.filter(({ message }) => message === 'request');
    expect(requests.length).toBeGreaterThan(10);
    expect(JSON.stringify(api.logged)).not.toMatch(/\+?\d{11}/);
    expect(api.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
