import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedMedia, startEmbeddedMedia } from '../../embedded/index.ts';
import { MediaPool } from '../../media/index.ts';
import { readConfig } from '../../src/config.ts';
import type { IncomingCall } from '../kit/IncomingCall.ts';
import { Phone } from '../kit/Phone.ts';
import { Series } from '../kit/Series.ts';
import { A, CallsUnderTest, STRANGER, X } from './callsUnderTest.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };

let media: EmbeddedMedia | undefined;
let pool: MediaPool;
let calls: CallsUnderTest;
let alice: Phone;
let bob: Phone;

beforeAll(async () => {
  const given = readConfig({ AXBRIDGE_FREESWITCH: process.env.AXBRIDGE_FREESWITCH }).AXBRIDGE_FREESWITCH;
  media =
    given.length > 0 ? undefined : await startEmbeddedMedia({ eslPort: 0, sipPort: 0, rtpFirstPort: 0 });
  const servers = media ? [{ host: media.eslHost, port: media.eslPort, secret: media.password }] : given;
  calls = await CallsUnderTest.start({
    media: async ({ srf }) => {
      pool = new MediaPool({ servers, srf, listenAddress: '127.0.0.1', profile: 'drachtio_mrf', log });
      await pool.start();
      return pool;
    },
  });
});

afterAll(async () => {
  await calls.calls.drain(0);
  await pool.stop();
  await calls.stop();
  await media?.stop();
});

beforeEach(async () => {
  const server = calls.sipAddress;
  alice = (await Phone.start({ name: 'alice' })).dialVia(server);
  bob = (await Phone.start({ name: 'bob' })).dialVia(server);
  calls.trunks.replace([calls.trunk('carrier', bob.port)]);
  calls.journal.messages.items.length = 0;
  calls.outcomes.length = 0;
  calls.bind();
});

afterEach(async () => {
  await alice.close();
  await bob.close();
  await calls.calls.settled();
  expect(calls.calls.activeCalls).toBe(0);
  expect(calls.trunks.callsOn('carrier')).toBe(0);
  expect(pool.sessions).toBe(0);
});

/** Stops the one call that there is, by the id that its customer knows from callin. */
async function stop(): Promise<void> {
  const { sessionId } = await calls.journal.messages.when();
  calls.calls.stop(sessionId);
}

const BEFORE_ANSWER = { status: 480, reason: 'Q.850;cause=16' };
const AFTER_ANSWER = { how: 'other-hung-up', reason: 'Q.850;cause=16' };

async function expectStopped(events: readonly string[]): Promise<void> {
  const told = await calls.journal.call();
  expect(told).toMatchObject({ stateCode: 8017, record: { ulFailReason: 8017, fwdUnaswRsn: 0 } });
  expect(told.events).toEqual(events);
  expect(calls.journal.records).toHaveLength(1);
  expect(calls.journal.closed.at(-1)?.releasedBy).toBe('platform');
  expect(calls.outcomes.at(-1)).toBe('stopped');
}

