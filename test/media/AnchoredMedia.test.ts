import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Srf from 'drachtio-srf';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AnchoredMedia, MediaError, MediaPool, readWavHeader } from '../../media/index.ts';
import { writeAnnouncement } from './announcementFile.ts';
import { find, linearOf, loudness, shareOfTone } from './hearing.ts';
import { RtpParty } from './RtpParty.ts';
import { askFreeSwitch, channelCount, type MediaServers, startMediaServers } from './servers.ts';

const CALLER_VOICE = 700;
const CALLEE_VOICE = 1100;
const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };

let servers: MediaServers;
let srf: Srf;
let pool: MediaPool;
let folder: string;
let caller: RtpParty;
let callee: RtpParty;
let media: AnchoredMedia;

beforeAll(async () => {
  servers = await startMediaServers();
  folder = await mkdtemp(join(tmpdir(), 'axbridge-media-'));
  srf = new Srf();
  srf.on('error', () => undefined);
  srf.connect(servers.drachtio);
  await once(srf, 'connect');
  pool = new MediaPool({
    servers: [servers.freeswitch],
    srf,
    listenAddress: '127.0.0.1',
    profile: 'drachtio_mrf',
    log,
  });
  await pool.start();
});

afterAll(async () => {
  await pool.stop();
  srf.disconnect();
  await servers.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  caller = await RtpParty.open();
  callee = await RtpParty.open();
  caller.say(CALLER_VOICE);
  callee.say(CALLEE_VOICE);
});

afterEach(async () => {
  await media?.release();
  caller.close();
  callee.close();
  await expect.poll(() => channelCount(servers.freeswitch), { timeout: 5000 }).toBe(0);
  expect(pool.sessions).toBe(0);
});

/** Both endpoints, the callee's answer taken, both parties talking. */
async function setUp(): Promise<void> {
  media = await pool.create({ callerOffer: caller.sdp() });
  caller.talkTo(media.callerAnswer);
  await media.calleeAnswered(callee.sdp());
  callee.talkTo(media.calleeOffer);
}

async function connect(): Promise<void> {
  await setUp();
  await media.bridge();
  await expect.poll(() => hears(caller, CALLEE_VOICE), { timeout: 3000, interval: 200 }).toBe(true);
  await expect.poll(() => hears(callee, CALLER_VOICE), { timeout: 3000, interval: 200 }).toBe(true);
}

/** Whether a tone is what a party has been hearing lately. */
function hears(party: RtpParty, hertz: number): boolean {
  const heard = linearOf(party.takeHeard().subarray(-1600));
  return heard.length >= 800 && loudness(heard) > 1000 && shareOfTone(heard, hertz) > 0.9;
}

describe('the set-up', () => {
  it('answers the caller and makes an offer for the callee, in G.711 with telephone events', async () => {
    media = await pool.create({ callerOffer: caller.sdp() });
    expect(media.callerAnswer).toMatch(/^m=audio \d+ RTP\/AVP 8 101\r$/m);
    expect(media.calleeOffer).toMatch(/^m=audio \d+ RTP\/AVP 8 0 101\r$/m);
    expect(pool.sessions).toBe(1);
    expect(pool.servers).toMatchObject([{ state: 'up', channels: 2 }]);
  });

  it('answers a caller who has µ-law only with µ-law', async () => {
    media = await pool.create({ callerOffer: caller.sdp({ payloads: '0 101' }) });
    expect(media.callerAnswer).toMatch(/^m=audio \d+ RTP\/AVP 0 101\r$/m);
  });

  it('makes an offer for a caller who made none', async () => {
    media = await pool.create({ callerOffer: '' });
    expect(media.callerAnswer).toMatch(/^m=audio \d+ RTP\/AVP 8 0 101\r$/m);
    expect(await media.modifyCaller(caller.sdp())).toMatch(/^m=audio \d+ RTP\/AVP 8 101\r$/m);
  });

  it.each([['no codec in common', 'a=rtpmap:18 G729/8000', '18']])(
    'refuses a caller with %s',
    async (_, rtpmap, payloads) => {
      const offer = `${caller.sdp({ payloads })}${rtpmap}\r\n`;
      await expect(pool.create({ callerOffer: offer })).rejects.toMatchObject({ code: 'not-acceptable' });
    },
  );

  it('refuses a caller who wants encrypted RTP', async () => {
    const offer = caller.sdp().replace('RTP/AVP', 'RTP/SAVP');
    await expect(pool.create({ callerOffer: offer })).rejects.toMatchObject({ code: 'not-acceptable' });
  });

  it('leaves no channel of a call that is given up before the callee answers', async () => {
    media = await pool.create({ callerOffer: caller.sdp() });
    await media.release();
    await expect.poll(() => channelCount(servers.freeswitch), { timeout: 1000 }).toBe(0);
  });
});

