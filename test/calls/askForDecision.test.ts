import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CustomerAnswer } from '../../routing/xMode.ts';
import type { Message } from '../../src/store/Message.ts';
import { Phone } from '../kit/Phone.ts';
import { Series } from '../kit/Series.ts';
import { CallsWithMedia } from './CallsWithMedia.ts';
import { A, B, type CallsUnderTest, X } from './callsUnderTest.ts';

const BOB_HZ = 900;
const TONE_HZ = 1200;
const FAULT_HZ = 1300;

let rig: CallsWithMedia;
let calls: CallsUnderTest;
let alice: Phone;
let bob: Phone;
let questions: Series<Message>;

beforeAll(async () => {
  rig = await CallsWithMedia.start();
  calls = rig.calls;
  await rig.uploadTone('tone.wav', TONE_HZ, 1);
  await rig.uploadTone('fault.wav', FAULT_HZ, 1);
});

afterAll(() => rig.stop());

beforeEach(async () => {
  const server = calls.sipAddress;
  alice = (await Phone.start({ name: 'alice' })).dialVia(server);
  bob = (await Phone.start({ name: 'bob', toneHz: BOB_HZ })).dialVia(server);
  calls.trunks.replace([calls.trunk('carrier', bob.port)]);
  calls.journal.messages.items.length = 0;
  calls.journal.closed.length = 0;
  questions = new Series('waiting for a question');
  calls.serve('X', { announcements: { 'business-fault': 'fault.wav' } });
});

afterEach(async () => {
  await rig.expectNothingLeft();
  await alice.close();
  await bob.close();
  expect(calls.journal.records.length).toBe(calls.journal.closed.length);
});

function answering(body: unknown): void {
  calls.customer = async (question) => {
    questions.push(question);
    return { kind: 'answer', body };
  };
}

/** The customer's server takes its time, until the test answers in its place. */
function thinking(): (answer: CustomerAnswer) => void {
  const { promise, resolve } = Promise.withResolvers<CustomerAnswer>();
  calls.customer = (question) => {
    questions.push(question);
    return promise;
  };
  return resolve;
}

const connectTo = (info: object = {}) => ({ operation: 'connect', connectInfo: [{ calleeNum: B, ...info }] });

describe('a call that the customer decides', () => {
  it('is asked for once, by the callin event, and goes where the answer says', async () => {
    answering(connectTo({ userData: 'order 7', waitVoice: 'tone.wav' }));
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    expect(incoming).toMatchObject({ wantedNumber: B, shownNumber: X });
    incoming.ring();
    expect((await call.progress.next()).status).toBe(183);
    await call.media?.hears(TONE_HZ);
    await Promise.all([incoming.answer(), call.answered]);
    await call.media?.hears(BOB_HZ);
    await call.hangUp();
    await incoming.end();
    expect(questions.items).toHaveLength(1);
    expect(questions.items[0]).toMatchObject({
      seq: 0,
      body: { eventType: 'callin', statusInfo: { caller: A, called: X, notifyMode: 'Block' } },
    });
    expect(await calls.journal.call()).toMatchObject({
      events: ['callout', 'alerting', 'answer', 'disconnect'],
      stateCode: 0,
      record: { notifyMode: 'Block', userData: 'order 7', subscriptionId: '', fwdDstNum: B },
    });
  });

  it('is asked for when its row is durable, not before', async () => {
    const away = Promise.withResolvers<void>();
    calls.journal.away = away.promise;
    answering(connectTo());
    const call = await alice.call(X, { from: A });
    await expect.poll(() => calls.calls.activeCalls).toBe(1);
    expect(questions.items).toHaveLength(0);
    away.resolve();
    calls.journal.away = undefined;
    (await bob.nextCall()).reject(486);
    await call.end();
    expect(questions.items).toHaveLength(1);
  });

  it('that is closed ends with 8014, after the tone that the answer names', async () => {
    answering({ operation: 'close', closeInfo: [{ closeHintTone: 'tone.wav' }] });
    const call = await alice.call(X, { from: A });
    expect((await call.progress.next()).status).toBe(183);
    await call.media?.hears(TONE_HZ);
    expect(await call.end()).toMatchObject({ status: 403 });
    expect(await calls.journal.call()).toMatchObject({ events: ['disconnect'], stateCode: 8014 });
  });

  it.each([
    ['a wait voice', connectTo({ waitVoice: 'none.wav' })],
    ['a record hint', connectTo({ recordFlag: 'true', recordHintTone: 'none.wav' })],
    ['a last-minute voice', connectTo({ maxDuration: 2, lastMinVoice: 'none.wav' })],
    ['a tone', { operation: 'close', closeInfo: [{ closeHintTone: 'none.wav' }] }],
  ])('with %s that does not exist ends with 8006 and the fault', async (_what, body) => {
    answering(body);
    const call = await alice.call(X, { from: A });
    expect((await call.progress.next()).status).toBe(183);
    await call.media?.hears(FAULT_HZ);
    expect(await call.end()).toMatchObject({ status: 500 });
    expect((await calls.journal.call()).stateCode).toBe(8006);
    expect(bob.calls.items).toHaveLength(0);
  });

  it('goes out where the hint of the quality check is gone, which the customer did not name', async () => {
    calls.serve('X', { qualityHintTone: 'none.wav' });
    answering(connectTo({ recordFlag: 'true' }));
    const call = await alice.call(X, { from: A });
    (await bob.nextCall()).reject(486);
    await call.end();
    expect((await calls.journal.call()).stateCode).toBe(8102);
  });

  it.each([
    ['without an answer', { kind: 'failed', why: 'no answer within 5 s' }],
    ['with a bad answer', { kind: 'answer', body: { operation: 'transfer' } }],
  ] as const)('%s ends with 8020 and the fault', async (_how, answer) => {
    calls.customer = async () => answer;
    const call = await alice.call(X, { from: A });
    expect((await call.progress.next()).status).toBe(183);
    await call.media?.hears(FAULT_HZ);
    expect(await call.end()).toMatchObject({ status: 500 });
    expect(await calls.journal.call()).toMatchObject({ events: ['disconnect'], stateCode: 8020 });
  });

  it('counts against the limits', async () => {
    calls.limit = () => 7109;
    answering(connectTo());
    const call = await alice.call(X, { from: A });
    expect((await call.end()).status).toBe(503);
    calls.limit = () => undefined;
    expect((await calls.journal.call()).stateCode).toBe(7109);
  });
});