describe.each([
  ['without media of ours', {}],
  ['through a media server', { recordFlag: true }],
])('a call %s that its customer stops', (_how, relation) => {
  beforeEach(() => calls.bind(relation));

  it('before the callee rings', async () => {
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    await stop();
    expect(await call.end()).toMatchObject(BEFORE_ANSWER);
    incoming.ring();
    expect(await incoming.end()).toMatchObject({ how: 'cancelled', reason: 'Q.850;cause=16' });
    await expectStopped(['callin', 'callout', 'disconnect']);
  });

  it('while the callee rings', async () => {
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    incoming.ring();
    await call.progress.next();
    await stop();
    expect(await call.end()).toMatchObject(BEFORE_ANSWER);
    expect(await incoming.end()).toMatchObject({ how: 'cancelled' });
    await expectStopped(['callin', 'callout', 'alerting', 'disconnect']);
  });

  it('at the moment of the answer', async () => {
    const away = Promise.withResolvers<void>();
    calls.journal.away = away.promise;
    const call = await alice.call(X, { from: A });
    const incoming: IncomingCall = await bob.nextCall();
    // The callee is there; the caller's 200 still waits for the journal.
    await incoming.answer();
    await stop();
    expect(await call.end()).toMatchObject(BEFORE_ANSWER);
    expect(await incoming.end()).toMatchObject(AFTER_ANSWER);
    away.resolve();
    calls.journal.away = undefined;
    await expectStopped(['callin', 'callout', 'disconnect']);
  });

  it('while both talk', async () => {
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    await Promise.all([incoming.answer(), call.answered]);
    await calls.journal.messages.when(({ body }) => body.eventType === 'answer');
    await stop();
    expect(await call.end()).toMatchObject(AFTER_ANSWER);
    expect(await incoming.end()).toMatchObject(AFTER_ANSWER);
    await expectStopped(['callin', 'callout', 'answer', 'disconnect']);
  });

  it('while it is held', async () => {
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    await Promise.all([incoming.answer(), call.answered]);
    expect((await call.reinvite('sendonly')).status).toBe(200);
    await stop();
    expect(await call.end()).toMatchObject(AFTER_ANSWER);
    expect(await incoming.end()).toMatchObject(AFTER_ANSWER);
    await expectStopped(['callin', 'callout', 'answer', 'disconnect']);
  });
});

describe('stopping', () => {
  it('ends a call whose media is still being made, before anyone is rung', async () => {
    calls.bind({ recordFlag: true });
    const create = pool.create.bind(pool);
    const held = Promise.withResolvers<void>();
    const made: Promise<unknown>[] = [];
    pool.create = ((options: Parameters<typeof create>[0]) => {
      const making = held.promise.then(() => create(options));
      made.push(making);
      return making;
    }) as typeof create;
    const call = await alice.call(X, { from: A });
    await stop();
    pool.create = create;
    expect(await call.end()).toMatchObject(BEFORE_ANSWER);
    await expectStopped(['callin', 'disconnect']);
    held.resolve();
    await Promise.all(made);
    await expect.poll(() => pool.sessions).toBe(0);
    expect(bob.calls.items).toHaveLength(0);
  });

  it('at the beginning of a recording is no recording that failed', async () => {
    calls.bind({ recordFlag: true });
    const create = pool.create.bind(pool);
    const held = Promise.withResolvers<void>();
    const began = new Series<{ readonly tried: Promise<void> }>('a recording to begin');
    pool.create = (async (options: { callerOffer: string }) => {
      const made = await create(options);
      const startRecording = made.startRecording.bind(made);
      made.startRecording = (path) => {
        const recording = held.promise.then(() => startRecording(path));
        began.push({ tried: recording });
        return recording;
      };
      return made;
    }) as typeof create;
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    pool.create = create;
    await Promise.all([incoming.answer(), call.answered, began.count(1)]);
    await stop();
    await Promise.all([call.end(), incoming.end()]);
    await calls.calls.settled();
    held.resolve();
    await Promise.allSettled(began.items.map(({ tried }) => tried));
    await expectStopped(['callin', 'callout', 'answer', 'disconnect']);
    expect(calls.outcomes).toEqual(['stopped']);
  });

  it('cuts the announcement of a refusal', async () => {
    calls.bind({}, { announcements: { 'no-binding': 'default' } });
    calls.unbind();
    const call = await alice.call(X, { from: STRANGER });
    expect((await call.progress.next()).status).toBe(183);
    await stop();
    expect(await call.end()).toMatchObject(BEFORE_ANSWER);
    await expectStopped(['callin', 'disconnect']);
  });

  it('changes nothing in a call that is over, nor where there is none', async () => {
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    incoming.reject(486);
    await call.end();
    await calls.journal.call();
    await stop();
    calls.calls.stop('1_2_3_20260105040001@ax.test');
    expect((await calls.journal.call()).stateCode).toBe(8102);
    expect(calls.journal.records).toHaveLength(1);
  });

  it('twice gives one end', async () => {
    const call = await alice.call(X, { from: A });
    await bob.nextCall();
    await stop();
    await stop();
    await call.end();
    await expectStopped(['callin', 'callout', 'disconnect']);
  });
});
