import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Srf from 'drachtio-srf';
import type { SipAddress } from '../kit/Phone.ts';
import { type MediaServers, startMediaServers } from '../media/servers.ts';
import type { Endpoint, FsmrfServer } from './freeswitch/rig.ts';

const require = createRequire(import.meta.url);

/** What a program gets that requires the unmodified packages, and the types that they lack. */
export const SrfPackage: new () => Srf = require('drachtio-srf');
export const MrfPackage: MrfClass = require('drachtio-fsmrf');

interface MrfClass {
  new (srf: Srf): MrfClient;
  readonly utils: { parseBodyText(text: string): Readonly<Record<string, string>> };
}

export interface MrfClient {
  readonly localAddresses: readonly string[];
  connect(options: object): Promise<ExampleMediaServer>;
  connect(options: object, callback: (error: Error | null, server: ExampleMediaServer) => void): this;
}

export interface ExampleMediaServer extends FsmrfServer {
  hasCapability(names: readonly string[]): boolean;
  createConference(name: string, options: object): Promise<unknown>;
  connectCaller(req: unknown, res: unknown): Promise<{ endpoint: Endpoint; dialog: Srf.Dialog }>;
}

/** What the packages' example programs expect to find: a SIP server, a media server, a folder for sounds. */
export interface ExampleServers {
  readonly kind: MediaServers['kind'];
  /** An application's connection to the SIP server. */
  connectSrf(): Promise<Srf>;
  /** Where phones send their calls. */
  readonly sip: SipAddress;
  /** Where applications find the media server. */
  readonly freeswitch: { address: string; port: number; secret: string; listenAddress: string };
  /** On a disk that the media server reads and writes. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Servers as `startMediaServers` chooses them: those that the settings name, else embedded ones. */
export async function startExampleServers(): Promise<ExampleServers> {
  const servers = await startMediaServers();
  const folder = await mkdtemp(join(tmpdir(), 'axbridge-examples-'));
  const connect = async (): Promise<{ srf: Srf; hostports: string }> => {
    const srf = new SrfPackage();
    // A late request on a dialog that is gone is told here; without a listener it would end the process.
    srf.on('error', () => undefined);
    const connected = once(srf, 'connect');
    srf.connect(servers.drachtio);
    const [, hostports] = await connected;
    return { srf, hostports: String(hostports) };
  };
  const { srf, hostports } = await connect();
  srf.disconnect();
  const [, host = '', port] = /udp\/([^:,]+):(\d+)/.exec(hostports) ?? [];
  const { freeswitch } = servers;
  return {
    kind: servers.kind,
    connectSrf: async () => (await connect()).srf,
    sip: { host, port: Number(port) },
    freeswitch: {
      address: freeswitch.host,
      port: freeswitch.port,
      secret: freeswitch.secret,
      listenAddress: '127.0.0.1',
    },
    folder,
    stop: async () => {
      await servers.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
