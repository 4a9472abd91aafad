import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { MediaError, readWavHeader } from '../../media/index.ts';
import { writeAnnouncement } from './announcementFile.ts';
import { find, linearOf, shareOfTone } from './hearing.ts';
import { CALLEE_VOICE, CALLER_VOICE, hears, hearsNow, mediaUnderTest } from './MediaUnderTest.ts';
import { RtpParty } from './RtpParty.ts';
import { channelCount } from './servers.ts';

const test = mediaUnderTest();

describe('the set-up', () => {
  it('answers the caller and makes an offer for the callee, in G.711 with telephone events', async () => {
    const { pool, caller, keep } = test();
    const media = keep(await pool.create({ callerOffer: caller.sdp() }));
    expect(media.callerAnswer).toMatch(/^m=audio \d+ RTP\/AVP 8 101\r$/m);
    expect(media.calleeOffer).toMatch(/^m=audio \d+ RTP\/AVP 8 0 101\r$/m);
    expect(pool.sessions).toBe(1);
    expect(pool.servers).toMatchObject([{ state: 'up', channels: 2 }]);
  });

  it('answers a caller who has µ-law only with µ-law', async () => {
    const { pool, caller, keep } = test();
    const media = keep(await pool.create({ callerOffer: caller.sdp({ payloads: '0 101' }) }));
    expect(media.callerAnswer).toMatch(/^m=audio \d+ RTP\/AVP 0 101\r$/m);
  });

  it('makes an offer for a caller who made none', async () => {
    const { pool, caller, keep } = test();
    const media = keep(await pool.create({ callerOffer: '' }));
    expect(media.callerAnswer).toMatch(/^m=audio \d+ RTP\/AVP 8 0 101\r$/m);
    expect(await media.modifyCaller(caller.sdp())).toMatch(/^m=audio \d+ RTP\/AVP 8 101\r$/m);
  });

  it.each([['no codec in common', 'a=rtpmap:18 G729/8000', '18']])(
    'refuses a caller with %s',
    async (_, rtpmap, payloads) => {
      const { pool, caller } = test();
      const offer = `${caller.sdp({ payloads })}${rtpmap}\r\n`;
      await expect(pool.create({ callerOffer: offer })).rejects.toMatchObject({ code: 'not-acceptable' });
    },
  );

  it('refuses a caller who wants encrypted RTP and tells no key', async () => {
    const { pool, caller } = test();
    const offer = caller.sdp().replace('RTP/AVP', 'RTP/SAVP');
    await expect(pool.create({ callerOffer: offer })).rejects.toMatchObject({ code: 'not-acceptable' });
  });

  it('leaves no channel of a call that is given up before the callee answers', async () => {
    const { pool, caller, servers } = test();
    const media = await pool.create({ callerOffer: caller.sdp() });
    await media.release();
    await expect.poll(() => channelCount(servers.freeswitch)).toBe(0);
  });
});

