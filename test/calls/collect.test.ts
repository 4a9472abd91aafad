import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OutgoingCall } from '../kit/OutgoingCall.ts';
import { Phone } from '../kit/Phone.ts';
import { BEN } from './axeBinding.ts';
import { CallsWithMedia } from './CallsWithMedia.ts';
import { B, type CallsUnderTest, STRANGER, X } from './callsUnderTest.ts';

const ALICE_HZ = 600;
const BOB_HZ = 900;
const PROMPT_HZ = 1200;
const AGAIN_HZ = 1300;
const WRONG_HZ = 1400;
const NONE_HZ = 1500;
const WAIT_HZ = 1600;
const BUSY_HZ = 1700;

const ANNOUNCEMENTS = {
  'enter-extension': 'prompt.wav',
  'wrong-extension-retry': 'again.wav',
  'wrong-extension': 'wrong.wav',
  'no-extension': 'none.wav',
  wait: 'wait.wav',
  busy: 'busy.wav',
};

let rig: CallsWithMedia;
let calls: CallsUnderTest;
let alice: Phone;
let bob: Phone;

beforeAll(async () => {
  rig = await CallsWithMedia.start({
    settings: { digitTimes: { firstMs: 300, nextMs: 400 }, ringSeconds: 2 },
  });
  calls = rig.calls;
  await rig.uploadTone('prompt.wav', PROMPT_HZ, 1);
  await rig.uploadTone('again.wav', AGAIN_HZ, 1);
  await rig.uploadTone('wrong.wav', WRONG_HZ, 1);
  await rig.uploadTone('none.wav', NONE_HZ, 1);
  await rig.uploadTone('wait.wav', WAIT_HZ, 1);
  await rig.uploadTone('busy.wav', BUSY_HZ, 1);
});

afterAll(() => rig.stop());

beforeEach(async () => {
  const server = calls.sipAddress;
  alice = (await Phone.start({ name: 'alice', toneHz: ALICE_HZ })).dialVia(server);
  bob = (await Phone.start({ name: 'bob', toneHz: BOB_HZ })).dialVia(server);
  calls.trunks.replace([calls.trunk('carrier', bob.port)]);
  calls.journal.messages.items.length = 0;
  calls.journal.closed.length = 0;
  calls.outcomes.length = 0;
  calls.routed.length = 0;
  serve();
});

afterEach(async () => {
  await rig.expectNothingLeft();
  await alice.close();
  await bob.close();
  expect(calls.journal.records.length).toBe(calls.journal.closed.length);
});

/** Ben behind 1207; `repeats` times a caller may try again. */
function serve(repeats = 0): void {
  calls.serve('AXE', { collectRepeats: repeats, announcements: ANNOUNCEMENTS }, (caller, digits) => {
    if (digits === undefined) return caller === B ? BEN : undefined;
    return digits === BEN.extension ? BEN : undefined;
  });
}

/** A caller who has been answered and hears the prompt. */
async function asked(): Promise<OutgoingCall> {
  const call = await alice.call(X, { from: STRANGER });
  await call.answered;
  await call.media?.hears(PROMPT_HZ);
  return call;
}

const info = (call: OutgoingCall, key: string) =>
  call.request('INFO', { 'Content-Type': 'application/dtmf-relay' }, `Signal=${key}\r\nDuration=160\r\n`);

const digitsTold = () =>
  calls.journal.messages.items
    .filter(({ body }) => body.eventType === 'collectInfo')
    .map(({ body }) => (body.statusInfo as Record<string, unknown>).digitInfo);

const BYE = { how: 'other-hung-up' };

