import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Doom, Ready } from './doomedApplication.ts';
import { linearOf, shareOfTone } from './hearing.ts';
import { RtpParty } from './RtpParty.ts';
import { channelCount, type MediaServers, startMediaServers } from './servers.ts';

const APPLICATION = fileURLToPath(new URL('./doomedApplication.ts', import.meta.url));
const CALLEE_VOICE = 900;

let servers: MediaServers;
let caller: RtpParty;
let callee: RtpParty;

beforeAll(async () => {
  servers = await startMediaServers();
});

afterAll(() => servers.stop());

beforeEach(async () => {
  caller = await RtpParty.open();
  callee = await RtpParty.open();
  callee.say(CALLEE_VOICE);
});

afterEach(() => {
  caller.close();
  callee.close();
});

/** Runs an application until it has a call, and kills it. */
async function killWithACall(limitSeconds: number | undefined): Promise<void> {
  const application = fork(APPLICATION, { execArgv: [] });
  const { drachtio, freeswitch } = servers;
  const doom: Doom = { drachtio, freeswitch, callerSdp: caller.sdp(), calleeSdp: callee.sdp(), limitSeconds };
  const { promise: whenReady, resolve } = Promise.withResolvers<Ready>();
  application.once('message', (message: Ready) => resolve(message));
  application.send(doom);
  const ready = await whenReady;
  caller.talkTo(ready.callerAnswer);
  callee.talkTo(ready.calleeOffer);
  application.kill('SIGKILL');
  await once(application, 'exit');
}

describe('when the application dies', () => {
  it('a connected call goes on, and the media server ends it at its limit', async () => {
    await killWithACall(4);
    const diedAt = performance.now();
    const hearsCallee = () => shareOfTone(linearOf(caller.takeHeard().subarray(-1600)), CALLEE_VOICE) > 0.9;
    await expect.poll(hearsCallee, { timeout: 2000, interval: 200 }).toBe(true);
    expect(await channelCount(servers.freeswitch)).toBe(2);
    await expect.poll(() => channelCount(servers.freeswitch), { timeout: 8000, interval: 100 }).toBe(0);
    expect(performance.now() - diedAt).toBeGreaterThan(2000);
  });

  it('the channels of a call that was not connected yet end at once', async () => {
    await killWithACall(undefined);
    await expect.poll(() => channelCount(servers.freeswitch), { timeout: 3000, interval: 100 }).toBe(0);
  });
});
