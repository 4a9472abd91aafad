import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Calls, eventually, hear, nothingLeft, type Rig, startRig } from './rig.ts';
import { sine, toneShareBySlice } from './signals.ts';
import { pcmBytes, writeWav } from './wavFiles.ts';

describe('call control over the event socket', () => {
  let rig: Rig;
  let calls: Calls;

  beforeAll(async () => {
    rig = await startRig();
    calls = new Calls(rig);
    await writeWav(join(rig.folder, 'prompt.wav'), pcmBytes(sine(900, 5)));
    await writeWav(join(rig.folder, 'short.wav'), pcmBytes(sine(700, 0.2)));
    await writeWav(join(rig.folder, 'invalid.wav'), pcmBytes(sine(300, 0.2)));
  });
  afterEach(() => calls.end());
  afterAll(() => rig.stop());

  it('plays to one leg of a bridge while the other goes on hearing its partner', async () => {
    const { a, b } = await calls.bridged();
    const fromMs = performance.now();
    expect(await rig.mediaServer.api(`uuid_broadcast ${a.leg.uuid} tone_stream://%(600,0,900) aleg`)).toMatch(
      /^\+OK/,
    );
    const [atA, atB] = await Promise.all([hear(a.phone, 25), hear(b.phone, 25)]);
    expect(toneShareBySlice(atA.subarray(480), 900)).toBeGreaterThan(0.95);
    expect(toneShareBySlice(atB, 440)).toBeGreaterThan(0.95);
    // Afterwards the partner is back, in the same stream.
    await eventually(
      () => toneShareBySlice(a.phone.heard(performance.now() - 200), 620),
      (share) => share > 0.9,
    );
    const stream = a.phone.received.filter(({ atMs }) => atMs >= fromMs);
    expect(new Set(stream.map(({ ssrc }) => ssrc)).size).toBe(1);
    for (const [index, packet] of stream.entries()) {
      const before = stream[index - 1];
      if (before) expect((packet.sequence - before.sequence) & 0xffff).toBe(1);
      if (before) expect((packet.timestamp - before.timestamp) >>> 0).toBeLessThanOrEqual(640);
    }
  });

  it('plays to both legs and stops at a break', async () => {
    const { a, b } = await calls.bridged();
    await rig.mediaServer.api(`uuid_broadcast ${a.leg.uuid} prompt.wav both`);
    const [atA, atB] = await Promise.all([hear(a.phone, 25), hear(b.phone, 25)]);
    expect(toneShareBySlice(atA.subarray(800), 900)).toBeGreaterThan(0.9);
    expect(toneShareBySlice(atB.subarray(800), 900)).toBeGreaterThan(0.9);
    expect(await rig.mediaServer.api(`uuid_break ${a.leg.uuid} all`)).toMatch(/^\+OK/);
    await rig.mediaServer.api(`uuid_break ${b.leg.uuid} all`);
    const [laterA, laterB] = await Promise.all([hear(a.phone, 25), hear(b.phone, 25)]);
    expect(toneShareBySlice(laterA.subarray(800), 620)).toBeGreaterThan(0.9);
    expect(toneShareBySlice(laterB.subarray(800), 440)).toBeGreaterThan(0.9);
  });

  it('brings digits through a bridge and raises an event for each', async () => {
    const { a, b } = await calls.bridged();
    const digits: string[] = [];
    a.leg.on('dtmf', ({ dtmf }) => digits.push(dtmf ?? ''));
    for (const digit of '12#') a.phone.press(digit);
    await eventually(
      () => b.phone.digits(),
      (heard) => heard === '12#',
    );
    await eventually(
      () => digits.join(''),
      (told) => told === '12#',
    );
  });

  it('takes digits by INFO and passes them on as telephone events', async () => {
    const { a, b } = await calls.bridged();
    const told = new Promise((resolve) => a.leg.once('dtmf', resolve));
    await a.leg.dialog.request({
      method: 'INFO',
      headers: { 'Content-Type': 'application/dtmf-relay' },
      body: 'Signal=7\r\nDuration=120\r\n',
    });
    expect(await told).toMatchObject({ dtmf: '7', source: 'ENDPOINT' });
    await eventually(
      () => b.phone.digits(),
      (heard) => heard === '7',
    );
  });

  it('sends digits when told to', async () => {
    const { phone, leg } = await calls.call(440);
    expect(await rig.mediaServer.api(`uuid_send_dtmf ${leg.uuid} 1w2@100`)).toMatch(/^\+OK/);
    await eventually(
      () => phone.digits(),
      (heard) => heard === '12',
    );
  });

  it('collects digits: the first one ends the prompt, the terminator ends the rest', async () => {
    const { phone, leg } = await calls.call(440);
    const collecting = leg.playCollect({
      file: 'prompt.wav',
      min: 1,
      max: 6,
      terminators: '#',
      timeout: 3000,
    });
    await hear(phone, 10);
    for (const digit of '1234#') phone.press(digit);
    expect(await collecting).toMatchObject({ digits: '1234', terminatorUsed: '#' });
  });

  it('gives up on digits after the digit timeout, keeping what was typed', async () => {
    const { phone, leg } = await calls.call(440);
    const startedAt = performance.now();
    const collecting = leg.playCollect({
      file: 'short.wav',
      min: 1,
      max: 6,
      timeout: 3000,
      digitTimeout: 300,
    });
    await hear(phone, 5);
    phone.press('5');
    expect(await collecting).toMatchObject({ digits: '5' });
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('asks again when what was typed does not fit, and says what it was', async () => {
    const { phone, leg } = await calls.call(440);
    const collecting = leg.playCollect({
      file: 'short.wav',
      invalidFile: 'invalid.wav',
      min: 2,
      max: 2,
      tries: 2,
      timeout: 2000,
      regexp: '^4\\d$',
      varName: 'ext',
    });
    await hear(phone, 5);
    for (const digit of '39') phone.press(digit);
    await eventually(
      () => toneShareBySlice(phone.heard(performance.now() - 100), 300),
      (share) => share > 0.9,
    );
    await eventually(
      () => toneShareBySlice(phone.heard(performance.now() - 60), 700),
      (share) => share > 0.9,
    );
    for (const digit of '42') phone.press(digit);
    expect(await collecting).toMatchObject({ digits: '42', invalidDigits: '39' });
  });

  it('gives nothing when nobody types', async () => {
    const { leg } = await calls.call(440);
    const collected = await leg.playCollect({ file: 'silence_stream://100', min: 1, max: 4, timeout: 1000 });
    expect(collected.digits).toBeNull();
  });

  it('plays several files one after another, and stops at the time limit', async () => {
    const { phone, leg } = await calls.call(440);
    await leg.play(['short.wav', 'tone_stream://%(200,0,500)']);
    const heard = phone.heard();
    expect(toneShareBySlice(heard.subarray(0, 1600), 700)).toBeGreaterThan(0.9);
    expect(toneShareBySlice(heard.subarray(-1600), 500)).toBeGreaterThan(0.9);
    const startedAt = performance.now();
    const limited = await leg.play({ file: 'prompt.wav', timeoutSecs: 1 });
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(limited.playbackMilliseconds).toBe('1000');
  });

  it('runs an application inside another: the older one waits', async () => {
    const { phone, leg } = await calls.call(440);
    const outer = leg.play('tone_stream://%(400,0,900)');
    await hear(phone, 5);
    await leg.play('tone_stream://%(200,0,700)');
    const inner = phone.heard(performance.now() - 160);
    expect(toneShareBySlice(inner, 700)).toBeGreaterThan(0.8);
    await outer;
    expect(toneShareBySlice(phone.heard(performance.now() - 100), 900)).toBeGreaterThan(0.8);
  });

  it('kills a channel with a cause, in the middle of a play, and its bridge partner with it', async () => {
    const { a, b } = await calls.bridged();
    const gone = Promise.all([a, b].map(({ leg }) => new Promise((resolve) => leg.once('destroy', resolve))));
    await rig.mediaServer.api(`uuid_broadcast ${a.leg.uuid} prompt.wav aleg`);
    expect(await rig.mediaServer.api(`uuid_kill ${a.leg.uuid} USER_BUSY`)).toMatch(/^\+OK/);
    expect(await gone).toEqual([{ reason: 'USER_BUSY' }, { reason: 'NORMAL_CLEARING' }]);
    await nothingLeft(rig.media);
  });

  it('hangs up at the time that was set, with nobody in control any more', async () => {
    const { a, b } = await calls.bridged();
    expect(await rig.mediaServer.api(`sched_hangup +1 ${a.leg.uuid}`)).toMatch(/^\+OK/);
    a.leg.conn.disconnect();
    b.leg.conn.disconnect();
    await hear(a.phone, 20);
    expect((await rig.media.stats()).bridges).toBe(1);
    await nothingLeft(rig.media);
  });

  it('hangs up a channel that waits for orders when its controller leaves', async () => {
    const { leg } = await calls.call(440);
    leg.conn.disconnect();
    await nothingLeft(rig.media);
  });

  it('keeps variables', async () => {
    const { leg } = await calls.call(440);
    await leg.set({ one: '1', two: 'a b' });
    expect(await rig.mediaServer.api(`uuid_getvar ${leg.uuid} two`)).toBe('a b');
    await rig.mediaServer.api(`uuid_setvar ${leg.uuid} one 1%2`);
    expect((await leg.getChannelVariables(false)).variable_one).toBe('1%2');
    expect(await rig.mediaServer.api(`uuid_getvar ${leg.uuid} none`)).toBe('_undef_');
  });

  it('mutes a leg', async () => {
    const { a, b } = await calls.bridged();
    await a.leg.mute();
    const before = b.phone.received.length;
    await hear(a.phone, 10);
    expect(b.phone.received.length - before).toBeLessThan(3);
    await a.leg.unmute();
    await hear(b.phone, 5);
  });

  it('clears everything at hupall', async () => {
    await calls.bridged();
    await calls.call(440);
    expect(await rig.mediaServer.api('hupall')).toMatch(/^\+OK/);
    await nothingLeft(rig.media);
  });
});