describe('a caller who types an extension', () => {
  it('is answered, hears the prompt, types by RFC 4733 and talks to its owner', async () => {
    const call = await asked();
    await call.media?.press('1207');
    const incoming = await bob.nextCall();
    expect(incoming).toMatchObject({ wantedNumber: B, shownNumber: X });
    incoming.ring();
    await call.media?.hears(WAIT_HZ);
    await incoming.answer();
    await Promise.all([call.media?.hears(BOB_HZ), incoming.media?.hears(ALICE_HZ)]);
    expect(await call.hangUp()).toBe(200);
    await incoming.end();
    expect(await calls.journal.call()).toMatchObject({
      events: ['callin', 'collectInfo', 'callout', 'alerting', 'answer', 'disconnect'],
      stateCode: 0,
      record: { extendNum: '1207', fwdDstNum: B, subscriptionId: 'binding-1' },
    });
    expect(digitsTold()).toEqual(['1207']);
    expect(calls.lines.requests.items.at(-1)).toMatchObject({
      appKey: 'app1',
      line: { x: X, extension: '1207' },
      remember: { caller: STRANGER, seconds: 0 },
    });
  });

  it('may type by SIP INFO', async () => {
    const call = await asked();
    for (const key of '1207') expect((await info(call, key)).status).toBe(200);
    const incoming = await bob.nextCall();
    await incoming.answer();
    await call.media?.hears(BOB_HZ);
    await incoming.hangUp();
    expect(await call.end()).toMatchObject(BYE);
    expect((await calls.journal.call()).stateCode).toBe(0);
  });

  it('is heard once when the phone tells each key by both ways', async () => {
    const call = await asked();
    for (const key of '1207') {
      await call.media?.press(key);
      expect((await info(call, key)).status).toBe(200);
    }
    const incoming = await bob.nextCall();
    incoming.reject(486);
    await call.end();
    expect(digitsTold()).toEqual(['1207']);
  });

  it('may begin before the prompt, and cuts it', async () => {
    const call = await alice.call(X, { from: STRANGER });
    await call.answered;
    const pressing = call.media?.press('1207');
    const incoming = await bob.nextCall();
    await pressing;
    incoming.reject(486);
    await call.end();
    expect(digitsTold()).toEqual(['1207']);
  });

  it('may end a shorter one with #', async () => {
    const call = await asked();
    await call.media?.press('12#');
    await call.media?.hears(WRONG_HZ);
    expect(await call.end()).toMatchObject(BYE);
    expect(digitsTold()).toEqual(['12']);
  });

  it('hangs up when it is time, and the callee is not rung any more', async () => {
    const call = await asked();
    await call.media?.press('1207');
    const incoming = await bob.nextCall();
    incoming.ring();
    await calls.journal.messages.when(({ body }) => body.eventType === 'alerting');
    await call.hangUp();
    expect(await incoming.end()).toMatchObject({ how: 'cancelled' });
    expect((await calls.journal.call()).stateCode).toBe(7502);
  });

  it.each([
    [486, 8102, 'Q.850;cause=17'],
    [480, 8103, 'Q.850;cause=20'],
  ])('gets BYE with the reason when the callee answers %i', async (status, stateCode, reason) => {
    const call = await asked();
    await call.media?.press('1207');
    (await bob.nextCall()).reject(status);
    expect(await call.end()).toMatchObject({ ...BYE, reason });
    expect((await calls.journal.call()).stateCode).toBe(stateCode);
  });

  it('gets BYE at the ring limit', async () => {
    const call = await asked();
    await call.media?.press('1207');
    const incoming = await bob.nextCall();
    incoming.ring();
    expect(await call.end()).toMatchObject(BYE);
    expect(await incoming.end()).toMatchObject({ how: 'cancelled' });
    expect((await calls.journal.call()).stateCode).toBe(8035);
  });

  it('hears that it is in another call, and is remembered by neither', async () => {
    calls.lines.taken.set(`${X}*1207`, 'another call');
    const call = await asked();
    await call.media?.press('1207');
    await call.media?.hears(BUSY_HZ);
    expect(await call.end()).toMatchObject({ ...BYE, reason: 'Q.850;cause=17' });
    expect(await calls.journal.call()).toMatchObject({
      events: ['callin', 'collectInfo', 'disconnect'],
      stateCode: 8102,
      record: { extendNum: '1207' },
    });
    expect(calls.lines.taken.get(`${X}*1207`)).toBe('another call');
    calls.lines.taken.clear();
  });

  it('may change his session and is heard all the same', async () => {
    const call = await asked();
    expect((await call.reinvite('sendonly')).status).toBe(200);
    expect((await call.reinvite('sendrecv')).status).toBe(200);
    await call.media?.press('1207');
    const incoming = await bob.nextCall();
    await incoming.answer();
    await call.media?.hears(BOB_HZ);
    expect((await call.reinvite('sendrecv')).status).toBe(200);
    await call.hangUp();
    await incoming.end();
    const versions = alice.packets
      .filter(({ direction, bytes }) => direction === 'in' && bytes.includes('\r\no=-'))
      .map(({ bytes }) => /\r\no=- (\d+) (\d+) /.exec(String(bytes)) ?? []);
    expect(new Set(versions.map(([, session]) => session)).size).toBe(1);
    const numbers = versions.map(([, , version]) => Number(version));
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
  });
});

