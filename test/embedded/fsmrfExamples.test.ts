import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Srf from 'drachtio-srf';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aLawWav, toneSecond } from '../kit/audio.ts';
import type { OutgoingCall } from '../kit/OutgoingCall.ts';
import { Phone } from '../kit/Phone.ts';
import {
  type ExampleMediaServer,
  type ExampleServers,
  MrfPackage,
  startExampleServers,
} from './exampleServers.ts';
import type { Endpoint } from './freeswitch/rig.ts';

/*
 * Programs as the documentation of drachtio-fsmrf shows them, on the servers that the settings name, else on the
 * embedded ones: what holds on one must hold on the other.
 */

const PHONE_HZ = 440;
const PROMPT_HZ = 700;

let servers: ExampleServers;
let srf: Srf;
let mediaServer: ExampleMediaServer;
let prompt: string;
let alice: Phone;
const endpoints: Endpoint[] = [];

beforeAll(async () => {
  servers = await startExampleServers();
  srf = await servers.connectSrf();
  mediaServer = await new MrfPackage(srf).connect(servers.freeswitch);
  prompt = join(servers.folder, 'prompt.wav');
  const second = toneSecond(PROMPT_HZ);
  await writeFile(prompt, aLawWav(Buffer.concat([second, second])));
  alice = (await Phone.start({ name: 'Alice', toneHz: PHONE_HZ })).dialVia(servers.sip);
});

beforeEach(() => {
  answered = Promise.withResolvers();
});

afterEach(async () => {
  for (const call of alice.activeCalls) await call.hangUp();
  await Promise.all(endpoints.splice(0).map((endpoint) => endpoint.destroy()));
});

afterAll(async () => {
  mediaServer?.disconnect();
  await alice?.close();
  srf?.disconnect();
  await servers?.stop();
});

let answered: PromiseWithResolvers<{ endpoint: Endpoint; dialog: Srf.Dialog }>;

/** Alice calls, and the application connects her to the media server. */
async function aliceAtEndpoint(): Promise<{ call: OutgoingCall; endpoint: Endpoint; dialog: Srf.Dialog }> {
  srf.invite((req, res) => {
    mediaServer.connectCaller(req, res).then(answered.resolve, answered.reject);
  });
  const call = await alice.call('1234', { from: '1000' });
  const [{ endpoint, dialog }] = await Promise.all([answered.promise, call.answered]);
  endpoints.push(endpoint);
  return { call, endpoint, dialog };
}

describe('a media server', () => {
  it('is connected to, and says where it listens', async () => {
    expect(mediaServer.hasCapability(['ipv4', 'udp'])).toBe(true);
    expect(mediaServer.sip.ipv4.udp.address).toMatch(/^[\d.]+:\d+$/);
  });

  it('is connected to by callback too', async () => {
    const mrf = new MrfPackage(srf);
    const other = await new Promise<ExampleMediaServer>((resolve, reject) => {
      mrf.connect(servers.freeswitch, (error, server) => (error ? reject(error) : resolve(server)));
    });
    expect(other.sip.ipv4.udp.address).toBe(mediaServer.sip.ipv4.udp.address);
    other.disconnect();
  });
});

