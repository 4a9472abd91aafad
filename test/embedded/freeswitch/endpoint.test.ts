import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Calls, eventually, hear, nothingLeft, type Rig, startRig } from './rig.ts';
import { SipCaller } from './SipCaller.ts';
import { sine, toneShareBySlice } from './signals.ts';
import { pcmBytes, writeWav } from './wavFiles.ts';

describe('an fsmrf endpoint on the embedded media server', () => {
  let rig: Rig;
  let calls: Calls;
  const call = (toneHz: number, law: 'PCMA' | 'PCMU' = 'PCMA') => calls.call(toneHz, law);

  beforeAll(async () => {
    rig = await startRig();
    calls = new Calls(rig);
    await writeWav(join(rig.folder, 'tone.wav'), pcmBytes(sine(700, 1)));
    await writeWav(join(rig.folder, 'long.wav'), pcmBytes(sine(900, 10)));
  });

  afterEach(() => calls.end());

  afterAll(() => rig.stop());

  it('is found through sofia status and reports its sessions', async () => {
    expect(rig.mediaServer.sip.ipv4.udp.address).toBe(`127.0.0.1:${rig.media.sipPort}`);
    expect(await rig.mediaServer.api('status')).toContain('is ready');
  });

  it('refuses a wrong password and closes', async () => {
    const socket = connect(rig.media.eslPort, rig.media.eslHost);
    socket.write('auth wrong\n\n');
    const answer = await text(socket);
    expect(answer).toContain('auth/request');
    expect(answer).toContain('-ERR invalid');
    expect(answer).not.toContain('+OK');
  });

  it('plays a file whose sound reaches the phone whole', async () => {
    const { phone, leg } = await call(440);
    const played = await leg.play('tone.wav');
    expect(Number(played.playbackMilliseconds)).toBe(1000);
    const heard = phone.heard();
    expect(heard.length).toBeGreaterThanOrEqual(8000);
    expect(toneShareBySlice(heard, 700)).toBeGreaterThan(0.95);
    const [first] = phone.received;
    expect(first?.marker).toBe(true);
    expect(phone.received.filter(({ marker }) => marker)).toHaveLength(1);
  });

  it('says so when a file is not there', async () => {
    const { leg } = await call(440);
    await expect(leg.play('nowhere.wav')).rejects.toThrow('File Not Found');
  });

  it('lets both sides of a bridge hear each other, across laws', async () => {
    const a = await call(440, 'PCMA');
    const b = await call(620, 'PCMU');
    a.phone.speak();
    b.phone.speak();
    await a.leg.bridge(b.leg);
    const [atA, atB] = await Promise.all([hear(a.phone, 40), hear(b.phone, 40)]);
    expect(toneShareBySlice(atA, 620)).toBeGreaterThan(0.95);
    expect(toneShareBySlice(atB, 440)).toBeGreaterThan(0.95);
    expect((await rig.media.stats()).bridges).toBe(1);
    await a.leg.unbridge();
    expect((await rig.media.stats()).bridges).toBe(0);
    expect((await rig.media.stats()).channels).toBe(2);
  });

  it('hangs up with a BYE when it is destroyed', async () => {
    const { leg } = await call(440);
    await leg.destroy();
    await nothingLeft(rig.media);
    expect(await rig.mediaServer.api(`uuid_exists ${leg.uuid}`)).toBe('false');
  });

  it('takes its remote side later when it was made without one', async () => {
    const phone = await calls.phone(440);
    const leg = await rig.mediaServer.createEndpoint();
    expect(leg.local.sdp).toContain('m=audio');
    await leg.modify(phone.sdp());
    phone.connect(leg.local.sdp);
    await leg.play('tone.wav');
    await eventually(
      () => toneShareBySlice(phone.heard(), 700),
      (share) => share > 0.95,
    );
    await leg.destroy();
  });

  it('serves a caller through connectCaller', async () => {
    const phone = await calls.phone(440);
    const caller = await SipCaller.start();
    const connected = Promise.withResolvers<Awaited<ReturnType<typeof rig.mediaServer.connectCaller>>>();
    rig.srf.invite((req, res) => void rig.mediaServer.connectCaller(req, res).then(connected.resolve));
    const sipPort = Number(/udp\/127\.0\.0\.1:(\d+)/.exec(rig.sip.hostports)?.[1]);
    const outgoing = await caller.invite(sipPort, phone.sdp());
    expect(outgoing.status).toBe(200);
    phone.connect(outgoing.sdp);
    const { endpoint } = await connected.promise;
    await endpoint.play('tone.wav');
    expect(toneShareBySlice(phone.heard(), 700)).toBeGreaterThan(0.95);
    expect(await outgoing.bye()).toBe(200);
    await endpoint.destroy();
    await caller.close();
  });

  it('refuses what it does not do, and says so', async () => {
    const { leg } = await call(440);
    expect(await rig.mediaServer.api('originate user/1000 &park')).toMatch(/^-ERR/);
    expect(await rig.mediaServer.api('conference x list')).toMatch(/^-ERR/);
    const done = await leg.execute('conference', 'x');
    expect(done.getHeader('Application-Response')).toMatch(/^-ERR/);
  });

  it('answers a hold and sends nothing while it lasts, on the same ports', async () => {
    const { phone, leg } = await call(440);
    const portBefore = /m=audio (\d+)/.exec(leg.local.sdp)?.[1];
    const answer = await leg.modify(phone.sdp('sendonly'));
    expect(answer).toContain('a=recvonly');
    expect(/m=audio (\d+)/.exec(answer)?.[1]).toBe(portBefore);
    const beforeHold = phone.received.length;
    await leg.play('tone_stream://%(100,0,700)');
    expect(phone.received).toHaveLength(beforeHold);
    expect(await leg.modify(phone.sdp())).toContain('a=sendrecv');
    await leg.play('tone_stream://%(100,0,700)');
    expect(phone.sounding.length).toBeGreaterThan(0);
  });

  it('tells the media statistics of a leg under FreeSWITCH names', async () => {
    const { phone, leg } = await call(440);
    for (let i = 0; i < 10; i++) phone.sendTone();
    phone.sequence += 3;
    for (let i = 0; i < 10; i++) phone.sendTone();
    const variables = await eventually(
      () => leg.getChannelVariables(true),
      (values) => values.variable_rtp_audio_in_packet_count === 20,
    );
    expect(variables.variable_rtp_audio_in_skip_packet_count).toBe(3);
    expect(variables.variable_rtp_audio_in_flaw_total).toBe(3);
    expect(variables.variable_rtp_audio_in_mos).toBeLessThan(4.5);
    expect(variables.variable_sip_call_id).toBe(leg.dialog.sip.callId);
  });

  it('passes on packets of 10 to 60 ms as they are, in their time', async () => {
    const a = await call(440);
    const b = await call(620);
    await a.leg.bridge(b.leg);
    const lengths = [160, 80, 80, 240, 480, 160];
    for (const samples of lengths) a.phone.sendTone(samples);
    await eventually(
      () => b.phone.sounding.length,
      (count) => count === lengths.length,
    );
    expect(b.phone.sounding.map(({ payload }) => payload.length)).toEqual(lengths);
    const times = b.phone.sounding.map(({ timestamp }) => timestamp - (b.phone.sounding[0]?.timestamp ?? 0));
    expect(times.map((time) => time >>> 0)).toEqual([0, 160, 240, 320, 560, 1040]);
  });

  it('leaves nothing behind when it never got a remote side', async () => {
    const leg = await rig.mediaServer.createEndpoint();
    await leg.destroy();
    await nothingLeft(rig.media);
  });

  it('changes its law at a re-INVITE in the middle of a bridge', async () => {
    const a = await call(440, 'PCMA');
    const b = await call(620, 'PCMA');
    const moved = await calls.phone(620, 'PCMU');
    a.phone.speak();
    await a.leg.bridge(b.leg);
    await hear(b.phone, 5);
    await b.leg.modify(moved.sdp());
    const heard = await hear(moved, 20);
    expect(toneShareBySlice(heard, 440)).toBeGreaterThan(0.95);
  });
});