describe('a caller who types a wrong extension', () => {
  it('hears so and gets BYE', async () => {
    const call = await asked();
    await call.media?.press('9999');
    await call.media?.hears(WRONG_HZ);
    expect(await call.end()).toMatchObject({ ...BYE, reason: 'Q.850;cause=1' });
    expect(await calls.journal.call()).toMatchObject({
      events: ['callin', 'collectInfo', 'disconnect'],
      stateCode: 8022,
    });
    expect(bob.calls.items).toHaveLength(0);
  });

  it('tries again as often as he may', async () => {
    serve(2);
    const call = await asked();
    await call.media?.press('9999');
    await call.media?.hears(AGAIN_HZ);
    await call.media?.press('12#');
    await call.media?.hears(AGAIN_HZ);
    await call.media?.press('1207');
    (await bob.nextCall()).reject(486);
    await call.end();
    expect(digitsTold()).toEqual(['9999', '12', '1207']);
    expect(calls.routed.map(({ digits, failedAttempts }) => [digits, failedAttempts])).toEqual([
      [undefined, undefined],
      ['9999', 0],
      ['12', 1],
      ['1207', 2],
    ]);
  });

  it('and then # has not answered the next prompt with it', async () => {
    serve(1);
    const call = await asked();
    await call.media?.press('9999#');
    await call.media?.hears(AGAIN_HZ);
    await call.media?.press('1207');
    (await bob.nextCall()).reject(486);
    await call.end();
    expect(digitsTold()).toEqual(['9999', '1207']);
  });
});

describe('a caller who types nothing', () => {
  it('hears so and gets BYE', async () => {
    const call = await asked();
    await call.media?.hears(NONE_HZ);
    expect(await call.end()).toMatchObject({ ...BYE, reason: 'Q.850;cause=28' });
    expect(await calls.journal.call()).toMatchObject({
      events: ['callin', 'collectInfo', 'disconnect'],
      stateCode: 8033,
    });
  });

  it('and hangs up ends the call with 7516', async () => {
    const call = await asked();
    expect(await call.hangUp()).toBe(200);
    expect(await calls.journal.call()).toMatchObject({
      events: ['callin', 'disconnect'],
      stateCode: 7516,
      record: { callDuration: 0 },
    });
    expect(calls.journal.closed[0]?.releasedBy).toBe('caller');
  });

  it('and gives up before he is answered ends the call with 7516', async () => {
    const away = Promise.withResolvers<void>();
    calls.journal.away = away.promise;
    const call = await alice.call(X, { from: STRANGER });
    await calls.journal.messages.when();
    call.cancel();
    expect(await call.end()).toMatchObject({ how: 'cancelled' });
    away.resolve();
    calls.journal.away = undefined;
    expect((await calls.journal.call()).stateCode).toBe(7516);
  });

  it('hears an announcement that he hangs up on: the stateCode stays', async () => {
    const call = await asked();
    await call.media?.hears(NONE_HZ);
    await call.hangUp();
    expect((await calls.journal.call()).stateCode).toBe(8033);
  });
});
