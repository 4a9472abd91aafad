import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { expectProblem, sendTo } from './adminRequest.ts';
import { wav } from './wav.ts';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
  await api.admin.addAnnouncement('hint.wav', wav({}));
});
afterAll(() => api.stop());

const send = (method: string, path: string, body?: unknown) => sendTo(api, method, path, body);
const newApp = (mode: string, more: object = {}) => send('POST', '/apps', { name: 'ride', mode, ...more });
const keyOfNew = async (mode: string, more: object = {}) => (await newApp(mode, more)).body.appKey;
const patch = (appKey: string, body: object) => send('PATCH', `/apps/${appKey}`, body);

const NOTIFIED = { smsNotificationUrl: 'https://customer.example/sms' };
const CONTROLLED = { smsControlUrl: 'https://customer.example/sms-control' };

describe('short messages', () => {
  it.each([
    ['AXB', { sms: true, ...NOTIFIED }],
    ['AX', { sms: true, ...NOTIFIED, ...CONTROLLED }],
    ['AXYB', { sms: true, ...NOTIFIED }],
    ['X', { sms: true, ...CONTROLLED }],
  ])('are kept and shown in mode %s', async (mode, fields) => {
    expect((await newApp(mode, fields)).body).toMatchObject(fields);
    const appKey = await keyOfNew(mode);
    expect((await patch(appKey, fields)).body).toMatchObject(fields);
    expect((await send('GET', `/apps/${appKey}`)).body).toMatchObject(fields);
  });

  it.each(['AX', 'X'])('need the control address in mode %s, as long as they are on', async (mode) => {
    const detail = `smsControlUrl: short messages in mode ${mode} need it`;
    expectProblem(await newApp(mode, { sms: true }), 400, 'invalid-body', detail);
    const appKey = await keyOfNew(mode, CONTROLLED);
    expect((await patch(appKey, { sms: true })).body).toMatchObject({ sms: true, ...CONTROLLED });
    expectProblem(await patch(appKey, { smsControlUrl: null }), 400, 'invalid-body', detail);
    const off = (await patch(appKey, { sms: false, smsControlUrl: null })).body;
    expect(off).toMatchObject({ sms: false });
    expect(off).not.toHaveProperty('smsControlUrl');
  });

  it.each([
    [{ sms: 'on' }, 'sms: expected true or false'],
    [{ smsNotificationUrl: 'sms:1' }, 'smsNotificationUrl: expected an http or https URL'],
  ])('are refused as %j', async (fields, detail) => {
    expectProblem(await newApp('AXB', fields), 400, 'invalid-body', detail);
  });
});

describe('the quality check', () => {
  it('is for applications that record, and its hint is an announcement', async () => {
    const fields = { recording: true, qualityCheck: true, qualityHintTone: 'hint.wav' };
    expect((await newApp('AXE', fields)).body).toMatchObject(fields);
    const appKey = await keyOfNew('AXB', { recording: true });
    const checked = { qualityCheck: true, qualityHintTone: 'default' };
    expect((await patch(appKey, checked)).body).toMatchObject(checked);
    expect((await patch(appKey, { qualityHintTone: null })).body).not.toHaveProperty('qualityHintTone');
  });

  it('waits for recording to be switched on again', async () => {
    const appKey = await keyOfNew('AXB', { recording: true, qualityCheck: true });
    expect((await patch(appKey, { recording: false })).body).toMatchObject({ qualityCheck: true });
    expect((await patch(appKey, { name: 'taxi' })).status).toBe(200);
    expectProblem(await patch(appKey, { qualityCheck: true }), 400, 'invalid-body', 'that record');
  });

  it.each([
    [{ qualityCheck: true }, 'qualityCheck: only in applications that record'],
    [{ recording: true, qualityHintTone: 'hint.wav' }, 'qualityHintTone: only with qualityCheck'],
    [
      { recording: true, qualityCheck: true, qualityHintTone: 'none.wav' },
      'qualityHintTone: there is no announcement "none.wav"; upload it first.',
    ],
  ])('is refused as %j', async (fields, detail) => {
    expectProblem(await newApp('AXB', fields), 400, 'invalid-body', detail);
  });

  it('keeps its hint from being removed', async () => {
    const appKey = await keyOfNew('AXB', {
      recording: true,
      qualityCheck: true,
      qualityHintTone: 'hint.wav',
    });
    expectProblem(await send('DELETE', '/announcements/hint.wav'), 409, 'in-use', appKey);
  });
});
