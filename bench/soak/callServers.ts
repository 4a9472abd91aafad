import { startEmbeddedMedia, startEmbeddedSip } from '../../embedded/index.ts';
import { readConfig } from '../../src/config.ts';
import { dialogsOf } from '../../test/kit/drachtioDialogs.ts';
import { channelCount } from '../../test/media/servers.ts';
import { listeningPid } from '../listeningPid.ts';
import { memoryOf, nodeMemory, type ProcessMemory } from './processMemory.ts';

/** What both servers hold of calls. */
export interface HeldByServers {
  readonly dialogs: number;
  readonly transactions: number;
  readonly channels: number;
}

/** The SIP server and the media server of a bench, each in a process of its own. */
export interface CallServers extends AsyncDisposable {
  /** Where calls go. */
  readonly sip: { readonly host: string; readonly port: number };
  /** Settings of an application that is to use them. */
  readonly settings: Readonly<Record<string, string>>;
  held(): Promise<HeldByServers>;
  sipMemory(): Promise<ProcessMemory>;
  mediaMemory(): Promise<ProcessMemory>;
}

const { AXBRIDGE_DRACHTIO, AXBRIDGE_FREESWITCH, AXBRIDGE_TEST_SIP, AXBRIDGE_TEST_DRACHTIO_METRICS } =
  process.env;

/** Real ones where the settings name them; a bench runs on either, not on one of each. */
export const SERVERS = AXBRIDGE_DRACHTIO === undefined ? 'embedded' : 'real';

/** @param probes folder of `probedEnvironment`, in which this process runs */
export function startCallServers(probes: string): Promise<CallServers> {
  return SERVERS === 'real' ? givenServers() : embeddedServers(probes);
}

async function embeddedServers(probes: string): Promise<CallServers> {
  await using started = new AsyncDisposableStack();
  const sip = await startEmbeddedSip({ sipPort: 0, adminPort: 0 });
  started.defer(() => sip.stop());
  const media = await startEmbeddedMedia({ eslPort: 0, sipPort: 0, rtpFirstPort: 0 });
  started.defer(() => media.stop());
  const owned = started.move();
  return {
    sip: { host: sip.sipHost, port: sip.sipPort },
    settings: {
      AXBRIDGE_DRACHTIO: `${sip.adminHost}:${sip.adminPort},${sip.secret}`,
      AXBRIDGE_FREESWITCH: `${media.eslHost}:${media.eslPort},${media.password}`,
    },
    held: async () => {
      const [{ dialogs, inviteServerTransactions, otherTransactions }, { channels }] = await Promise.all([
        sip.stats(),
        media.stats(),
      ]);
      return { dialogs, transactions: inviteServerTransactions + otherTransactions, channels };
    },
    sipMemory: () => nodeMemory(probes, sip.pid ?? 0),
    mediaMemory: () => nodeMemory(probes, media.pid ?? 0),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/**
 * Servers that run already: AXBRIDGE_DRACHTIO, AXBRIDGE_FREESWITCH, AXBRIDGE_TEST_SIP (where drachtio-server takes calls)
 * and AXBRIDGE_TEST_DRACHTIO_METRICS (where it tells Prometheus).
 */
async function givenServers(): Promise<CallServers> {
  const [sipHost = '', sipPort = ''] = needed('AXBRIDGE_TEST_SIP', AXBRIDGE_TEST_SIP).split(':');
  const metrics = needed('AXBRIDGE_TEST_DRACHTIO_METRICS', AXBRIDGE_TEST_DRACHTIO_METRICS);
  const settings = {
    AXBRIDGE_DRACHTIO: needed('AXBRIDGE_DRACHTIO', AXBRIDGE_DRACHTIO),
    AXBRIDGE_FREESWITCH: needed('AXBRIDGE_FREESWITCH', AXBRIDGE_FREESWITCH),
  };
  const config = readConfig(settings);
  const drachtio = needed('AXBRIDGE_DRACHTIO', config.AXBRIDGE_DRACHTIO);
  const freeswitch = needed('AXBRIDGE_FREESWITCH', config.AXBRIDGE_FREESWITCH[0]);
  const sipPid = listeningPid(drachtio.port);
  const mediaPid = listeningPid(freeswitch.port);
  return {
    sip: { host: sipHost, port: Number(sipPort) },
    settings,
    held: async () => {
      const [inSip, channels] = await Promise.all([dialogsOf(metrics), channelCount(freeswitch)]);
      return { ...inSip, channels };
    },
    sipMemory: async () => memoryOf(sipPid),
    mediaMemory: async () => memoryOf(mediaPid),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function needed<Value>(name: string, value: Value | undefined): Value {
  if (value === undefined) throw new Error(`${name} is needed, too, with servers that are given`);
  return value;
}
