import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DrachtioServer } from '../../../embedded/drachtio/DrachtioServer.ts';
import {
  type EmbeddedMedia,
  type MediaStats,
  startEmbeddedMedia,
} from '../../../embedded/freeswitch/index.ts';
import { TestPhone } from './TestPhone.ts';

/** What the tests use of drachtio-fsmrf, which has no types that hold. */
export interface Endpoint {
  readonly uuid: string;
  readonly local: { readonly sdp: string };
  readonly conn: { readonly socket: import('node:net').Socket; disconnect(): void };
  readonly dialog: {
    readonly sip: { readonly callId: string };
    request(options: object): Promise<{ status: number }>;
  };
  play(
    file: string | string[] | { file: string; timeoutSecs?: number; seekOffset?: number },
  ): Promise<Playback>;
  playCollect(options: Readonly<Record<string, string | number>>): Promise<Collected>;
  record(file: string, options?: Readonly<Record<string, number>>): Promise<Recorded>;
  recordSession(file: string): Promise<void>;
  bridge(other: Endpoint | string): Promise<void>;
  unbridge(): Promise<void>;
  modify(sdp: string): Promise<string>;
  set(values: Readonly<Record<string, string | number | boolean>>): Promise<void>;
  api(command: string, args?: string | string[]): Promise<{ body: string }>;
  execute(app: string, arg?: string): Promise<{ getHeader(name: string): string | null }>;
  getChannelVariables(includeMedia: boolean): Promise<Readonly<Record<string, string | number>>>;
  destroy(): Promise<void>;
  mute(): Promise<unknown>;
  unmute(): Promise<unknown>;
  on(event: string, listener: (event: Readonly<Record<string, string>>) => void): void;
  once(event: string, listener: (event: Readonly<Record<string, string>>) => void): void;
}

export interface Playback {
  readonly playbackSeconds: string;
  readonly playbackMilliseconds: string;
  readonly playbackLastOffsetPos: string;
}

export interface Collected {
  readonly digits: string | null;
  readonly invalidDigits: string | null;
  readonly terminatorUsed: string | null;
}

export interface Recorded {
  readonly terminatorUsed: string | null;
  readonly recordSeconds: string;
  readonly recordMilliseconds: string;
  readonly recordSamples: string;
}

export interface FsmrfServer {
  readonly sip: { ipv4: { udp: { address: string } } };
  readonly maxSessions: number;
  readonly currentSessions: number;
  readonly conn: { bgapi(command: string, args: string, cb: (event: { getBody(): string }) => void): void };
  api(command: string): Promise<string>;
  createEndpoint(options?: { remoteSdp?: string; codecs?: string[] }): Promise<Endpoint>;
  connectCaller(req: unknown, res: unknown): Promise<{ endpoint: Endpoint; dialog: { destroy(): void } }>;
  disconnect(): void;
  on(event: string, listener: () => void): void;
}

interface SrfClient {
  connect(options: object): void;
  on(event: string, listener: (error?: Error) => void): void;
  once(event: string, listener: () => void): void;
  disconnect(): void;
  invite(handler: (req: unknown, res: unknown) => void): void;
}

interface MrfClient {
  connect(options: object): Promise<FsmrfServer>;
}

const require = createRequire(import.meta.url);
const Srf: new () => SrfClient = require('drachtio-srf');
const Mrf: new (srf: SrfClient) => MrfClient = require('drachtio-fsmrf');

/** A drachtio server, an embedded media server, and the unmodified npm packages in between. */
export interface Rig {
  readonly media: EmbeddedMedia;
  readonly mediaServer: FsmrfServer;
  readonly srf: SrfClient;
  readonly sip: DrachtioServer;
  readonly mrf: MrfClient;
  /** For sounds and recordings; gone at the end. */
  readonly folder: string;
  /** An endpoint whose other side is the phone. */
  endpoint(phone: TestPhone): Promise<Endpoint>;
  stop(): Promise<void>;
}

