import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AnchoredMedia, readWavHeader } from '../../media/index.ts';
import { Phone } from '../kit/Phone.ts';
import { CallsWithMedia } from './CallsWithMedia.ts';
import { A, X } from './callsUnderTest.ts';

const ALICE_HZ = 600;
const BOB_HZ = 900;
/** Longer than what may be missing of a recording. */
const HELD_MS = 3000;

let rig: CallsWithMedia;
let alice: Phone;
let bob: Phone;

beforeAll(async () => {
  rig = await CallsWithMedia.start();
});

afterAll(() => rig.stop());

beforeEach(async () => {
  const { calls } = rig;
  alice = (await Phone.start({ name: 'alice', toneHz: ALICE_HZ })).dialVia(calls.sipAddress);
  bob = (await Phone.start({ name: 'bob', toneHz: BOB_HZ })).dialVia(calls.sipAddress);
  calls.trunks.replace([calls.trunk('carrier', bob.port)]);
  calls.bind({ recordFlag: true });
  calls.journal.messages.items.length = 0;
  calls.outcomes.length = 0;
});

afterEach(async () => {
  rig.hooks.reset();
  await alice.close();
  await bob.close();
  await rig.expectNothingLeft();
  await rig.calls.recordings.stop();
});

async function talk() {
  const call = await alice.call(X, { from: A });
  const incoming = await bob.nextCall();
  await Promise.all([incoming.answer(), call.answered]);
  await call.media?.hears(BOB_HZ);
  return { call, incoming };
}

/** What lies on the disk of recordings. */
async function files(): Promise<string[]> {
  const all = await readdir(join(rig.calls.folder, 'recordings'), { recursive: true });
  return all
    .filter((file) => file.endsWith('.wav'))
    .map((file) => join(rig.calls.folder, 'recordings', file));
}

describe('the record of a call that should be recorded', () => {
  it('names one of a call in which a party was held to the end', async () => {
    const { call, incoming } = await talk();
    await call.media?.hearsPackets(200);
    expect((await call.reinvite('inactive')).status).toBe(200);
    await delay(HELD_MS);
    await incoming.hangUp();
    await call.end();
    const { record } = await rig.calls.journal.call();
    expect(record.recordFlag).toBe(1);
    expect(rig.calls.outcomes).not.toContain('not-recorded');
    await rig.calls.calls.settled();
    await rig.calls.recordings.stop();
    const path = rig.calls.recordingFolder.pathOf(String(record.recordObjectName));
    // FreeSWITCH's recording may stand still while nothing comes from the party.
    expect(readWavHeader(await readFile(path)).dataBytes).toBeGreaterThan(3.5 * 8000);
    await rm(path);
  });

  it('names none when what the media server wrote is not there', async () => {
    const { call, incoming } = await talk();
    await call.media?.hearsPackets(200);
    for (const file of await files()) await rm(file);
    await incoming.hangUp();
    await call.end();
    const { record } = await rig.calls.journal.call();
    expect(record).toMatchObject({ recordFlag: 0, ulFailReason: 0 });
    expect(record).not.toHaveProperty('recordObjectName');
    expect(rig.calls.outcomes).toContain('not-recorded');
  });

  it('comes in time, with the moment of the hang-up, when the media server does not end the recording', async () => {
    const stuck = Promise.withResolvers<void>();
    rig.hooks.onMade = (media) => {
      if (!(media instanceof AnchoredMedia)) return;
      const stop = media.stopRecording.bind(media);
      media.stopRecording = () => stuck.promise.then(stop);
    };
    const { call, incoming } = await talk();
    await call.media?.hearsPackets(200);
    const endedAt = Date.now();
    await incoming.hangUp();
    await call.end();
    const { record } = await rig.calls.journal.call();
    expect(Date.now() - endedAt).toBeLessThan(5000);
    expect(record.recordFlag).toBe(0);
    const [closed] = rig.calls.journal.closed.slice(-1);
    expect(Math.abs((closed?.endedAt ?? 0) - endedAt)).toBeLessThan(500);
    stuck.resolve();
    await rig.calls.calls.settled();
    expect(await files()).toEqual([]);
  });

  it('is not counted as a failure when the call was too short to be kept', async () => {
    const { call, incoming } = await talk();
    await incoming.hangUp();
    await call.end();
    expect((await rig.calls.journal.call()).record.recordFlag).toBe(0);
    expect(rig.calls.outcomes).not.toContain('not-recorded');
    await rig.calls.calls.settled();
    expect(await files()).toEqual([]);
  });
});
