import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedMedia, startEmbeddedMedia } from '../../embedded/index.ts';
import { MediaPool, readWavHeader } from '../../media/index.ts';
import { readConfig } from '../../src/config.ts';
import { fromALaw, shareOfTone, toneSecond } from '../kit/audio.ts';
import type { IncomingCall } from '../kit/IncomingCall.ts';
import type { OutgoingCall } from '../kit/OutgoingCall.ts';
import { Phone } from '../kit/Phone.ts';
import { A, CallsUnderTest, STRANGER, X } from './callsUnderTest.ts';

const ALICE_HZ = 600;
const BOB_HZ = 900;
const FILE_HZ = 1500;
const RINGBACK_HZ = 450;

let media: EmbeddedMedia | undefined;
let pool: MediaPool;
let calls: CallsUnderTest;
let alice: Phone;
let bob: Phone;

beforeAll(async () => {
  const given = readConfig({ AXBRIDGE_FREESWITCH: process.env.AXBRIDGE_FREESWITCH }).AXBRIDGE_FREESWITCH;
  const embedded =
    given.length > 0 ? undefined : await startEmbeddedMedia({ eslPort: 0, sipPort: 0, rtpFirstPort: 0 });
  media = embedded;
  calls = await CallsUnderTest.start({
    media: async ({ srf }) => {
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      pool = new MediaPool({
        servers: embedded
          ? [{ host: embedded.eslHost, port: embedded.eslPort, secret: embedded.password }]
          : given,
        srf,
        listenAddress: '127.0.0.1',
        profile: 'drachtio_mrf',
        log,
      });
      await pool.start();
      return pool;
    },
  });
  await mkdir(join(calls.folder, 'announcements'));
  await writeTone(join(calls.folder, 'announcements', 'tone.wav'), 1);
  await writeTone(join(calls.folder, 'announcements', 'long.wav'), 3);
});

afterAll(async () => {
  await calls.calls.drain(0);
  await pool.stop();
  await calls.stop();
  await media?.stop();
});

beforeEach(async () => {
  const server = calls.sipAddress;
  alice = (await Phone.start({ name: 'alice', toneHz: ALICE_HZ })).dialVia(server);
  bob = (await Phone.start({ name: 'bob', toneHz: BOB_HZ })).dialVia(server);
  calls.trunks.replace([calls.trunk('carrier', bob.port)]);
  calls.journal.messages.items.length = 0;
  calls.outcomes.length = 0;
});

afterEach(async () => {
  await alice.close();
  await bob.close();
  const { activeCalls } = calls.calls;
  await calls.calls.drain(0);
  expect(activeCalls).toBe(0);
});

/** A tone as an announcement file: A-law, 8 kHz, mono. */
async function writeTone(path: string, seconds: number): Promise<void> {
  const samples = Buffer.concat(Array.from({ length: seconds }, () => toneSecond(FILE_HZ)));
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(6, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8000, 24);
  header.writeUInt32LE(8000, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.length, 40);
  await writeFile(path, Buffer.concat([header, samples]));
}

interface Talk {
  readonly call: OutgoingCall;
  readonly incoming: IncomingCall;
}

async function talk(): Promise<Talk> {
  const call = await alice.call(X, { from: A });
  const incoming = await bob.nextCall();
  incoming.ring();
  await incoming.answer();
  await call.answered;
  return { call, incoming };
}

async function hearEachOther({ call, incoming }: Talk): Promise<void> {
  await Promise.all([call.media?.hears(BOB_HZ), incoming.media?.hears(ALICE_HZ)]);
}

async function hangUp({ call, incoming }: Talk): Promise<void> {
  expect(await call.hangUp()).toBe(200);
  await incoming.end();
}

describe('a call with a ringback file', () => {
  it('plays it once as early media, then the ringback tone, then connects', async () => {
    calls.bind({ callerHintTone: 'tone.wav' });
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    incoming.ring();
    expect((await call.progress.next()).status).toBe(183);
    await call.media?.hears(FILE_HZ);
    await call.media?.hears(RINGBACK_HZ);
    await incoming.answer();
    await call.answered;
    await hearEachOther({ call, incoming });
    await hangUp({ call, incoming });
    expect(await calls.journal.call()).toMatchObject({
      events: ['callin', 'callout', 'alerting', 'answer', 'disconnect'],
      stateCode: 0,
      record: { recordFlag: 0 },
    });
  });

  it('is cut by the answer', async () => {
    calls.bind({ callerHintTone: 'long.wav' });
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    incoming.ring();
    await call.media?.hears(FILE_HZ);
    await incoming.answer();
    await call.answered;
    await hearEachOther({ call, incoming });
    await hangUp({ call, incoming });
  });

  it('goes on without it when there is no such file', async () => {
    calls.bind({ callerHintTone: 'nowhere.wav' });
    const both = await talk();
    await hearEachOther(both);
    await hangUp(both);
  });
});

