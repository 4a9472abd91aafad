import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { expectProblem, sendTo } from './adminRequest.ts';
import { wav } from './wav.ts';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
  await api.admin.addAnnouncement('own.wav', wav({}));
});
afterAll(() => api.stop());

const send = (method: string, path: string, body?: unknown) => sendTo(api, method, path, body);
const newApp = (mode: string, more: object = {}) => send('POST', '/apps', { name: 'ride', mode, ...more });
const keyOfNew = async (mode: string, more: object = {}) => (await newApp(mode, more)).body.appKey;
const patch = (appKey: string, body: object) => send('PATCH', `/apps/${appKey}`, body);

const NO_LIMITS = { callsFromAbroad: false, callsAbroad: false, hours: [] };
const ALL_MODES = { 'no-permission': 'default', 'no-binding': 'default', 'business-fault': 'default' };

describe('a new application', () => {
  it.each([
    ['AXB', { sms: false, announcements: ALL_MODES }],
    [
      'AX',
      {
        sms: false,
        callBackMemory: false,
        announcements: { ...ALL_MODES, 'no-call-back-record': 'default' },
      },
    ],
    [
      'AXE',
      {
        extensionDigits: 4,
        collectRepeats: 0,
        announcements: {
          ...ALL_MODES,
          'no-call-back-record': 'default',
          'wrong-extension': 'default',
          'no-extension': 'default',
        },
      },
    ],
    ['AXYB', { sms: false, announcements: ALL_MODES }],
    ['X', { sms: false, announcements: ALL_MODES }],
  ])('of mode %s shows its fields, what is heard in it, and that it has no limits', async (mode, fields) => {
    const { status, body } = await newApp(mode);
    const { appKey, appSecret, name, state, recording, createdAt, ...rest } = body as typeof body &
      Readonly<Record<string, unknown>>;
    expect(status).toBe(201);
    expect(rest).toEqual({
      ...{ mode, ...fields, guards: NO_LIMITS },
      ...{ accountId: 'axbridge', pushNumberStatus: false, qualityCheck: false, allowedAddresses: [] },
    });
    expect((await send('GET', `/apps/${appKey}`)).body).toMatchObject(rest);
  });

  it('is silent where its announcement is null, and heard with its own file where it names one', async () => {
    const { body } = await newApp('AX', { announcements: { 'no-binding': null, busy: 'own.wav' } });
    expect(body).toMatchObject({ announcements: { busy: 'own.wav', 'no-permission': 'default' } });
    expect(body).not.toHaveProperty('announcements.no-binding');
  });

  it('takes the fields of its mode', async () => {
    const fields = {
      extensionDigits: 3,
      collectRepeats: 2,
      callBackNumber: '+8675528765432',
      announcements: { wait: 'default', 'enter-extension': 'own.wav', 'wrong-extension-retry': 'default' },
    };
    expect((await newApp('AXE', fields)).body).toMatchObject(fields);
    expect((await newApp('AX', { callBackMemory: true })).body).toMatchObject({ callBackMemory: true });
  });
});

describe('the call-back number', () => {
  it('is whole in the application, masked in the list, and sealed in the database', async () => {
    const number = '+8613900001234';
    const appKey = await keyOfNew('AXE', { callBackNumber: number });
    expect((await send('GET', `/apps/${appKey}`)).body).toMatchObject({ callBackNumber: number });
    const list = JSON.stringify((await send('GET', '/apps')).body);
    expect(list).toContain('+86139****1234');
    expect(list).not.toContain(number);
    const [row] =
      await api.sql`SELECT apps::text AS text, call_back_number_sealed FROM apps WHERE app_key = ${appKey}`;
    expect(row?.text).not.toContain('13900001234');
    expect(String(row?.call_back_number_sealed)).not.toContain('13900001234');
  });

  it('goes with null', async () => {
    const appKey = await keyOfNew('AXE', { callBackNumber: '+8613900001234' });
    expect((await patch(appKey, { callBackNumber: null })).body).not.toHaveProperty('callBackNumber');
  });

  it('is not repeated in an error', async () => {
    const refused = await newApp('AXE', { callBackNumber: '13900001234' });
    expectProblem(refused, 400, 'invalid-body', 'callBackNumber: expected a number in E.164');
    expect(refused.body.detail).not.toContain('13900001234');
  });
});

