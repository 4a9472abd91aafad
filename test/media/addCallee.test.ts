import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { MediaError } from '../../media/index.ts';
import { writeAnnouncement } from './announcementFile.ts';
import { find, linearOf } from './hearing.ts';
import { CALLEE_VOICE, hears, mediaUnderTest } from './MediaUnderTest.ts';
import { askFreeSwitch, channelCount } from './servers.ts';

const test = mediaUnderTest();

describe('a callee for a caller who has a channel', () => {
  it('is offered G.711 from the same server, and both hear each other', async () => {
    const { pool, callee, servers } = test();
    const caller = await test().answerCaller();
    const media = test().keep(await pool.addCallee(caller));
    expect(media.callerAnswer).toBe(caller.callerAnswer);
    expect(media.calleeOffer).toMatch(/^m=audio \d+ RTP\/AVP 8 0 101\r$/m);
    expect(pool.sessions).toBe(1);
    expect(await channelCount(servers.freeswitch)).toBe(2);
    await test().answerCallee(media);
    await media.bridge();
    await test().hearEachOther();
    callee.press(5);
    await expect.poll(() => test().caller.events).toEqual([5]);
    await media.release();
    await expect.poll(() => channelCount(servers.freeswitch)).toBe(0);
  });

  it('comes while the caller goes on hearing a file, which the bridge cuts', async () => {
    const path = test().pathOf('wait.wav');
    const samples = await writeAnnouncement(path, 10);
    const caller = await test().answerCaller();
    const playing = caller.playToCaller(path);
    const media = test().keep(await test().pool.addCallee(caller));
    test().caller.takeHeard();
    await delay(600);
    const heard = linearOf(test().caller.takeHeard());
    expect(find(heard.subarray(800, 4000), linearOf(samples)).likeness).toBeGreaterThan(0.98);
    await test().answerCallee(media);
    await media.bridge();
    expect(await playing).toBe('stopped');
    await hears(test().caller, CALLEE_VOICE);
  });

  it('takes over what is told: digits, and the end', async () => {
    const caller = await test().answerCaller();
    const before = { digit: vi.fn(), lost: vi.fn() };
    caller.on('digit', before.digit).on('lost', before.lost);
    const media = test().keep(await test().pool.addCallee(caller));
    const digits: string[] = [];
    media.on('digit', (party, digit) => digits.push(`${party} ${digit}`));
    test().caller.press(4);
    await expect.poll(() => digits).toEqual(['caller 4']);
    const lost = once(media, 'lost');
    await askFreeSwitch(test().servers.freeswitch, 'hupall normal_clearing');
    expect(await lost).toEqual(['channel']);
    expect(before.digit).not.toHaveBeenCalled();
    expect(before.lost).not.toHaveBeenCalled();
  });

  it('outlives the release of what the caller had before', async () => {
    const caller = await test().answerCaller();
    const media = test().keep(await test().pool.addCallee(caller));
    await caller.release();
    await test().answerCallee(media);
    await media.bridge();
    await test().hearEachOther();
    expect(test().pool.sessions).toBe(1);
  });

  it('has a limit of its own, in place of one that the caller had', async () => {
    const caller = await test().answerCaller();
    await caller.hangUpAfter(1);
    const media = test().keep(await test().pool.addCallee(caller));
    const lost = once(media, 'lost');
    const startedAt = performance.now();
    await media.hangUpAfter(3);
    expect(await lost).toEqual(['limit']);
    expect(performance.now() - startedAt).toBeGreaterThan(1900);
  });
});

describe('a callee that cannot be had', () => {
  it('because the caller hung up before: nothing is made', async () => {
    const caller = await test().answerCaller();
    const lost = once(caller, 'lost');
    await askFreeSwitch(test().servers.freeswitch, 'hupall normal_clearing');
    expect(await lost).toEqual(['channel']);
    await expect(test().pool.addCallee(caller)).rejects.toMatchObject({ code: 'ended' });
    await caller.release();
    await expect(test().pool.addCallee(caller)).rejects.toMatchObject({ code: 'ended' });
  });

  it('because the caller is released meanwhile: nothing is left', async () => {
    const caller = await test().answerCaller();
    const adding = test().pool.addCallee(caller);
    const [outcome] = await Promise.allSettled([adding, caller.release()]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ended' } });
    await expect.poll(() => channelCount(test().servers.freeswitch)).toBe(0);
  });

  it('because both are hung up meanwhile: whoever owns them by then is left with none', async () => {
    const caller = await test().answerCaller();
    const lost = vi.fn();
    caller.on('lost', lost);
    const adding = test().pool.addCallee(caller);
    const killing = askFreeSwitch(test().servers.freeswitch, 'hupall normal_clearing');
    const [outcome] = await Promise.allSettled([adding, killing]);
    if (outcome.status === 'fulfilled') {
      const media = test().keep(outcome.value);
      await expect.poll(() => media.isThere).toBe(false);
      expect(lost).not.toHaveBeenCalled();
    } else {
      expect(outcome.reason).toBeInstanceOf(MediaError);
      await expect.poll(() => lost.mock.calls).toEqual([['channel']]);
      await caller.release();
    }
    await expect.poll(() => channelCount(test().servers.freeswitch)).toBe(0);
  });

  it('a second time at once: there is one, and the caller is in one call', async () => {
    const caller = await test().answerCaller();
    const [first, second] = await Promise.allSettled([
      test().pool.addCallee(caller),
      test().pool.addCallee(caller),
    ]);
    if (first.status === 'fulfilled') test().keep(first.value);
    if (second.status === 'fulfilled') test().keep(second.value);
    expect([first.status, second.status].sort()).toEqual(['fulfilled', 'rejected']);
    await expect.poll(() => channelCount(test().servers.freeswitch)).toBe(2);
  });

  it('because there is one already', async () => {
    const media = await test().setUp();
    await expect(test().pool.addCallee(media)).rejects.toMatchObject({ code: 'refused' });
    await media.bridge();
    await test().hearEachOther();
    expect(await channelCount(test().servers.freeswitch)).toBe(2);
  });
});