describe('the bridge', () => {
  it('connects the parties both ways, and cuts the ringback', async () => {
    const media = await test().setUp();
    media.ringbackToCaller();
    await delay(300);
    await media.bridge();
    await test().hearEachOther();
  });

  it('cuts a file that is played again and again, for good', async () => {
    const { caller, pathOf } = test();
    await writeAnnouncement(pathOf('waiting.wav'), 0.4);
    const media = await test().setUp();
    const playing = media.playToCaller(pathOf('waiting.wav'), { once: false });
    await delay(300);
    await media.bridge();
    expect(await playing).toBe('stopped');
    await hears(caller, CALLEE_VOICE);
    await delay(600);
    expect(hearsNow(caller, CALLEE_VOICE)).toBe(true);
  });

  it('passes and reports digits of both parties', async () => {
    const { caller, callee } = test();
    const media = await test().connect();
    const digits: string[] = [];
    media.on('digit', (party, digit) => digits.push(`${party} ${digit}`));
    caller.press(5);
    await expect.poll(() => digits).toEqual(['caller 5']);
    callee.press(11);
    await expect.poll(() => digits).toEqual(['caller 5', 'callee #']);
    await expect.poll(() => callee.events).toEqual([5]);
    await expect.poll(() => caller.events).toEqual([11]);
  });

  it('sends a digit that came another way', async () => {
    const media = await test().connect();
    await media.sendDigit('callee', '7');
    await expect.poll(() => test().callee.events).toEqual([7]);
    await media.sendDigit('caller', '*');
    await expect.poll(() => test().caller.events).toEqual([10]);
    await expect(media.sendDigit('callee', '7\n')).rejects.toBeInstanceOf(MediaError);
  });

  it('records both voices into one file of the length of the talk', async () => {
    const path = test().pathOf('with a blank.wav');
    const media = await test().setUp();
    await media.startRecording(path);
    await media.bridge();
    await delay(4000);
    await media.stopRecording();
    const file = await readFile(path);
    const header = readWavHeader(file);
    expect(header).toMatchObject({ format: 1, channels: 1, samplesPerSecond: 8000, bitsPerSample: 16 });
    const data = file.subarray(header.dataOffset, header.dataOffset + (header.dataBytes ?? 0));
    const samples = Float64Array.from({ length: data.length / 2 }, (_, at) => data.readInt16LE(at * 2));
    expect(samples.length / 8000).toBeGreaterThan(3.7);
    expect(samples.length / 8000).toBeLessThan(4.4);
    const middle = samples.subarray(12_000, 28_000);
    expect(shareOfTone(middle, CALLER_VOICE)).toBeGreaterThan(0.4);
    expect(shareOfTone(middle, CALLEE_VOICE)).toBeGreaterThan(0.4);
  });

  it('refuses a fax and goes on', async () => {
    const { caller, callee } = test();
    const media = await test().connect();
    const fax = caller.sdp().replace(/m=audio (\d+) RTP\/AVP 8 0 101/, 'm=image $1 udptl t38');
    await expect(media.modifyCallee(fax)).rejects.toMatchObject({ code: 'not-acceptable' });
    expect(await media.modifyCallee(callee.sdp({ payloads: '8 101' }))).toMatch(/^m=audio/m);
    await hears(caller, CALLEE_VOICE);
  });

  it('takes a re-INVITE of a party who moves, and of one who holds', async () => {
    const { caller } = test();
    const media = await test().connect();
    const moved = await RtpParty.open();
    try {
      moved.say(CALLEE_VOICE);
      moved.talkTo(await media.modifyCallee(moved.sdp()));
      await hears(moved, CALLER_VOICE);
      expect(await media.modifyCaller(caller.sdp())).toBe(media.callerAnswer);
      expect(await media.modifyCaller(caller.sdp({ direction: 'sendonly' }))).toMatch(/a=recvonly/);
      expect(await media.modifyCaller(caller.sdp())).not.toMatch(/a=(recvonly|inactive|sendonly)/);
      await hears(caller, CALLEE_VOICE);
    } finally {
      moved.close();
    }
  });
});

describe('a file for both', () => {
  it('is heard by each to its end, before they hear each other', async () => {
    const path = test().pathOf('hint.wav');
    const samples = await writeAnnouncement(path, 1);
    const media = await test().setUp();
    await media.playToBoth(path);
    await delay(100);
    for (const party of [test().caller, test().callee]) {
      expect(find(linearOf(samples), linearOf(party.takeHeard())).likeness).toBeGreaterThan(0.95);
    }
  });

  it('is heard by both during the call, after which they hear each other again', async () => {
    const path = test().pathOf('minute.wav');
    const samples = await writeAnnouncement(path, 1);
    const media = await test().connect();
    await media.announceDuringCall(path);
    await delay(1500);
    for (const party of [test().caller, test().callee]) {
      expect(
        find(linearOf(samples).subarray(800, 7200), linearOf(party.takeHeard())).likeness,
      ).toBeGreaterThan(0.9);
    }
    await test().hearEachOther();
  });
});

describe('parties that are parted again', () => {
  it('each hear a file whole and nothing of the other, and then talk again', async () => {
    const { caller, callee, pathOf } = test();
    const samples = linearOf(await writeAnnouncement(pathOf('between.wav'), 0.3));
    const media = await test().connect();
    // As quickly after the bridge as can be, and with all that there is between the two.
    for (const pauseMs of [0, 0, 10, 30, 100, 0]) {
      await media.unbridge();
      await delay(40); // what was sent before has arrived
      caller.takeHeard();
      callee.takeHeard();
      await media.playToBoth(pathOf('between.wav'));
      await delay(100);
      for (const [party, other] of [
        [caller, CALLEE_VOICE],
        [callee, CALLER_VOICE],
      ] as const) {
        const heard = linearOf(party.takeHeard());
        expect(find(samples, heard).likeness).toBeGreaterThan(0.95);
        expect(shareOfTone(heard, other)).toBeLessThan(0.1);
      }
      await media.bridge();
      await delay(pauseMs);
    }
    await test().hearEachOther();
    expect(test().log.warn.mock.calls).toEqual([]);
  });

  it('were not together: nothing happens', async () => {
    const media = await test().setUp();
    await media.unbridge();
    await media.bridge();
    await test().hearEachOther();
  });
});
