import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Calls, eventually, hear, nothingLeft, type Rig, startRig } from './rig.ts';
import { level, toneShare, toneShareBySlice } from './signals.ts';
import { readRecording } from './wavFiles.ts';

describe('recordings', () => {
  let rig: Rig;
  let calls: Calls;

  beforeAll(async () => {
    rig = await startRig();
    calls = new Calls(rig);
  });
  afterEach(() => calls.end());
  afterAll(() => rig.stop());

  it('hold both voices of a bridge, mixed, as long as it took', async () => {
    const { a } = await calls.bridged();
    const path = join(rig.folder, 'deep', 'mixed.wav');
    const startedAt = performance.now();
    expect(await rig.mediaServer.api(`uuid_record ${a.leg.uuid} start ${path}`)).toMatch(/^\+OK/);
    await hear(a.phone, 75);
    expect((await rig.media.stats()).recordings).toBe(1);
    expect(await rig.mediaServer.api(`uuid_record ${a.leg.uuid} stop ${path}`)).toMatch(/^\+OK/);
    const tookMs = performance.now() - startedAt;
    const { channels, left } = await readRecording(path);
    expect(channels).toBe(1);
    expect(left.length / 8).toBeGreaterThan(tookMs - 150);
    expect(left.length / 8).toBeLessThan(tookMs + 50);
    const middle = left.subarray(1600, left.length - 1600);
    expect(toneShareBySlice(middle, 440)).toBeGreaterThan(0.3);
    expect(toneShareBySlice(middle, 620)).toBeGreaterThan(0.3);
  });

  it('keep the directions apart in stereo, and are complete when the call dies', async () => {
    const { a } = await calls.bridged();
    const path = join(rig.folder, 'stereo.wav');
    await a.leg.set({ RECORD_STEREO: 'true' });
    await a.leg.recordSession(path);
    await hear(a.phone, 50);
    await rig.mediaServer.api(`uuid_kill ${a.leg.uuid}`);
    await nothingLeft(rig.media);
    const { channels, left, right } = await readRecording(path);
    expect(channels).toBe(2);
    expect(toneShareBySlice(left.subarray(1600, -1600), 440)).toBeGreaterThan(0.9);
    expect(toneShareBySlice(right.subarray(1600, -1600), 620)).toBeGreaterThan(0.9);
  });

  it('have what was played to the leg in them', async () => {
    const { phone, leg } = await calls.call(440);
    phone.speak();
    const path = join(rig.folder, 'played.wav');
    await leg.set({ RECORD_STEREO: 'true' });
    await leg.recordSession(path);
    await leg.play('tone_stream://%(500,0,900)');
    await leg.execute('stop_record_session', path);
    const { right } = await readRecording(path);
    expect(toneShare(right.subarray(800, 3200), 900)).toBeGreaterThan(0.95);
  });

  it('survive reordered and lost packets: late ones find their place, lost ones are silence', async () => {
    // A packet holds eight whole periods of 400 Hz, so the sound is in phase only where every packet is in its place.
    const { phone, leg } = await calls.call(400);
    const path = join(rig.folder, 'jitter.wav');
    await leg.recordSession(path);
    for (let burst = 0; burst < 10; burst++) {
      const packets = Array.from({ length: 5 }, () => phone.tonePacket());
      const [first, second, third, fourth, fifth] = packets;
      const lost = burst % 2 === 1 ? third : undefined;
      for (const packet of [first, third, second, fifth, fourth]) {
        if (packet && packet !== lost) phone.sendRaw(packet);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await rig.mediaServer.api(`uuid_record ${leg.uuid} stop ${path}`);
    const { left } = await readRecording(path);
    const start = left.findIndex((sample) => Math.abs(sample) > 100);
    const sound = left.subarray(start, start + 50 * 160);
    expect(toneShare(sound, 400)).toBeGreaterThan(0.85);
    const periods = Array.from({ length: sound.length / 20 }, (_, i) => sound.subarray(20 * i, 20 * (i + 1)));
    expect(periods.filter((period) => level(period) < 20)).toHaveLength(5 * 8);
  });

  it('end at their limit, at a digit, or at lasting silence', async () => {
    const { phone, leg } = await calls.call(440);
    phone.speak();
    const limited = await leg.record('limited.wav', { timeLimitSecs: 1 });
    expect(limited.recordMilliseconds).toBe('1000');
    const { left } = await readRecording(join(rig.folder, 'limited.wav'));
    expect(left.length).toBe(8000);
    expect(toneShareBySlice(left.subarray(800), 440)).toBeGreaterThan(0.95);

    await leg.set({ playback_terminators: '#' });
    const byDigit = leg.record('digit.wav', { timeLimitSecs: 10 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    phone.press('#');
    expect(await byDigit).toMatchObject({ terminatorUsed: '#' });

    const bySilence = leg.record('silence.wav', { timeLimitSecs: 10, silenceThresh: 200, silenceHits: 1 });
    phone.hush();
    const ended = await bySilence;
    expect(Number(ended.recordMilliseconds)).toBeLessThan(3000);
  });

  it('fail with an event when they cannot be written, and the call goes on', async () => {
    const { phone, leg } = await calls.call(440);
    await writeFile(join(rig.folder, 'blocked'), '');
    const path = join(rig.folder, 'blocked', 'x.wav');
    const done = await leg.execute('record_session', path);
    expect(done.getHeader('Application-Response')).toMatch(/^-ERR/);
    expect(await rig.mediaServer.api(`uuid_record ${leg.uuid} start ${path}`)).toMatch(/^-ERR/);
    expect(await rig.mediaServer.api(`uuid_record ${leg.uuid} start /tmp/x.mp3`)).toMatch(/^-ERR/);
    await leg.play('tone_stream://%(100,0,700)');
    await eventually(
      () => phone.received.length,
      (count) => count >= 5,
    );
  });
});
