import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aLawWav, fromALaw, holdsTogether, toneSecond } from '../kit/audio.ts';
import { fetchRecording } from '../kit/fetchRecording.ts';
import { ANNA_HZ, BEN_HZ, Scenario } from '../kit/Scenario.ts';
import { within } from '../kit/Series.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';
import { CONFIGURATION, RealFreeSwitch } from './RealFreeSwitch.ts';
import { inviteFor, offerOf } from './sipProbe.ts';

const HINT_HZ = 1000;
const BINARY = process.env.AXBRIDGE_TEST_FREESWITCH;
const files = readdirSync(CONFIGURATION, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.xml'))
  .map((name) => ({ name, text: readFileSync(join(CONFIGURATION, name), 'utf8') }));
const everything = files.map(({ text }) => text).join('\n');

function all(pattern: RegExp, text: string): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, found = '']) => found))].sort();
}

describe('freeswitch-conf', () => {
  it('sets every variable that it uses, and lets the environment change each', () => {
    const used = all(/\$\$\{(mrf_\w+)\}/g, everything);
    const set = all(/cmd="set" data="(mrf_\w+)=/g, everything);
    const changed = [...everything.matchAll(/cmd="env-set" data="(\w+)=\$(\w+)"/g)];
    expect(used).toEqual(set);
    expect(changed.map(([, name]) => name).sort()).toEqual(set);
    for (const [, name = '', variable] of changed) expect(variable).toBe(name.toUpperCase());
  });

  it('explains each of them in its README', () => {
    const readme = readFileSync(join(CONFIGURATION, 'README.md'), 'utf8');
    const told = all(/^\| `(MRF_\w+)` \|/gm, readme);
    expect(told).toEqual(all(/\$(MRF_\w+)"/g, everything));
  });

  it('keeps the port range of its RTP below that of programs that ask for any port', () => {
    const last = Number(/mrf_rtp_last_port=(\d+)/.exec(everything)?.[1]);
    const [first = 0] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
      .split('\t')
      .map(Number);
    expect(last).toBeLessThan(first);
  });
});

if (BINARY === undefined) {
  console.warn(
    'skipped: no real FreeSWITCH. AXBRIDGE_TEST_FREESWITCH=<path of freeswitch> tries freeswitch-conf with it.',
  );
}

describe.skipIf(BINARY === undefined)('freeswitch-conf in a real FreeSWITCH', () => {
  let freeswitch: RealFreeSwitch;
  let scenario: Scenario;
  /** takes the event sockets of channels that a probe made */
  let eventSockets: Server;

  beforeAll(async () => {
    freeswitch = await RealFreeSwitch.start(BINARY ?? '', { MRF_CLIENTS: '127.0.0.1/32' });
    eventSockets = createServer().listen(0, '127.0.0.1');
    const database = await createTestDatabase({ max: 1 });
    await database.close();
    const { host, port, secret } = freeswitch.esl;
    scenario = await Scenario.start({
      database: database.url,
      app: { recording: true },
      env: { AXBRIDGE_FREESWITCH: `${host}:${port},${secret}` },
    });
  });

  afterAll(async () => {
    await scenario?.close();
    eventSockets?.close();
    await freeswitch?.stop();
  });

  function addressOfEventSockets(): string {
    const address = eventSockets.address();
    return address !== null && typeof address === 'object' ? `127.0.0.1:${address.port}` : '';
  }

  it('starts without an error, with the modules of its list and no other', async () => {
    expect(
      freeswitch
        .log()
        .split('\n')
        .filter((line) => /\[(ERR|CRIT|ALERT)\]/.test(line)),
    ).toEqual([]);
    expect(freeswitch.modules()).toEqual(all(/<load module="(mod_\w+)"\/>/g, everything));
  });

  it('takes more than the stock 30 channels a second and 1000 at once', async () => {
    const status = await freeswitch.api('status');
    expect(status).toMatch(/out of max 1000,/);
    expect(status).toMatch(/^4000 session\(s\) max/m);
  });

  it('carries a recorded call: ringback, record hint, both voices, and the file', async () => {
    await scenario.admin.addAnnouncement('hint.wav', aLawWav(toneSecond(HINT_HZ)));
    const pair = await scenario.bind({ recordFlag: 'true', recordHintTone: 'hint.wav' });
    const atAnna = await scenario.dial(pair);
    const atBen = await scenario.ben.nextCall();
    atBen.ring();
    const answered = Promise.all([atBen.answer(), atAnna.answered]);
    await Promise.all([atAnna.media?.hears(HINT_HZ), atBen.media?.hears(HINT_HZ)]);
    await answered;
    await Promise.all([atAnna.media?.hears(BEN_HZ), atBen.media?.hears(ANNA_HZ)]);
    await atAnna.media?.hearsPackets(200);
    expect(await atBen.hangUp()).toBe(200);
    await atAnna.end();
    const [told] = await scenario.told(pair.x);
    const fields = told?.records[0]?.fields ?? {};
    expect(fields.recordFlag).toBe(1);
    const wav = await fetchRecording(scenario.partner, fields);
    expect(holdsTogether(fromALaw(wav.data), [ANNA_HZ, BEN_HZ])).toBe(true);
  });

  it("plays the product's own announcements from where axbridge has them", async () => {
    const { x } = await scenario.bind();
    const call = await scenario.anna.call(x, { from: '+8613900009999' });
    await call.progress.when(({ status }) => status === 183);
    await call.media?.hearsPackets(100);
    expect(await call.end()).toMatchObject({ how: 'refused' });
    expect(freeswitch.log()).not.toMatch(/File .*not found|Error opening/i);
  });

  it('keeps a channel for half an hour when nothing comes any more, and sends silence meanwhile', async () => {
    const connected = once(eventSockets, 'connection');
    const { status } = await inviteFor({
      port: freeswitch.sipPort,
      offer: offerOf('RTP/AVP'),
      eventSocket: addressOfEventSockets(),
    });
    expect(status).toBe(200);
    const [socket] = (await within(connected, 'the event socket of the channel', 5000)) as [Socket];
    socket.write('connect\n\n');
    let channel: string | undefined;
    let told = '';
    for await (const piece of socket.iterator({ destroyOnReturn: false })) {
      told += piece;
      channel = /^Unique-ID: (\S+)$/m.exec(told)?.[1];
      if (channel !== undefined) break;
    }
    const variable = (name: string) => freeswitch.api(`uuid_getvar ${channel} ${name}`);
    expect(await variable('media_timeout')).toBe('1800000');
    expect(await variable('send_silence_when_idle')).toBe('-1');
    expect(await variable('park_after_bridge')).toBe('true');
    socket.destroy();
  });

  it('does SRTP for who offers it, and for nobody else', async () => {
    const eventSocket = addressOfEventSockets();
    const port = freeswitch.sipPort;
    const plain = await inviteFor({ port, offer: offerOf('RTP/AVP'), eventSocket });
    expect(plain.sdp).toMatch(/^m=audio \d+ RTP\/AVP 8 101/m);
    expect(plain.sdp).not.toContain('crypto');
    const secure = await inviteFor({ port, offer: offerOf('RTP/SAVP'), eventSocket });
    expect(secure.sdp).toMatch(/^m=audio \d+ RTP\/SAVP 8 101/m);
    expect(secure.sdp).toContain('a=crypto:1 AES_CM_128_HMAC_SHA1_80');
    const own = await inviteFor({ port, eventSocket });
    expect(own.status).toBe(200);
    expect(own.sdp.match(/^m=.*/gm)).toEqual([expect.stringMatching(/^m=audio \d+ RTP\/AVP 8 0 101/)]);
    expect(own.sdp).not.toContain('crypto');
  });

  it('takes neither calls nor commands from other addresses than those that it is told', async () => {
    const { status } = await inviteFor({
      port: freeswitch.sipPort,
      from: '127.0.0.2',
      offer: offerOf('RTP/AVP'),
    });
    expect(status).toBe(403);
    const socket = connect({ host: '127.0.0.1', port: freeswitch.esl.port, localAddress: '127.0.0.2' });
    let said = '';
    for await (const piece of socket) said += piece;
    expect(said).toContain('rude-rejection');
    expect(said).not.toContain('auth/request');
  });

  it('has nothing for who dials anything else', async () => {
    const { status } = await inviteFor({ port: freeswitch.sipPort, offer: offerOf('RTP/AVP') });
    expect(status).toBe(404);
  });
});
