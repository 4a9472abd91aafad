import { createConnection } from 'node:net';
import { startEmbeddedMedia, startEmbeddedSip } from '../../embedded/index.ts';
import { readConfig } from '../../src/config.ts';

const ANSWER_PATIENCE_MS = 30_000;

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
}

/** The SIP server and the media server that a test runs against. */
export interface MediaServers {
  readonly kind: 'embedded' | 'external';
  readonly drachtio: Address;
  readonly freeswitch: Address;
  /** Where calls go, when the SIP server is embedded. */
  readonly sip: { readonly host: string; readonly port: number } | undefined;
  /** The media server's process, where a test may kill it because it comes back by itself. */
  readonly mediaProcess: (() => number | undefined) | undefined;
  /** What both servers still hold, where they can tell: all zero when the product has cleaned up. */
  readonly held: (() => Promise<Readonly<Record<string, number>>>) | undefined;
  stop(): Promise<void>;
}

/**
 * The servers that AXBRIDGE_DRACHTIO and AXBRIDGE_FREESWITCH name, else embedded ones on free ports.
 * Tests count the channels of servers that were given: run them with `--no-file-parallelism`, and nothing beside them.
 */
export async function startMediaServers(): Promise<MediaServers> {
  const { AXBRIDGE_DRACHTIO, AXBRIDGE_FREESWITCH } = process.env;
  const config = readConfig({ AXBRIDGE_DRACHTIO, AXBRIDGE_FREESWITCH });
  const drachtio = config.AXBRIDGE_DRACHTIO;
  const freeswitch = config.AXBRIDGE_FREESWITCH[0];
  if (drachtio !== undefined && freeswitch !== undefined) {
    return {
      kind: 'external',
      drachtio,
      freeswitch,
      sip: undefined,
      mediaProcess: undefined,
      held: undefined,
      stop: async () => undefined,
    };
  }
  const sip = await startEmbeddedSip({ sipPort: 0, adminPort: 0 });
  const media = await startEmbeddedMedia({ eslPort: 0, sipPort: 0, rtpFirstPort: 0 });
  return {
    kind: 'embedded',
    drachtio: { host: sip.adminHost, port: sip.adminPort, secret: sip.secret },
    freeswitch: { host: media.eslHost, port: media.eslPort, secret: media.password },
    sip: { host: sip.sipHost, port: sip.sipPort },
    mediaProcess: () => media.pid,
    held: async () => {
      const { channels, bridges, recordings, rtpPorts, eslClients, sipDialogs } = await media.stats();
      const { dialogs } = await sip.stats();
      return { channels, bridges, recordings, rtpPorts, eslClients, sipDialogs, dialogs };
    },
    stop: async () => {
      await Promise.all([media.stop(), sip.stop()]);
    },
  };
}

/**
 * One `api` command on a connection of its own, to look at the media server from outside the product.
 * @throws Error when nothing comes for half a minute, or the connection ends
 */
export async function askFreeSwitch({ host, port, secret }: Address, command: string): Promise<string> {
  const socket = createConnection({ host, port });
  socket.setTimeout(ANSWER_PATIENCE_MS, () => socket.destroy(new Error(`${command}: no answer`)));
  socket.write(`auth ${secret}\n\napi ${command}\n\n`);
  let received = '';
  for await (const piece of socket) {
    received += piece;
    const head = /Content-Type: api\/response\nContent-Length: (\d+)\n\n/.exec(received);
    if (head === null) continue;
    const body = received.slice(head.index + head[0].length);
    if (Buffer.byteLength(body) >= Number(head[1])) return body;
  }
  throw new Error(`${command}: the event socket closed`);
}

/** Channels that the media server has now (`show channels` counts rows of a database that may lag behind or be off). */
export async function channelCount(freeswitch: Address): Promise<number> {
  const status = await askFreeSwitch(freeswitch, 'status');
  const sessions = /^(\d+) session\(s\) - peak/m.exec(status)?.[1];
  if (sessions === undefined) throw new Error(`the media server does not tell its sessions: ${status}`);
  return Number(sessions);
}