describe('while the customer thinks', () => {
  it('the caller may give up: the call ends once, with 7516', async () => {
    const answer = thinking();
    const call = await alice.call(X, { from: A });
    await questions.count(1);
    call.cancel();
    expect(await call.end()).toMatchObject({ how: 'cancelled' });
    expect(await calls.journal.call()).toMatchObject({ events: ['disconnect'], stateCode: 7516 });
    answer({ kind: 'answer', body: connectTo() });
    await rig.expectNothingLeft();
    expect(bob.calls.items).toHaveLength(0);
    expect(calls.journal.closed).toHaveLength(1);
  });

  it('the call may be stopped, drained, or lose the SIP server', async () => {
    const ends: [string, () => void, number][] = [
      ['stopped', () => calls.calls.stop(questions.items.at(-1)?.sessionId ?? ''), 8017],
      ['drained', () => void calls.calls.drain(0), 8020],
      ['lost', () => calls.calls.endUnanswered(), 8020],
    ];
    for (const [index, [, end, stateCode]] of ends.entries()) {
      const answer = thinking();
      const call = await alice.call(X, { from: A });
      await questions.count(index + 1);
      end();
      expect((await call.end()).how).toBe('refused');
      expect((await calls.journal.call(index + 1)).stateCode).toBe(stateCode);
      answer({ kind: 'answer', body: connectTo() });
    }
    expect(bob.calls.items).toHaveLength(0);
  });

  it('who gives up before the question is out is still told of, so that his end makes sense', async () => {
    const away = Promise.withResolvers<void>();
    calls.journal.away = away.promise;
    answering(connectTo());
    const call = await alice.call(X, { from: A });
    await expect.poll(() => calls.calls.activeCalls).toBe(1);
    call.cancel();
    await call.end();
    expect((await calls.journal.call()).stateCode).toBe(7516);
    away.resolve();
    calls.journal.away = undefined;
    await questions.count(1);
    expect(bob.calls.items).toHaveLength(0);
  });

  it('a journal that hangs ends the call with 8020', async () => {
    const away = Promise.withResolvers<void>();
    calls.journal.away = away.promise;
    answering(connectTo());
    const call = await alice.call(X, { from: A });
    expect((await call.end()).status).toBe(500);
    expect((await calls.journal.call()).stateCode).toBe(8020);
    away.resolve();
    calls.journal.away = undefined;
    await questions.count(1);
  });
});
