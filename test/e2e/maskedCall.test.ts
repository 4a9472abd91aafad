import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aLawWav, fromALaw, holdsTogether, toneSecond } from '../kit/audio.ts';
import type { ToldCall } from '../kit/customer.ts';
import { fetchRecording } from '../kit/fetchRecording.ts';
import { ANNA_HZ, BEN_HZ, type Pair, Scenario } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';
import { hasValidAksk, hasValidSignature } from '../kit/WebhookSink.ts';

const HINT_HZ = 1000;
const RINGBACK_HZ = 1200;

let scenario: Scenario;

beforeAll(async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  scenario = await Scenario.start({ database: database.url, app: { recording: true } });
  await scenario.admin.addAnnouncement('hint.wav', aLawWav(toneSecond(HINT_HZ)));
  await scenario.admin.addAnnouncement('wait.wav', aLawWav(toneSecond(RINGBACK_HZ)));
});

afterAll(async () => {
  await scenario?.close();
});

/** Seconds since the epoch of a time as events and records write it. */
function secondsOf(text: unknown): number {
  expect(text).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  return Date.parse(`${String(text).replace(' ', 'T')}Z`) / 1000;
}

/** What must hold of every call that was answered and then hung up. */
function expectCompleteStory(
  { events, records, sessionId }: ToldCall,
  { a, b, x, subscriptionId }: Pair,
): void {
  const names = events.map(({ eventType }) => eventType);
  expect(names).toEqual(['callin', 'callout', 'alerting', 'answer', 'disconnect']);
  expect(events[0]?.statusInfo).toMatchObject({ sessionId, caller: a, called: x, subscriptionId });
  for (const event of events.slice(1)) {
    expect(event.statusInfo).toMatchObject({ sessionId, caller: a, called: b, subscriptionId });
  }
  expect(events[4]?.statusInfo).toMatchObject({
    stateCode: 0,
    stateDesc: 'The user releases the call.',
  });
  const times = events.map(({ statusInfo }) => secondsOf(statusInfo.timestamp));
  expect(times).toEqual([...times].sort((one, other) => one - other));

  expect(records).toHaveLength(1);
  const fields = records[0]?.fields ?? {};
  expect(fields).toMatchObject({
    direction: 1,
    appKey: scenario.app.appKey,
    bindNum: x,
    sessionId,
    subscriptionId,
    callerNum: a,
    calleeNum: x,
    fwdDisplayNum: x,
    fwdDstNum: b,
    fwdUnaswRsn: 0,
    ulFailReason: 0,
    sipStatusCode: 0,
    areaCode: '0571',
  });
  const recorded = ['callInTime', 'fwdStartTime', 'fwdAlertingTime', 'fwdAnswerTime', 'callEndTime'];
  expect(recorded.map((field) => secondsOf(fields[field]))).toEqual(times);
  expect(fields.callDuration).toBe(secondsOf(fields.callEndTime) - secondsOf(fields.fwdAnswerTime));
}

describe('a masked call without media of ours', () => {
  it('rings Ben with X shown, lets both hear each other, and ends at Anna when Ben hangs up', async () => {
    const startedAt = Math.floor(Date.now() / 1000);
    const { pair, atAnna, atBen } = await scenario.talk({ userData: 'order-77' });
    expect(atBen.shownNumber).toBe(pair.x);
    expect(atBen.wantedNumber).toBe(pair.b);
    await Promise.all([atAnna.media?.hears(BEN_HZ), atBen.media?.hears(ANNA_HZ)]);
    // Nobody stands between the phones: the sound goes straight from one to the other.
    expect(atAnna.media?.shareOfTone(ANNA_HZ)).toBeLessThan(0.05);

    expect(await atBen.hangUp()).toBe(200);
    expect(await atAnna.end()).toMatchObject({ how: 'other-hung-up' });

    const [told] = await scenario.told(pair.x);
    if (told === undefined) throw new Error('the customer was told nothing');
    expectCompleteStory(told, pair);
    expect(told.events[0]?.statusInfo.userData).toBe('order-77');
    expect(told.records[0]?.fields).toMatchObject({ recordFlag: 0, userData: 'order-77' });
    expect(secondsOf(told.events[0]?.statusInfo.timestamp)).toBeGreaterThanOrEqual(startedAt);
    expect(secondsOf(told.events[4]?.statusInfo.timestamp)).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000));
  });

  it('takes the caller from P-Asserted-Identity when From hides him, in national form too', async () => {
    const { a, x } = await scenario.bind();
    const national = a.replace('+86', '0');
    const call = await scenario.anna.call(x.replace('+86', ''), { from: undefined, asserted: national });
    const ringing = await scenario.ben.nextCall();
    expect(ringing.shownNumber).toBe(x);
    ringing.reject(486);
    await call.end();
    const [told] = await scenario.told(x);
    expect(told?.events[0]?.statusInfo).toMatchObject({ caller: a, called: x });
  });
});

