import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AxRelation } from '../../routing/types.ts';
import { Phone } from '../kit/Phone.ts';
import { CallsWithMedia } from './CallsWithMedia.ts';
import { A, B, type CallsUnderTest, STRANGER, X } from './callsUnderTest.ts';

const BUSY_HZ = 1700;
const TONE_HZ = 1200;

let rig: CallsWithMedia;
let calls: CallsUnderTest;
let alice: Phone;
let bob: Phone;

/** Anyone reaches A through X; A reaches B with the next call. */
const RELATION: AxRelation = {
  mode: 'AX',
  subscriptionId: 'binding-1',
  a: A,
  callDirection: 0,
  showsCaller: false,
  recordFlag: false,
  recordHintTone: undefined,
  maxDurationMinutes: 0,
  lastMinVoice: undefined,
  callerHintTone: undefined,
  calleeHintTone: undefined,
  userData: undefined,
  temporaryCallee: undefined,
  lastCaller: undefined,
};

beforeAll(async () => {
  rig = await CallsWithMedia.start();
  calls = rig.calls;
  await rig.uploadTone('busy.wav', BUSY_HZ, 1);
  await rig.uploadTone('tone.wav', TONE_HZ, 1);
});

afterAll(() => rig.stop());

beforeEach(async () => {
  const server = calls.sipAddress;
  alice = (await Phone.start({ name: 'alice' })).dialVia(server);
  bob = (await Phone.start({ name: 'bob' })).dialVia(server);
  calls.trunks.replace([calls.trunk('carrier', bob.port)]);
  calls.journal.messages.items.length = 0;
  calls.journal.closed.length = 0;
  calls.outcomes.length = 0;
  calls.routed.length = 0;
  calls.endedCalls.length = 0;
  calls.lines.requests.items.length = 0;
  calls.lines.freed.length = 0;
  calls.lines.usedCallees.clear();
  calls.limit = () => undefined;
  serve();
});

afterEach(async () => {
  calls.lines.taken.delete(`${X}*`);
  await rig.expectNothingLeft();
  await alice.close();
  await bob.close();
  expect(calls.journal.records.length).toBe(calls.journal.closed.length);
  expect(calls.endedCalls).toHaveLength(calls.journal.closed.length);
});

function serve(relation: Partial<AxRelation> = {}): void {
  calls.serve('AX', { announcements: { busy: 'busy.wav' } }, () => ({ ...RELATION, ...relation }));
}

const withTone = { calleeHintTone: 'tone.wav', callerHintTone: 'tone.wav' };

describe('a line', () => {
  it('is taken before the callee is rung, and freed with the call', async () => {
    const held = Promise.withResolvers<void>();
    calls.lines.before = held.promise;
    const call = await alice.call(X, { from: STRANGER });
    await calls.lines.requests.count(1);
    await calls.journal.messages.when();
    expect(bob.calls.items).toHaveLength(0);
    held.resolve();
    const incoming = await bob.nextCall();
    expect(calls.lines.taken.size).toBe(1);
    await Promise.all([incoming.answer(), call.answered]);
    expect(calls.lines.taken.size).toBe(1);
    await call.hangUp();
    await incoming.end();
    await calls.journal.call();
    expect(calls.lines.taken.size).toBe(0);
    expect(calls.journal.closed[0]?.line).toBe(true);
  });

  it('is taken while the media is made', async () => {
    serve(withTone);
    const held = Promise.withResolvers<void>();
    calls.lines.before = held.promise;
    const call = await alice.call(X, { from: STRANGER });
    await expect.poll(() => rig.pool.sessions).toBe(1);
    expect(bob.calls.items).toHaveLength(0);
    held.resolve();
    const incoming = await bob.nextCall();
    incoming.reject(486);
    await call.end();
  });

  it.each([
    ['without media of ours', {}],
    ['with media of ours', withTone],
  ])('that another call has ends the call %s as busy, with the announcement', async (_how, relation) => {
    serve(relation);
    calls.lines.taken.set(`${X}*`, 'another call');
    const call = await alice.call(X, { from: STRANGER });
    expect((await call.progress.next()).status).toBe(183);
    await call.media?.hears(BUSY_HZ);
    expect(await call.end()).toMatchObject({ status: 486, reason: 'Q.850;cause=17' });
    expect(await calls.journal.call()).toMatchObject({ events: ['callin', 'disconnect'], stateCode: 8102 });
    expect(calls.lines.taken.get(`${X}*`)).toBe('another call');
    expect(bob.calls.items).toHaveLength(0);
  });

  it.each([
    ['before', {}],
    ['before', withTone],
    ['after', {}],
    ['after', withTone],
  ] as const)('is given back by a caller who gives up %s it is taken', async (when, relation) => {
    serve(relation);
    const held = Promise.withResolvers<void>();
    calls.lines[when] = held.promise;
    const call = await alice.call(X, { from: STRANGER });
    await calls.lines.requests.count(1);
    await calls.journal.messages.when();
    call.cancel();
    expect(await call.end()).toMatchObject({ how: 'cancelled' });
    expect(await calls.journal.call()).toMatchObject({ events: ['callin', 'disconnect'], stateCode: 7516 });
    held.resolve();
    calls.lines[when] = Promise.resolve();
    await expect.poll(() => calls.lines.freed).toHaveLength(1);
    expect(calls.lines.taken.size).toBe(0);
    expect(bob.calls.items).toHaveLength(0);
  });

  it('whose database fails ends the call with 8020, as one that has it', async () => {
    const away = Promise.withResolvers<void>();
    calls.lines.before = away.promise;
    const call = await alice.call(X, { from: STRANGER });
    await calls.lines.requests.count(1);
    away.reject(new Error('away'));
    expect((await call.end()).status).toBe(500);
    calls.lines.before = Promise.resolve();
    expect((await calls.journal.call()).stateCode).toBe(8020);
    expect(calls.journal.closed[0]).toMatchObject({ line: true });
    expect(calls.journal.closed[0]?.because.at(-1)).toContain('internal');
  });

  it('whose database hangs ends the call with 8020 after some seconds, and is given back later', async () => {
    const held = Promise.withResolvers<void>();
    calls.lines.before = held.promise;
    const call = await alice.call(X, { from: STRANGER });
    expect((await call.end()).status).toBe(500);
    expect((await calls.journal.call()).stateCode).toBe(8020);
    held.resolve();
    calls.lines.before = Promise.resolve();
    await expect.poll(() => calls.lines.freed).toHaveLength(1);
  });

  it('of a call that the journal never had is freed on its own', async () => {
    calls.journal.refuses = true;
    const call = await alice.call(X, { from: STRANGER });
    const incoming = await bob.nextCall();
    await incoming.answer().catch(() => undefined);
    await call.end();
    calls.journal.refuses = false;
    await expect.poll(() => calls.lines.freed).toHaveLength(1);
    await incoming.end();
    expect((await calls.journal.call()).stateCode).toBe(8020);
  });
});

