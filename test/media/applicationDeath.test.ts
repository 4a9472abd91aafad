import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeAnnouncement } from './announcementFile.ts';
import type { Doom, Ready, Stage } from './doomedApplication.ts';
import { hearsNow } from './MediaUnderTest.ts';
import { RtpParty } from './RtpParty.ts';
import { channelCount, type MediaServers, startMediaServers } from './servers.ts';

const APPLICATION = fileURLToPath(new URL('./doomedApplication.ts', import.meta.url));
const CALLEE_VOICE = 900;
const LIMIT_SECONDS = 4;
const FILE_SECONDS = 2;

let servers: MediaServers;
let folder: string;
let caller: RtpParty;
let callee: RtpParty;

beforeAll(async () => {
  servers = await startMediaServers();
  folder = await mkdtemp(join(tmpdir(), 'axbridge-doomed-'));
  await writeAnnouncement(join(folder, 'file.wav'), FILE_SECONDS);
});

afterAll(async () => {
  await servers.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  caller = await RtpParty.open();
  callee = await RtpParty.open();
  callee.say(CALLEE_VOICE);
});

afterEach(() => {
  caller.close();
  callee.close();
});

/** Runs an application until its call is at a stage, and kills it. */
async function killAt(stage: Stage, callerFirst: boolean): Promise<void> {
  const application = fork(APPLICATION, { execArgv: [] });
  const { drachtio, freeswitch } = servers;
  const doom: Doom = {
    drachtio,
    freeswitch,
    callerSdp: caller.sdp(),
    calleeSdp: callee.sdp(),
    stage,
    callerFirst,
    file: join(folder, 'file.wav'),
    limitSeconds: LIMIT_SECONDS,
  };
  const { promise: whenReady, resolve } = Promise.withResolvers<Ready>();
  application.once('message', (message: Ready) => resolve(message));
  application.send(doom);
  const { callerAnswer, calleeOffer } = await whenReady;
  caller.talkTo(callerAnswer);
  if (calleeOffer !== undefined) callee.talkTo(calleeOffer);
  application.kill('SIGKILL');
  await once(application, 'exit');
}

/** Waits until the media server has no channel any more. @returns after how many milliseconds */
async function ended(withinMs: number): Promise<number> {
  const from = performance.now();
  const count = () => channelCount(servers.freeswitch);
  await expect.poll(count, { timeout: withinMs, interval: 100 }).toBe(0);
  return performance.now() - from;
}

const WAYS = [
  ['with both channels made at once', false],
  ['with the callee added to the caller', true],
] as const;

describe.each(WAYS)('when the application dies, a call %s', (_, callerFirst) => {
  it('goes on once the parties are bridged, and the media server ends it at its limit', async () => {
    await killAt('bridged', callerFirst);
    const heard = () => hearsNow(caller, CALLEE_VOICE);
    await expect.poll(heard, { interval: 200 }).toBe(true);
    expect(await channelCount(servers.freeswitch)).toBe(2);
    expect(await ended(LIMIT_SECONDS * 1000 + 2000)).toBeGreaterThan(1000);
  });

  it('ends at its limit at the latest while both hear the record hint', async () => {
    await killAt('parted', callerFirst);
    await ended(LIMIT_SECONDS * 1000 + 2000);
  });

  it('ends at once where the parties were never bridged', async () => {
    await killAt('made', callerFirst);
    await ended(3000);
  });
});

describe('when the application dies, a caller who hears a prompt', () => {
  it('hears it to its end, and no more', async () => {
    await killAt('prompted', true);
    await ended(FILE_SECONDS * 1000 + 3000);
  });
});
