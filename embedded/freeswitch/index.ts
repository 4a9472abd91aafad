/**
 * A media server for a machine that has no FreeSWITCH: it speaks FreeSWITCH's event socket far enough for an
 * unmodified drachtio-fsmrf, over G.711 and RTP of its own. It runs as a process of its own.
 */
import { reachableAddress } from '../sip/index.ts';
import { MediaProcess } from './MediaProcess.ts';
import type { MediaStats } from './MediaServer.ts';
import { DEFAULT_MEDIA_SETTINGS, type MediaSettings } from './settings.ts';

export { MediaProcessError } from './MediaProcess.ts';
export type { MediaStats } from './MediaServer.ts';
export type { MediaSettings } from './settings.ts';

/** A running embedded media server. */
export interface EmbeddedMedia {
  readonly eslHost: string;
  readonly eslPort: number;
  readonly password: string;
  readonly sipHost: string;
  readonly sipPort: number;
  /** The process that does the work; another one after a crash. */
  readonly pid: number | undefined;
  stats(): Promise<MediaStats>;
  stop(): Promise<void>;
}

/**
 * Starts a media server in its own process. It ends with its parent and is started again, on the same ports, when
 * it crashes. Ports of 0 are chosen by the system.
 *
 * @throws MediaProcessError `start_failed`, for instance when a port is taken
 */
export async function startEmbeddedMedia(options: Partial<MediaSettings> = {}): Promise<EmbeddedMedia> {
  const { host = DEFAULT_MEDIA_SETTINGS.host } = options;
  const rtpHost = reachableAddress(options.rtpHost ?? host);
  const settings = { ...DEFAULT_MEDIA_SETTINGS, ...options, rtpHost };
  const server = new MediaProcess(settings);
  await server.start();
  return {
    eslHost: settings.host,
    eslPort: server.eslPort,
    password: settings.password,
    sipHost: settings.host,
    sipPort: server.sipPort,
    get pid() {
      return server.pid;
    },
    stats: () => server.stats(),
    stop: () => server.stop(),
  };
}