describe('a masked call through the media server', () => {
  it('plays the hint tone, the record hint, lets both hear each other and records both voices', async () => {
    const pair = await scenario.bind({
      preVoice: { callerHintTone: 'wait.wav' },
      recordFlag: 'true',
      recordHintTone: 'hint.wav',
    });
    const atAnna = await scenario.dial(pair);
    const atBen = await scenario.ben.nextCall();
    atBen.ring();
    await atAnna.media?.hears(RINGBACK_HZ);

    const answered = Promise.all([atBen.answer(), atAnna.answered]);
    await Promise.all([atAnna.media?.hears(HINT_HZ), atBen.media?.hears(HINT_HZ)]);
    await answered;
    await Promise.all([atAnna.media?.hears(BEN_HZ), atBen.media?.hears(ANNA_HZ)]);
    const talkedAt = Date.now();
    // Nothing under three seconds is kept: talk for four.
    await atAnna.media?.hearsPackets(200);
    expect(Date.now() - talkedAt).toBeGreaterThan(3000);

    expect(await atBen.hangUp()).toBe(200);
    expect(await atAnna.end()).toMatchObject({ how: 'other-hung-up' });

    const [told] = await scenario.told(pair.x);
    if (told === undefined) throw new Error('the customer was told nothing');
    expectCompleteStory(told, pair);
    const fields = told.records[0]?.fields ?? {};
    expect(fields.recordFlag).toBe(1);
    expect(String(fields.recordObjectName)).toMatch(/^\d{12,}\.wav$/);

    const wav = await fetchRecording(scenario.partner, fields);
    expect(wav).toMatchObject({ format: 6, channels: 1, hertz: 8000 });
    expect(wav.data.length / 8000).toBeGreaterThan(3);
    expect(holdsTogether(fromALaw(wav.data), [ANNA_HZ, BEN_HZ])).toBe(true);
  });

  it('keeps nothing of a call of a second', async () => {
    const { pair, atAnna, atBen } = await scenario.talk({ recordFlag: 'true' });
    await atAnna.media?.hears(BEN_HZ);
    await atAnna.hangUp();
    await atBen.end();
    const [told] = await scenario.told(pair.x);
    expect(told?.records[0]?.fields.recordFlag).toBe(0);
  });

  it('carries digits by RFC 4733 and by INFO to the other side', async () => {
    const { atAnna, atBen } = await scenario.talk({ recordFlag: 'true' });
    await Promise.all([atAnna.media?.hears(BEN_HZ), atBen.media?.hears(ANNA_HZ)]);
    await atAnna.media?.press('7');
    await atBen.media?.hearsDigits('7');
    await atAnna.hangUp();
    await atBen.end();
  });
});

describe('what the customer gets', () => {
  it('is signed with both schemes, by the secret of his application', () => {
    const { appKey, appSecret } = scenario.app;
    expect(scenario.sink.requests.length).toBeGreaterThan(5);
    for (const request of scenario.sink.requests) {
      expect(hasValidAksk(request, appKey, appSecret)).toBe(true);
      expect(hasValidSignature(request, appSecret)).toBe(true);
      expect(request.headers['content-type']).toBe('application/json;charset=UTF-8');
    }
  });

  it('goes to the address for events and to the one for records', () => {
    for (const { path, body } of scenario.sink.requests) {
      expect(path).toBe(JSON.parse(body).eventType === 'fee' ? '/fee' : '/status');
    }
  });
});