export async function startRig(): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'axbridge-media-'));
  const sip = new DrachtioServer({
    sip: {
      listen: [
        { transport: 'udp', host: '127.0.0.1', port: 0 },
        { transport: 'tcp', host: '127.0.0.1', port: 0 },
      ],
    },
    admin: { host: '127.0.0.1', port: 0 },
    secret: 'cymru',
  });
  await sip.start();
  const media = await startEmbeddedMedia({
    eslPort: 0,
    sipPort: 0,
    rtpFirstPort: 0,
    soundsDir: folder,
    recordingsDir: folder,
  });
  const srf = new Srf();
  srf.on('error', () => undefined);
  const connected = new Promise<void>((resolve) => srf.once('connect', resolve));
  srf.connect({ host: '127.0.0.1', port: sip.adminPort, secret: 'cymru' });
  await connected;
  const mrf = new Mrf(srf);
  const mediaServer = await mrf.connect(eslAddress(media));
  return {
    media,
    mediaServer,
    srf,
    sip,
    mrf,
    folder,
    endpoint: async (phone) => {
      const endpoint = await mediaServer.createEndpoint({ remoteSdp: phone.sdp() });
      endpoint.conn.socket.setNoDelay(true);
      phone.connect(endpoint.local.sdp);
      return endpoint;
    },
    stop: async () => {
      mediaServer.disconnect();
      await media.stop();
      srf.disconnect();
      await sip.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Calls of one test: phones with an endpoint each, all gone after `end`. */
export class Calls {
  readonly #rig: Rig;
  readonly #phones: TestPhone[] = [];
  readonly #legs: Endpoint[] = [];

  constructor(rig: Rig) {
    this.#rig = rig;
  }

  async call(toneHz: number, law: 'PCMA' | 'PCMU' = 'PCMA'): Promise<{ phone: TestPhone; leg: Endpoint }> {
    const phone = await this.phone(toneHz, law);
    const leg = await this.#rig.endpoint(phone);
    this.#legs.push(leg);
    return { phone, leg };
  }

  /** Two calls in a bridge, both phones speaking. */
  async bridged(): Promise<{
    a: { phone: TestPhone; leg: Endpoint };
    b: { phone: TestPhone; leg: Endpoint };
  }> {
    const [a, b] = await Promise.all([this.call(440), this.call(620)]);
    a.phone.speak();
    b.phone.speak();
    await a.leg.bridge(b.leg);
    await Promise.all([hear(a.phone, 5), hear(b.phone, 5)]);
    return { a, b };
  }

  async phone(toneHz: number, law: 'PCMA' | 'PCMU' = 'PCMA'): Promise<TestPhone> {
    const phone = await TestPhone.open(toneHz, law);
    this.#phones.push(phone);
    return phone;
  }

  /** Ends what is left and checks that the server holds nothing of it. */
  async end(): Promise<void> {
    await Promise.all(this.#legs.splice(0).map((leg) => this.#rig.mediaServer.api(`uuid_kill ${leg.uuid}`)));
    for (const phone of this.#phones.splice(0)) phone.close();
    await nothingLeft(this.#rig.media);
  }
}

/** How fsmrf is told where the media server is. */
function eslAddress(media: EmbeddedMedia): object {
  return { address: media.eslHost, port: media.eslPort, secret: media.password, listenAddress: '127.0.0.1' };
}

/** Waits until `check` holds; fails after 5 s with what it said last. */
export async function eventually<T>(probe: () => Promise<T> | T, check: (value: T) => boolean): Promise<T> {
  const giveUpAt = performance.now() + 5000;
  for (;;) {
    const value = await probe();
    if (check(value)) return value;
    if (performance.now() > giveUpAt) throw new Error(`still ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until the media server holds nothing any more. */
export function nothingLeft(media: EmbeddedMedia): Promise<MediaStats> {
  return eventually(
    () => media.stats(),
    ({ channels, bridges, recordings, rtpPorts, sipDialogs, eslClients }) =>
      channels + bridges + recordings + rtpPorts + sipDialogs === 0 && eslClients <= 1,
  );
}

/** Waits for a phone to have heard so many packets from now on. */
export async function hear(phone: TestPhone, packets: number): Promise<Int16Array> {
  const before = phone.received.length;
  const fromMs = performance.now();
  await eventually(
    () => phone.received.length - before,
    (count) => count >= packets,
  );
  return phone.heard(fromMs);
}