describe('a caller at an endpoint', () => {
  it('hears files one after the other, and what was played is told', async () => {
    const { call, endpoint } = await aliceAtEndpoint();
    const playing = endpoint.play(['silence_stream://150', prompt]);
    await call.media?.hears(PROMPT_HZ);
    await playing;
    const told = await endpoint.play(prompt);
    expect(Number(told.playbackSeconds)).toBe(2);
    expect(Number(told.playbackMilliseconds)).toBeCloseTo(2000, -2);
  });

  it('hears a file from a place in it for as long as it may', async () => {
    const { endpoint } = await aliceAtEndpoint();
    const told = await endpoint.play({ file: prompt, seekOffset: 8000 });
    expect(Number(told.playbackMilliseconds)).toBeCloseTo(1000, -2);
  });

  it('is told of by its variables', async () => {
    const { call, endpoint } = await aliceAtEndpoint();
    const { body } = await endpoint.api('uuid_dump', endpoint.uuid);
    const variables = MrfPackage.utils.parseBodyText(body);
    expect(variables['Event-Name']).toBe('CHANNEL_DATA');
    expect(variables['Unique-ID']).toBe(endpoint.uuid);
    await endpoint.set({ greeting: 'hello', language: 'zh' });
    expect(await endpoint.getChannelVariables(false)).toMatchObject({
      variable_greeting: 'hello',
      variable_language: 'zh',
      variable_remote_media_port: String(call.media?.port),
      variable_read_codec: 'PCMA',
    });
  });

  it('says that a file is missing', async () => {
    const { endpoint } = await aliceAtEndpoint();
    await expect(endpoint.play(join(servers.folder, 'nowhere.wav'))).rejects.toThrow('File Not Found');
  });

  it('types digits, which are collected', async () => {
    const { call, endpoint } = await aliceAtEndpoint();
    const collecting = endpoint.playCollect({ file: prompt, min: 1, max: 4, digitTimeout: 5000 });
    await call.media?.hears(PROMPT_HZ);
    await call.media?.press('1234');
    expect(await collecting).toMatchObject({ digits: '1234' });
  });

  it('ends its digits with the terminator', async () => {
    const { call, endpoint } = await aliceAtEndpoint();
    const collecting = endpoint.playCollect({ file: prompt, min: 1, max: 9, digitTimeout: 5000 });
    await call.media?.hears(PROMPT_HZ);
    await call.media?.press('12#');
    expect(await collecting).toMatchObject({ digits: '12', terminatorUsed: '#' });
  });

  it('gets packets all the time, also while nothing plays', async () => {
    const { call, endpoint } = await aliceAtEndpoint();
    await endpoint.set({ idle: true });
    await call.media?.hearsPackets(25);
  });

  it('types nothing, and that is told after the time given', async () => {
    const { endpoint } = await aliceAtEndpoint();
    const options = {
      file: 'silence_stream://100',
      min: 1,
      max: 4,
      timeout: 400,
      invalidFile: 'silence_stream://20',
    };
    expect((await endpoint.playCollect(options)).digits).toBeNull();
  });

  it('leaves a message and ends it with a key', async () => {
    const { call, endpoint } = await aliceAtEndpoint();
    await endpoint.set({ playback_terminators: '123456789#*' });
    await endpoint.play('silence_stream://100');
    const recording = endpoint.record(join(servers.folder, 'message.wav'), { timeLimitSecs: 20 });
    await call.media?.hearsPackets(30);
    await call.media?.press('#');
    const recorded = await recording;
    expect(recorded.terminatorUsed).toBe('#');
  });

  it('is recorded while things are played', async () => {
    const { endpoint } = await aliceAtEndpoint();
    const file = join(servers.folder, 'session.wav');
    await endpoint.set({ RECORD_STEREO: true });
    await endpoint.recordSession(file);
    await endpoint.play(prompt);
    await endpoint.play(prompt);
    await endpoint.api('uuid_record', [endpoint.uuid, 'stop', file]);
    await expect(endpoint.play(file)).resolves.toMatchObject({ playbackSeconds: '4' });
  });

  it('presses keys that the application hears, and gets keys that it sends', async () => {
    const { call, endpoint } = await aliceAtEndpoint();
    await endpoint.play('silence_stream://200');
    const pressed = new Promise<string | undefined>((resolve) => {
      endpoint.once('dtmf', ({ dtmf }) => resolve(dtmf));
    });
    await call.media?.press('7');
    expect(await pressed).toBe('7');
    const done = await endpoint.execute('send_dtmf', '42@125');
    expect(done.getHeader('Application')).toBe('send_dtmf');
    await call.media?.hearsDigits('42');
  });

  it('hangs up, and the application ends the endpoint', async () => {
    const { call, endpoint, dialog } = await aliceAtEndpoint();
    const over = new Promise<void>((resolve) => dialog.on('destroy', () => resolve()));
    expect(await call.hangUp()).toBe(200);
    await over;
    await endpoint.destroy();
    await expect.poll(async () => mediaServer.api(`uuid_exists ${endpoint.uuid}`)).toBe('false');
    endpoints.length = 0;
  });
});

describe('two endpoints', () => {
  it('are bridged, muted and parted', async () => {
    const { call, endpoint } = await aliceAtEndpoint();
    const other = await mediaServer.createEndpoint({ remoteSdp: await tonesBack() });
    endpoints.push(other);
    await endpoint.bridge(other);
    await endpoint.mute();
    await endpoint.unmute();
    await endpoint.unbridge();
    const playing = endpoint.play(prompt);
    await call.media?.hears(PROMPT_HZ);
    await playing;
  });

  it('of which one gets its party later', async () => {
    const endpoint = await mediaServer.createEndpoint();
    endpoints.push(endpoint);
    expect(endpoint.local.sdp).toContain('m=audio');
    await endpoint.modify(await tonesBack());
    const told = await endpoint.play('silence_stream://100');
    expect(Number(told.playbackMilliseconds)).toBeGreaterThan(0);
  });
});

/** The session description of somebody whose sound nobody needs. */
async function tonesBack(): Promise<string> {
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    'm=audio 9 RTP/AVP 8 101',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    '',
  ].join('\r\n');
}