describe('a change', () => {
  it('leaves the announcements that it does not name, and null takes one away', async () => {
    const appKey = await keyOfNew('AXB');
    const changed = await patch(appKey, { announcements: { 'no-binding': null, 'last-minute': 'own.wav' } });
    expect(changed.body).toMatchObject({
      announcements: { 'no-permission': 'default', 'business-fault': 'default', 'last-minute': 'own.wav' },
    });
    expect(changed.body).not.toHaveProperty('announcements.no-binding');
  });

  it('leaves the guards that it does not name, and null takes a limit away', async () => {
    const guards = { hours: ['08:00-21:30'], maxCalls: 5, callerFrequency: { calls: 3, seconds: 60 } };
    const appKey = await keyOfNew('X', { guards });
    const changed = await patch(appKey, { guards: { maxCalls: null, callsAbroad: true } });
    const { maxCalls, ...kept } = guards;
    expect(changed.body).toMatchObject({ guards: { ...NO_LIMITS, ...kept, callsAbroad: true } });
    expect(changed.body).not.toHaveProperty('guards.maxCalls');
    expect((await patch(appKey, { name: 'taxi' })).body).toMatchObject({ guards: kept });
  });

  it('does not make an extension that is bound too long to be typed', async () => {
    const appKey = await keyOfNew('AXE');
    await api.sql`
      INSERT INTO axe_bindings (app_key, subscription_id, x, extension, a_digest, a_sealed)
      VALUES (${appKey}, gen_random_uuid(), '+8617000005001', '1234', '\\x00', '\\x00')`;
    expectProblem(await patch(appKey, { extensionDigits: 3 }), 409, 'in-use', 'more than 3 digits: unbind');
    await api.sql`UPDATE axe_bindings SET extension = '123' WHERE app_key = ${appKey}`;
    expect((await patch(appKey, { extensionDigits: 3 })).body).toMatchObject({ extensionDigits: 3 });
  });
});

describe('fields of another mode', () => {
  it.each([
    ['AXB', { callBackMemory: true }, 'callBackMemory: only in applications of mode AX; this one is AXB'],
    ['AXE', { callBackMemory: true }, 'callBackMemory: only in applications of mode AX; this one is AXE'],
    ['AX', { extensionDigits: 3 }, 'extensionDigits: only in applications of mode AXE; this one is AX'],
    ['AXYB', { collectRepeats: 1 }, 'collectRepeats: only in applications of mode AXE; this one is AXYB'],
    ['X', { callBackNumber: '+8613900001234' }, 'callBackNumber: only in applications of mode AXE'],
    ['AXE', { sms: true }, 'sms: only in applications of mode AXB, AX, AXYB, X; this one is AXE'],
    ['AXE', { smsNotificationUrl: 'https://a.example/' }, 'smsNotificationUrl: only in applications of mode'],
    [
      'AXB',
      { smsControlUrl: 'https://a.example/' },
      'smsControlUrl: only in applications of mode AX, X; this',
    ],
    [
      'AXB',
      { announcements: { wait: 'default' } },
      'announcements.wait: only in applications of mode AXE; this',
    ],
    [
      'AXB',
      { announcements: { busy: null } },
      'announcements.busy: only in applications of mode AX, AXE; this',
    ],
    ['AXE', { announcements: { 'last-minute': 'default' } }, 'only in applications of mode AXB, AX, X; this'],
  ])('are refused: %s with %j', async (mode, fields, detail) => {
    expectProblem(await newApp(mode, fields), 400, 'invalid-body', detail);
    expectProblem(await patch(await keyOfNew(mode), fields), 400, 'invalid-body', detail);
  });
});

describe('guards', () => {
  it.each([
    [{ callsFromAbroad: true }],
    [{ callsAbroad: true }],
    [{ hours: ['08:00-21:30', '22:00-06:00', '00:00-24:00'] }],
    [{ maxCalls: 1 }],
    [{ applicationFrequency: { calls: 100, seconds: 60 } }],
    [{ shownFrequency: { calls: 1, seconds: 1 } }],
    [{ callerFrequency: { calls: 3, seconds: 86_400 } }],
    [{ calleeFrequency: { calls: 3, seconds: 3600 } }],
    [{ xFrequency: { calls: 1_000_000, seconds: 60 } }],
  ])('take %j and show it', async (guards) => {
    const made = await newApp('AXB', { guards });
    expect(made.body).toMatchObject({ guards });
    const appKey = await keyOfNew('AXB');
    expect((await patch(appKey, { guards })).body).toMatchObject({ guards });
    expect((await send('GET', `/apps/${appKey}`)).body).toMatchObject({ guards });
  });

  it.each([
    [{ hours: ['8-21'] }, 'guards.hours.0: expected a part of the day like 08:00-21:30'],
    [{ hours: ['08:00-08:00'] }, 'guards.hours.0: expected a part of the day'],
    [{ hours: ['24:00-08:00'] }, 'guards.hours.0: expected a part of the day'],
    [{ hours: ['08:00-24:01'] }, 'guards.hours.0: expected a part of the day'],
    [{ hours: '08:00-21:30' }, 'guards.hours: expected an array of at most 24 parts'],
    [{ maxCalls: 0 }, 'guards.maxCalls: expected a number of calls from 1'],
    [{ callerFrequency: { calls: 3 } }, 'guards.callerFrequency'],
    [{ callerFrequency: { calls: 3, seconds: 0 } }, 'expected an object like {"calls":100,"seconds":60}'],
    [{ callerFrequency: { calls: 3, seconds: 60, per: 'day' } }, 'guards.callerFrequency'],
    [{ callsAbroad: 'yes' }, 'guards.callsAbroad: expected true or false, got "yes"'],
    [{ maxcalls: 3 }, 'guards.maxcalls: no such field; expected callsFromAbroad, callsAbroad, hours'],
  ])('refuse %j', async (guards, detail) => {
    expectProblem(await newApp('AXB', { guards }), 400, 'invalid-body', detail);
  });
});