describe('a temporary callee', () => {
  const temporaryCallee = {
    id: 'callee-1',
    number: B,
    expiresAt: Date.now() + 60_000,
    userData: 'once',
  };

  it('is used up with the line', async () => {
    serve({ temporaryCallee });
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    expect(incoming.wantedNumber).toBe(B);
    incoming.reject(486);
    await call.end();
    expect([...calls.lines.usedCallees]).toEqual(['callee-1']);
    expect((await calls.journal.call()).record).toMatchObject({ userData: 'once' });
  });

  it('that another call has used meanwhile makes routing decide again', async () => {
    calls.lines.usedCallees.add('callee-1');
    const answers = [temporaryCallee, { ...temporaryCallee, id: 'callee-2', userData: undefined }];
    calls.serve('AX', {}, () => ({ ...RELATION, temporaryCallee: answers.shift() }));
    const call = await alice.call(X, { from: A });
    (await bob.nextCall()).reject(486);
    await call.end();
    expect(calls.routed).toHaveLength(2);
    const { record } = await calls.journal.call();
    expect(record).not.toHaveProperty('userData');
  });

  it('that is gone for good leaves the refusal that routing knows', async () => {
    calls.lines.usedCallees.add('callee-1');
    const answers = [temporaryCallee, undefined];
    calls.serve('AX', {}, () => ({ ...RELATION, temporaryCallee: answers.shift() }));
    const call = await alice.call(X, { from: A });
    expect((await call.end()).status).toBe(403);
    expect((await calls.journal.call()).stateCode).toBe(8013);
  });

  it('that is snatched away again and again ends the call', async () => {
    calls.lines.usedCallees.add('callee-1');
    serve({ temporaryCallee });
    const call = await alice.call(X, { from: A });
    expect((await call.end()).status).toBe(500);
    expect((await calls.journal.call()).stateCode).toBe(8020);
    expect(calls.lines.requests.items).toHaveLength(3);
  });
});

describe('the limits of an application', () => {
  it.each([
    ['at once', () => 7109],
    ['from the database', async () => 7109],
  ])('refuse a call that exceeds them, known %s', async (_how, limit) => {
    calls.limit = limit;
    const call = await alice.call(X, { from: STRANGER });
    expect(await call.end()).toMatchObject({ status: 503, reason: 'Q.850;cause=47' });
    expect(await calls.journal.call()).toMatchObject({ events: ['callin', 'disconnect'], stateCode: 7109 });
    expect(calls.lines.requests.items).toHaveLength(0);
  });

  it.each([
    ['with a line', () => serve()],
    ['without a line', () => calls.bind()],
  ])('that take a moment let a call %s go out afterwards', async (_how, bind) => {
    bind();
    const held = Promise.withResolvers<undefined>();
    calls.limit = () => held.promise;
    const call = await alice.call(X, { from: calls.relationOf ? STRANGER : A });
    await calls.journal.messages.when();
    expect(bob.calls.items).toHaveLength(0);
    held.resolve(undefined);
    (await bob.nextCall()).reject(486);
    await call.end();
  });

  it('are asked once', async () => {
    let asked = 0;
    calls.limit = () => {
      asked += 1;
      return undefined;
    };
    const call = await alice.call(X, { from: STRANGER });
    (await bob.nextCall()).reject(486);
    await call.end();
    await calls.journal.call();
    expect(asked).toBe(1);
  });

  it.each([
    ['fail', () => Promise.reject(new Error('away'))],
    [
      'fail at once',
      () => {
        throw new Error('away');
      },
    ],
  ])('that %s end the call with 8020', async (_how, limit) => {
    calls.limit = limit;
    const call = await alice.call(X, { from: STRANGER });
    expect((await call.end()).status).toBe(500);
    expect((await calls.journal.call()).stateCode).toBe(8020);
  });

  it('do not matter any more to a caller who gives up before', async () => {
    const held = Promise.withResolvers<undefined>();
    calls.limit = () => held.promise;
    const call = await alice.call(X, { from: STRANGER });
    await calls.journal.messages.when();
    call.cancel();
    await call.end();
    expect((await calls.journal.call()).stateCode).toBe(7516);
    held.resolve(undefined);
    expect(calls.lines.requests.items).toHaveLength(0);
  });
});