describe('before the bridge', () => {
  it('lets the caller hear a file once, whole and unchanged', async () => {
    const path = join(folder, 'once.wav');
    const samples = await writeAnnouncement(path, 1.5);
    await setUp();
    expect(await media.playToCaller(path, { once: true })).toBe('played');
    await delay(100); // the last packets are on their way
    const heard = linearOf(caller.takeHeard());
    const pattern = linearOf(samples);
    expect(find(pattern.subarray(0, 4000), heard).likeness).toBeGreaterThan(0.98);
    const end = find(pattern.subarray(-4000), heard);
    expect(end.likeness).toBeGreaterThan(0.98);
    expect(end.at - find(pattern.subarray(0, 4000), heard).at).toBe(8000);
  });

  it('plays a file again and again until it is stopped', async () => {
    const path = join(folder, 'again.wav');
    const samples = await writeAnnouncement(path, 0.5);
    await setUp();
    const playing = media.playToCaller(path, { once: false });
    await delay(1600);
    await media.stopCaller();
    expect(await playing).toBe('stopped');
    const heard = linearOf(caller.takeHeard());
    const first = find(linearOf(samples), heard);
    expect(first.likeness).toBeGreaterThan(0.95);
    expect(find(linearOf(samples), heard.slice(first.at + 4000)).likeness).toBeGreaterThan(0.95);
  });

  it('does not play an empty file again and again', async () => {
    const path = join(folder, 'empty.wav');
    await writeAnnouncement(path, 0.02);
    await setUp();
    expect(await media.playToCaller(path, { once: false })).toBe('played');
  });

  it('stops a play that has only just been asked for', async () => {
    const path = join(folder, 'long.wav');
    await writeAnnouncement(path, 10);
    await setUp();
    const playing = media.playToCaller(path);
    await media.stopCaller();
    expect(await playing).toBe('stopped');
  });

  it('cuts a play with the next one', async () => {
    const [long, short] = [join(folder, 'cut.wav'), join(folder, 'next.wav')];
    await writeAnnouncement(long, 10);
    const samples = await writeAnnouncement(short, 0.5, 900);
    await setUp();
    const playing = media.playToCaller(long);
    await delay(300);
    expect(await media.playToCaller(short)).toBe('played');
    expect(await playing).toBe('stopped');
    await delay(100);
    expect(find(linearOf(samples), linearOf(caller.takeHeard())).likeness).toBeGreaterThan(0.95);
  });

  it('says when there is no such file, and plays the next one', async () => {
    const path = join(folder, 'after.wav');
    await writeAnnouncement(path, 0.3);
    await setUp();
    await expect(media.playToCaller(join(folder, 'missing.wav'))).rejects.toMatchObject({
      code: 'file-not-found',
    });
    await expect(media.playToCaller('/tmp/a.wav\n\nbgapi shutdown')).rejects.toMatchObject({
      code: 'file-name',
    });
    expect(await media.playToCaller(path)).toBe('played');
  });

  it('gives the caller the ringback tone, 450 Hz for one second in five', async () => {
    await setUp();
    media.ringbackToCaller();
    await delay(2500);
    await media.stopCaller();
    const heard = linearOf(caller.takeHeard());
    const loud = Array.from({ length: Math.floor(heard.length / 800) }, (_, tenth) =>
      heard.subarray(tenth * 800, tenth * 800 + 800),
    ).filter((part) => loudness(part) > 500);
    expect(loud.length).toBeGreaterThanOrEqual(9);
    expect(loud.length).toBeLessThanOrEqual(12);
    expect(loud.filter((part) => shareOfTone(part, 450) > 0.9).length).toBeGreaterThanOrEqual(9);
  });

  it('lets both parties hear the record hint, each to its end', async () => {
    const path = join(folder, 'hint.wav');
    const samples = await writeAnnouncement(path, 1);
    await setUp();
    await media.playToBoth(path);
    await delay(100);
    for (const party of [caller, callee]) {
      expect(find(linearOf(samples), linearOf(party.takeHeard())).likeness).toBeGreaterThan(0.95);
    }
  });
});

