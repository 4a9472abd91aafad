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