describe('a recorded call', () => {
  it('plays the hint to both, then records both into one A-law file', async () => {
    calls.bind({ recordFlag: true, recordHintTone: 'tone.wav' });
    const both = await talk();
    await Promise.all([both.call.media?.hears(FILE_HZ), both.incoming.media?.hears(FILE_HZ)]);
    await hearEachOther(both);
    const startedAt = Date.now();
    while (Date.now() - startedAt < 3500) await both.call.media?.hearsPackets(10);
    await hangUp(both);
    const { record } = await calls.journal.call();
    expect(record).toMatchObject({ recordFlag: 1, recordDomain: 'ax.test', recordBucketName: 'sp-sp1' });
    const name = String(record.recordObjectName);
    expect(name).toMatch(/^\d{12}\d+\.wav$/);
    await calls.calls.settled();
    await calls.recordings.stop();
    const file = await readFile(calls.recordingFolder.pathOf(name));
    expect(readWavHeader(file)).toMatchObject({ format: 6, samplesPerSecond: 8000, channels: 1 });
    const middle = fromALaw(file.subarray(-16_000, -8000));
    expect(shareOfTone(middle, ALICE_HZ) + shareOfTone(middle, BOB_HZ)).toBeGreaterThan(0.8);
    expect(shareOfTone(middle, ALICE_HZ)).toBeGreaterThan(0.2);
    expect(shareOfTone(middle, BOB_HZ)).toBeGreaterThan(0.2);
  });

  it('that lasts less than three seconds leaves no file and no record of one', async () => {
    calls.bind({ recordFlag: true });
    const both = await talk();
    await hearEachOther(both);
    await hangUp(both);
    expect((await calls.journal.call()).record).toMatchObject({ recordFlag: 0 });
  });

  it('passes early media of the callee, when there is no hint', async () => {
    calls.bind({ recordFlag: true });
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    incoming.ring(183);
    expect((await call.progress.next()).status).toBe(183);
    await call.media?.hears(BOB_HZ);
    await incoming.answer();
    await call.answered;
    await hearEachOther({ call, incoming });
    await hangUp({ call, incoming });
  });
});

describe('a call whose media is anchored', () => {
  it('passes hold and key presses', async () => {
    calls.bind({ callerHintTone: 'tone.wav' });
    const both = await talk();
    await hearEachOther(both);
    const held = await both.call.reinvite('sendonly');
    expect(held.status).toBe(200);
    expect((await both.call.reinvite('sendrecv')).status).toBe(200);
    await hearEachOther(both);
    await both.call.media?.press('7');
    await both.incoming.media?.hearsDigits('7');
    const relay = { 'Content-Type': 'application/dtmf-relay' };
    expect((await both.incoming.request('INFO', relay, 'Signal=8\r\nDuration=160\r\n')).status).toBe(200);
    await both.call.media?.hearsDigits('8');
    await hangUp(both);
  });

  it('gives back every channel when it is refused, given up or hung up', async () => {
    calls.bind({ callerHintTone: 'tone.wav' });
    const refused = await alice.call(X, { from: A });
    (await bob.nextCall()).reject(486);
    expect((await refused.end()).status).toBe(486);
    const left = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    incoming.ring();
    await left.progress.next();
    left.cancel();
    await incoming.end();
    await calls.journal.call(2);
    await calls.calls.settled();
    expect(pool.sessions).toBe(0);
    const { stats } = media ?? {};
    if (stats) await expect.poll(stats).toMatchObject({ channels: 0, bridges: 0, recordings: 0 });
  });

  it('goes on without when there is no media', async () => {
    calls.bind({ recordFlag: true });
    const create = pool.create.bind(pool);
    pool.create = () => Promise.reject(new Error('no server'));
    const both = await talk();
    await hearEachOther(both);
    await hangUp(both);
    pool.create = create;
    expect(calls.outcomes).toEqual(['not-recorded', 'completed']);
    expect((await calls.journal.call()).record).toMatchObject({ recordFlag: 0 });
  });
});

describe('a refusal', () => {
  it('plays its announcement as early media, then the status', async () => {
    calls.bind({}, { announcements: { 'no-binding': 'tone.wav' } });
    calls.unbind();
    const call = await alice.call(X, { from: STRANGER });
    expect((await call.progress.next()).status).toBe(183);
    await call.media?.hears(FILE_HZ);
    expect(await call.end()).toMatchObject({ status: 403, reason: 'Q.850;cause=21' });
    expect(await calls.journal.call()).toMatchObject({ events: ['callin', 'disconnect'], stateCode: 8014 });
  });

  it('keeps its stateCode when the caller has heard enough', async () => {
    calls.bind({}, { announcements: { 'no-binding': 'default' } });
    calls.unbind();
    const call = await alice.call(X, { from: STRANGER });
    await call.progress.next();
    call.cancel();
    await call.end();
    expect(await calls.journal.call()).toMatchObject({ events: ['callin', 'disconnect'], stateCode: 8014 });
  });
});

describe('a call with a limit', () => {
  it('plays the last-minute voice to both, at once where it may last one minute only', async () => {
    calls.bind({ maxDurationMinutes: 1, lastMinVoice: 'tone.wav' });
    const both = await talk();
    await Promise.all([both.call.media?.hears(FILE_HZ), both.incoming.media?.hears(FILE_HZ)]);
    await hearEachOther(both);
    await hangUp(both);
  });
});