describe('the bridge', () => {
  it('connects the parties both ways, and cuts the ringback', async () => {
    await setUp();
    media.ringbackToCaller();
    await delay(300);
    await media.bridge();
    await expect.poll(() => hears(caller, CALLEE_VOICE), { timeout: 2000, interval: 200 }).toBe(true);
    await expect.poll(() => hears(callee, CALLER_VOICE), { timeout: 2000, interval: 200 }).toBe(true);
  });

  it('cuts a file that is played again and again, for good', async () => {
    const path = join(folder, 'waiting.wav');
    await writeAnnouncement(path, 0.4);
    await setUp();
    const playing = media.playToCaller(path, { once: false });
    await delay(300);
    await media.bridge();
    expect(await playing).toBe('stopped');
    await expect.poll(() => hears(caller, CALLEE_VOICE), { timeout: 2000, interval: 200 }).toBe(true);
    await delay(600);
    expect(hears(caller, CALLEE_VOICE)).toBe(true);
  });

  it('plays an announcement to both during the call, after which they hear each other again', async () => {
    const path = join(folder, 'minute.wav');
    const samples = await writeAnnouncement(path, 1);
    await connect();
    await media.announceDuringCall(path);
    await delay(1500);
    for (const party of [caller, callee]) {
      expect(
        find(linearOf(samples).subarray(800, 7200), linearOf(party.takeHeard())).likeness,
      ).toBeGreaterThan(0.9);
    }
    await expect.poll(() => hears(caller, CALLEE_VOICE), { timeout: 2000, interval: 200 }).toBe(true);
    await expect.poll(() => hears(callee, CALLER_VOICE), { timeout: 2000, interval: 200 }).toBe(true);
  });

  it('passes and reports digits of both parties', async () => {
    await connect();
    const digits: string[] = [];
    media.on('digit', (party, digit) => digits.push(`${party} ${digit}`));
    caller.press(5);
    await expect.poll(() => digits, { timeout: 3000 }).toEqual(['caller 5']);
    callee.press(11);
    await expect.poll(() => digits, { timeout: 3000 }).toEqual(['caller 5', 'callee #']);
    await expect.poll(() => callee.events, { timeout: 3000 }).toEqual([5]);
    await expect.poll(() => caller.events, { timeout: 3000 }).toEqual([11]);
  });

  it('sends a digit that came another way', async () => {
    await connect();
    await media.sendDigit('callee', '7');
    await expect.poll(() => callee.events, { timeout: 3000 }).toEqual([7]);
    await expect(media.sendDigit('callee', '7\n')).rejects.toBeInstanceOf(MediaError);
  });

  it('records both voices into one file of the length of the talk', async () => {
    const path = join(folder, 'with a blank.wav');
    await setUp();
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
    await connect();
    const fax = caller.sdp().replace(/m=audio (\d+) RTP\/AVP 8 0 101/, 'm=image $1 udptl t38');
    await expect(media.modifyCallee(fax)).rejects.toMatchObject({ code: 'not-acceptable' });
    expect(await media.modifyCallee(callee.sdp({ payloads: '8 101' }))).toMatch(/^m=audio/m);
    await expect.poll(() => hears(caller, CALLEE_VOICE), { timeout: 3000, interval: 200 }).toBe(true);
  });

  it('takes a re-INVITE of a party who moves, and of one who holds', async () => {
    await connect();
    const moved = await RtpParty.open();
    try {
      moved.say(CALLEE_VOICE);
      moved.talkTo(await media.modifyCallee(moved.sdp()));
      await expect.poll(() => hears(moved, CALLER_VOICE), { timeout: 3000, interval: 200 }).toBe(true);
      expect(await media.modifyCaller(caller.sdp())).toBe(media.callerAnswer);
      expect(await media.modifyCaller(caller.sdp({ direction: 'sendonly' }))).toMatch(/a=recvonly/);
      expect(await media.modifyCaller(caller.sdp())).not.toMatch(/a=(recvonly|inactive|sendonly)/);
      await expect.poll(() => hears(caller, CALLEE_VOICE), { timeout: 3000, interval: 200 }).toBe(true);
    } finally {
      moved.close();
    }
  });
});

