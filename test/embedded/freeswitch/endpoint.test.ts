import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Endpoint, eslAddress, eventually, hear, nothingLeft, type Rig, startRig } from './rig.ts';
import { sine, toneShareBySlice } from './signals.ts';
import { TestPhone } from './TestPhone.ts';
import { pcmBytes, writeWav } from './wavFiles.ts';

describe('an fsmrf endpoint on the embedded media server', () => {
  let rig: Rig;
  const phones: TestPhone[] = [];
  const endpoints: Endpoint[] = [];

  async function call(
    toneHz: number,
    law: 'PCMA' | 'PCMU' = 'PCMA',
  ): Promise<{ phone: TestPhone; leg: Endpoint }> {
    const phone = await TestPhone.open(toneHz, law);
    const leg = await rig.endpoint(phone);
    phones.push(phone);
    endpoints.push(leg);
    return { phone, leg };
  }

  beforeAll(async () => {
    rig = await startRig();
    await writeWav(join(rig.folder, 'tone.wav'), pcmBytes(sine(700, 1)));
    await writeWav(join(rig.folder, 'long.wav'), pcmBytes(sine(900, 10)));
  });

  afterEach(async () => {
    await Promise.all(endpoints.splice(0).map((leg) => rig.mediaServer.api(`uuid_kill ${leg.uuid}`)));
    for (const phone of phones.splice(0)) phone.close();
    await nothingLeft(rig.media);
  });

  afterAll(() => rig.stop());

  it('is found through sofia status and reports its sessions', async () => {
    expect(rig.mediaServer.sip.ipv4.udp.address).toBe(`127.0.0.1:${rig.media.sipPort}`);
    expect(await rig.mediaServer.api('status')).toContain('is ready');
  });

  it('refuses a wrong password', async () => {
    const address = { ...eslAddress(rig.media), secret: 'wrong' };
    const outcome = await Promise.race([
      rig.mrf.connect(address).then(
        () => 'connected',
        () => 'refused',
      ),
      new Promise((resolve) => setTimeout(() => resolve('no answer'), 1500)),
    ]);
    expect(outcome).not.toBe('connected');
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
    const phone = await TestPhone.open(440);
    phones.push(phone);
    const leg = await rig.mediaServer.createEndpoint();
    endpoints.push(leg);
    expect(leg.local.sdp).toContain('m=audio');
    await leg.modify(phone.sdp());
    phone.connect(leg.local.sdp);
    await leg.play('tone.wav');
    await eventually(
      () => toneShareBySlice(phone.heard(), 700),
      (share) => share > 0.95,
    );
  });
});
