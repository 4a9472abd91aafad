import { fileURLToPath } from 'node:url';
import { startEmbeddedMedia, startEmbeddedPostgres, startEmbeddedSip } from '../embedded/index.ts';
import type { TlsIdentity } from './api/certificate.ts';
import type { Config, ServerAddress } from './config.ts';
import type { SharedUse } from './processes/SharedUse.ts';
import type { Logger } from './telemetry/logger.ts';
import type { DroppedMessages } from './telemetry/processSeries.ts';

/** Folder of the product's own announcements, a folder for each language. */
export const SOUNDS_DIR = fileURLToPath(new URL('../freeswitch-conf/sounds', import.meta.url));

/** What a part needs from outside, and the stack that stops it. */
export interface Context {
  readonly config: Config;
  readonly logger: Logger;
  readonly dataDir: string;
  readonly parts: AsyncDisposableStack;
  /** What this process may have only so much of together with the others of its group. Absent: there are none. */
  readonly shared?: SharedUse;
}

/** The three servers that an application works with. */
export interface Servers {
  readonly drachtio: ServerAddress;
  readonly freeswitch: readonly ServerAddress[];
  readonly databaseUrl: string;
  /** Where SIP is listened on, when the SIP server is ours. */
  readonly sip: { readonly host: string; readonly port: number } | undefined;
}

/** The three servers, and what the SIP server tells of itself when it is ours. */
export interface StartedServers {
  readonly servers: Servers;
  readonly droppedMessages: DroppedMessages | undefined;
}

/** The servers that the settings name; the embedded ones for those that they do not. */
export async function startServers(
  { config, logger, dataDir, parts }: Context,
  tls: TlsIdentity | undefined,
): Promise<StartedServers> {
  const startSip = async () => {
    const tlsPort = config.AXBRIDGE_SIP_TLS_PORT;
    const sip = await startEmbeddedSip({
      sipHost: config.AXBRIDGE_SIP_HOST,
      sipPort: config.AXBRIDGE_SIP_PORT,
      adminPort: config.AXBRIDGE_DRACHTIO_PORT,
      ...(tlsPort !== undefined && tls !== undefined
        ? { tls: { port: tlsPort, key: tls.privateKey, cert: tls.certificate } }
        : {}),
    });
    parts.defer(() => sip.stop());
    return sip;
  };
  const startMedia = async () => {
    const media = await startEmbeddedMedia({
      eslPort: config.AXBRIDGE_ESL_PORT,
      sipPort: config.AXBRIDGE_MEDIA_SIP_PORT,
      rtpHost: config.AXBRIDGE_SIP_HOST,
      rtpFirstPort: config.AXBRIDGE_RTP_PORT,
      profile: config.AXBRIDGE_MEDIA_PROFILE,
      soundsDir: SOUNDS_DIR,
    });
    parts.defer(() => media.stop());
    return [{ host: media.eslHost, port: media.eslPort, secret: media.password }];
  };
  const startDatabase = async () => {
    const port = config.AXBRIDGE_DATABASE_PORT;
    const database = await startEmbeddedPostgres({ dataDir, port, log: logger });
    parts.defer(() => database.stop());
    return database.url;
  };
  const given = config.AXBRIDGE_DRACHTIO;
  const starting = [
    given === undefined ? startSip() : undefined,
    config.AXBRIDGE_FREESWITCH.length === 0 ? startMedia() : config.AXBRIDGE_FREESWITCH,
    config.DATABASE_URL === '' ? startDatabase() : config.DATABASE_URL,
  ] as const;
  // Whatever did start is on the stack before a failure of another is thrown.
  await Promise.allSettled(starting);
  const [sip, freeswitch, databaseUrl] = await Promise.all(starting);
  if (given !== undefined) {
    const servers = { drachtio: given, freeswitch, databaseUrl, sip: undefined };
    return { servers, droppedMessages: undefined };
  }
  if (sip === undefined) throw new Error('no SIP server');
  const servers = {
    drachtio: { host: sip.adminHost, port: sip.adminPort, secret: sip.secret },
    freeswitch,
    databaseUrl,
    sip: { host: sip.sipHost, port: sip.sipPort },
  };
  return { servers, droppedMessages: async () => (await sip.stats()).dropped };
}