describe('the end', () => {
  it('comes from the media server at the limit, without this application', async () => {
    await connect();
    const lost = once(media, 'lost');
    const startedAt = performance.now();
    await media.hangUpAfter(1);
    expect(await lost).toEqual(['limit']);
    expect(performance.now() - startedAt).toBeGreaterThan(300);
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });

  it('is told once when a channel is killed', async () => {
    await connect();
    const reasons: string[] = [];
    media.on('lost', (reason) => reasons.push(reason));
    await askFreeSwitch(servers.freeswitch, 'hupall normal_clearing');
    await expect.poll(() => reasons, { timeout: 3000 }).toEqual(['channel']);
    await expect(media.playToCaller(join(folder, 'hint.wav'))).rejects.toMatchObject({ code: 'ended' });
  });

  it('does not break because a listener does', async () => {
    await connect();
    media.on('digit', () => {
      throw new Error('a fault in the application');
    });
    caller.press(1);
    await expect.poll(() => log.error.mock.calls.length, { timeout: 3000 }).toBe(1);
    await expect.poll(() => hears(caller, CALLEE_VOICE), { timeout: 3000, interval: 200 }).toBe(true);
  });

  it('ends quickly, once, and as often as it is asked for', async () => {
    await connect();
    const startedAt = performance.now();
    await Promise.all([media.release(), media.release()]);
    await media.release();
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(log.warn.mock.calls).toEqual([]);
  });

  it('leaves nothing of fifty calls at once, whatever each of them was doing', async () => {
    const path = join(folder, 'fifty.wav');
    await writeAnnouncement(path, 5);
    const calls: AnchoredMedia[] = [];
    while (calls.length < 50) {
      const batch = Array.from({ length: 5 }, () => pool.create({ callerOffer: caller.sdp() }));
      calls.push(...(await Promise.all(batch)));
    }
    await Promise.all(
      calls.map(async (call, index) => {
        if (index % 5 === 0) return;
        if (index % 5 === 1) return call.ringbackToCaller();
        if (index % 5 === 2) return void call.playToCaller(path).catch(() => undefined);
        await call.calleeAnswered(callee.sdp());
        await call.bridge();
        if (index % 5 === 3) await call.announceDuringCall(path);
      }),
    );
    await Promise.all(calls.map((call) => call.release()));
    expect(pool.servers).toMatchObject([{ channels: 0 }]);
  });
});

describe('an announcement for a refused call', () => {
  it('needs one channel, and is heard', async () => {
    const path = join(folder, 'refused.wav');
    const samples = await writeAnnouncement(path, 0.6);
    const alone = await pool.create({ callerOffer: caller.sdp(), playOnly: true });
    try {
      await expect.poll(() => channelCount(servers.freeswitch), { timeout: 1000 }).toBe(1);
      caller.talkTo(alone.callerAnswer);
      expect(await alone.playToCaller(path)).toBe('played');
      await delay(100);
      expect(find(linearOf(samples), linearOf(caller.takeHeard())).likeness).toBeGreaterThan(0.95);
    } finally {
      await alone.release();
    }
  });
});

describe('after all these calls', () => {
  it('the servers hold nothing but the connection to them', async ({ skip }) => {
    const held = servers.held;
    if (held === undefined) return skip('servers that were given do not tell');
    const kept = async () => Object.entries(await held()).filter(([, count]) => count > 0);
    await expect.poll(kept, { timeout: 10_000 }).toEqual([['eslClients', 1]]);
  });
});
