import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { CallerMedia } from '../../media/index.ts';
import { writeAnnouncement } from './announcementFile.ts';
import { find, linearOf, loudness, shareOfTone } from './hearing.ts';
import { mediaUnderTest } from './MediaUnderTest.ts';
import { channelCount } from './servers.ts';

const test = mediaUnderTest();

/** Digits that the application is told of, as `caller 5`. */
function digitsOf(media: CallerMedia): string[] {
  const digits: string[] = [];
  media.on('digit', (party, digit) => digits.push(`${party} ${digit}`));
  return digits;
}

describe('a file that is played to the caller', () => {
  it('is heard once, whole and unchanged', async () => {
    const path = test().pathOf('once.wav');
    const samples = await writeAnnouncement(path, 1.5);
    const media = await test().setUp();
    expect(await media.playToCaller(path, { once: true })).toBe('played');
    await delay(100); // the last packets are on their way
    const heard = linearOf(test().caller.takeHeard());
    const pattern = linearOf(samples);
    expect(find(pattern.subarray(0, 4000), heard).likeness).toBeGreaterThan(0.98);
    const end = find(pattern.subarray(-4000), heard);
    expect(end.likeness).toBeGreaterThan(0.98);
    expect(end.at - find(pattern.subarray(0, 4000), heard).at).toBe(8000);
  });

  it('needs one channel where there is no callee, and is heard', async () => {
    const path = test().pathOf('refused.wav');
    const samples = await writeAnnouncement(path, 0.6);
    const alone = await test().answerCaller();
    await expect.poll(() => channelCount(test().servers.freeswitch)).toBe(1);
    expect(await alone.playToCaller(path)).toBe('played');
    await delay(100);
    expect(find(linearOf(samples), linearOf(test().caller.takeHeard())).likeness).toBeGreaterThan(0.95);
  });

  it('is heard again and again, until it is stopped', async () => {
    const path = test().pathOf('again.wav');
    const samples = await writeAnnouncement(path, 0.5);
    const media = await test().setUp();
    const playing = media.playToCaller(path, { once: false });
    await delay(1600);
    await media.stopCaller();
    expect(await playing).toBe('stopped');
    const heard = linearOf(test().caller.takeHeard());
    const first = find(linearOf(samples), heard);
    expect(first.likeness).toBeGreaterThan(0.95);
    expect(find(linearOf(samples), heard.slice(first.at + 4000)).likeness).toBeGreaterThan(0.95);
  });

  it('is not played again and again when it is empty', async () => {
    const path = test().pathOf('empty.wav');
    await writeAnnouncement(path, 0.02);
    const media = await test().setUp();
    expect(await media.playToCaller(path, { once: false })).toBe('played');
  });

  it('stops also when it has only just been asked for', async () => {
    const path = test().pathOf('long.wav');
    await writeAnnouncement(path, 10);
    const media = await test().setUp();
    const playing = media.playToCaller(path);
    await media.stopCaller();
    expect(await playing).toBe('stopped');
  });

  it('is cut by the next one', async () => {
    const [long, short] = [test().pathOf('cut.wav'), test().pathOf('next.wav')];
    await writeAnnouncement(long, 10);
    const samples = await writeAnnouncement(short, 0.5, 900);
    const media = await test().setUp();
    const playing = media.playToCaller(long);
    await delay(300);
    expect(await media.playToCaller(short)).toBe('played');
    expect(await playing).toBe('stopped');
    await delay(100);
    expect(find(linearOf(samples), linearOf(test().caller.takeHeard())).likeness).toBeGreaterThan(0.95);
  });

  it('that is not there is told of, and the next one is played', async () => {
    const path = test().pathOf('after.wav');
    await writeAnnouncement(path, 0.3);
    const media = await test().setUp();
    await expect(media.playToCaller(test().pathOf('missing.wav'))).rejects.toMatchObject({
      code: 'file-not-found',
    });
    await expect(media.playToCaller('/tmp/a.wav\n\nbgapi shutdown')).rejects.toMatchObject({
      code: 'file-name',
    });
    expect(await media.playToCaller(path)).toBe('played');
  });
});

describe('the ringback tone', () => {
  it('is 450 Hz for one second in five', async () => {
    const media = await test().setUp();
    media.ringbackToCaller();
    await delay(2500);
    await media.stopCaller();
    const heard = linearOf(test().caller.takeHeard());
    const loud = Array.from({ length: Math.floor(heard.length / 800) }, (_, tenth) =>
      heard.subarray(tenth * 800, tenth * 800 + 800),
    ).filter((part) => loudness(part) > 500);
    expect(loud.length).toBeGreaterThanOrEqual(9);
    expect(loud.length).toBeLessThanOrEqual(12);
    expect(loud.filter((part) => shareOfTone(part, 450) > 0.9).length).toBeGreaterThanOrEqual(9);
  });
});

describe('digits of a caller without a callee', () => {
  it('are told at once while a prompt plays, and the prompt can be cut', async () => {
    const path = test().pathOf('prompt.wav');
    await writeAnnouncement(path, 10);
    const media = await test().answerCaller();
    const digits = digitsOf(media);
    const playing = media.playToCaller(path);
    await delay(300);
    const pressedAt = performance.now();
    test().caller.press(1);
    await expect.poll(() => digits, { interval: 10 }).toEqual(['caller 1']);
    // The key is held for 100 ms; FreeSWITCH tells of it when it is let go.
    expect(performance.now() - pressedAt).toBeLessThan(400);
    await media.stopCaller();
    expect(await playing).toBe('stopped');
    test().caller.press(2);
    await expect.poll(() => digits).toEqual(['caller 1', 'caller 2']);
  });

  it('are all told, in order, as fast as fingers press them', async () => {
    const media = await test().answerCaller();
    const digits = digitsOf(media);
    for (const event of [1, 2, 0, 7, 7, 10, 11]) {
      test().caller.press(event);
      await delay(180);
    }
    const pressed = ['1', '2', '0', '7', '7', '*', '#'].map((digit) => `caller ${digit}`);
    await expect.poll(() => digits).toEqual(pressed);
  });

  it('are told while a file is looped, and after one that was not there', async () => {
    const path = test().pathOf('loop.wav');
    await writeAnnouncement(path, 0.5);
    const media = await test().answerCaller();
    const digits = digitsOf(media);
    await expect(media.playToCaller(test().pathOf('missing.wav'))).rejects.toThrow();
    test().caller.press(3);
    await expect.poll(() => digits).toEqual(['caller 3']);
    const playing = media.playToCaller(path, { once: false });
    await delay(700);
    test().caller.press(4);
    await expect.poll(() => digits).toEqual(['caller 3', 'caller 4']);
    await media.stopCaller();
    await playing;
  });
});
