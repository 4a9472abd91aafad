import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type Mrf from 'drachtio-fsmrf';
import MediaServer, { type Endpoint } from 'drachtio-fsmrf/lib/mediaserver.js';
import { type MediaServerAddress, openControlConnection } from './controlConnection.ts';
import { EventSocket } from './EventSocket.ts';
import { MediaError, reasonOf } from './errors.ts';
import { hearKeysAlone } from './heardEvents.ts';
import { Leg } from './Leg.ts';
import type { MediaLog } from './MediaLog.ts';
import { offeredAudio, withoutKeysForRtp } from './offeredAudio.ts';
import { makePrompt } from './promptSocket.ts';
import { guardReading } from './readGuard.ts';
import { settlesWithin } from './settlesWithin.ts';
import { unseenByFsmrf } from './signalling.ts';

const CONNECT_MS = 3000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
const ASK_EVERY_MS = 2000;
const ANSWER_WITHIN_MS = 1500;
/** A server that is silent this long is given up, and its connection made anew. */
const SILENT_FOR_MS = 10_000;
/** A server that is away this long has lost its calls, whatever their own sockets still believe. */
const LOST_AFTER_MS = 5000;
const CREATE_MS = 3000;

/**
 * - `connecting`: not reached yet
 * - `up`: answers; takes calls
 * - `silent`: connected, but did not answer the last question in time; keeps its calls, takes no new ones
 * - `down`: the connection was lost; tried again with growing waits
 */
export type MediaServerState = 'connecting' | 'up' | 'silent' | 'down';

export interface MediaServerLinkOptions {
  readonly server: MediaServerAddress;
  readonly mrf: Mrf;
  readonly listenAddress: string;
  readonly advertisedAddress: string | undefined;
  readonly profile: string;
  readonly log: MediaLog;
  readonly wantsFigures: boolean;
  /** the state or its reason changed */
  readonly onChange: () => void;
  /** the server has been away for so long that its calls are over */
  readonly onLost: () => void;
}

interface Up {
  readonly mediaServer: MediaServer;
  readonly socket: EventSocket;
  readonly closed: Promise<void>;
}

/**
 * The connection to one FreeSWITCH: made, watched, and made again.
 *
 *     connecting -> up <-> silent
 *                   up, silent -> down -> up
 */
export class MediaServerLink {
  readonly server: MediaServerAddress;
  readonly #options: MediaServerLinkOptions;
  readonly #stopping = new AbortController();
  #state: MediaServerState = 'connecting';
  #problem: string | undefined;
  #up: Up | undefined;
  #running: Promise<void> | undefined;
  /** Ends the wait for each endpoint that is being made: from a server that has gone none comes, and another may have room. */
  readonly #creations = new Set<(reason: 'lost') => void>();
  #ownChannels = 0;
  #foreignChannels = 0;
  #mostChannels = 0;

  constructor(options: MediaServerLinkOptions) {
    this.server = options.server;
    this.#options = options;
  }

  get state(): MediaServerState {
    return this.#state;
  }

  /** Why it is not up. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Channels in use: ours, and those that others had when last asked. */
  get channels(): number {
    return this.#ownChannels + this.#foreignChannels;
  }

  /** Most channels that the server takes; 0 where it did not say. */
  get mostChannels(): number {
    return this.#mostChannels;
  }

  /** Starts to connect; resolves after the first try, however it went. */
  start(): Promise<void> {
    const tried = Promise.withResolvers<void>();
    this.#running ??= this.#run(tried.resolve);
    return tried.promise;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /**
   * Makes a channel that faces one party.
   * @param remoteSdp the party's SDP; without one FreeSWITCH makes the offer
   * @throws MediaError `set-up-failed`, or `not-acceptable` where the server does no SRTP and the party nothing else
   */
  async createLeg(remoteSdp: string | undefined): Promise<Leg> {
    const leg = await this.#makeLeg(remoteSdp);
    if (offeredAudio(leg.localSdp) !== undefined) return leg;
    // What FreeSWITCH answers to SRTP with a cipher that it does not know.
    await leg.release();
    throw new MediaError('not-acceptable', 'the media server switched the audio off');
  }

  async #makeLeg(remoteSdp: string | undefined): Promise<Leg> {
    this.#ownChannels++;
    const leave = (): void => {
      this.#ownChannels--;
    };
    try {
      const endpoint = await this.#createEndpoint(remoteSdp);
      const serverCommand = (command: string): Promise<void> => this.command(command);
      const { log, wantsFigures } = this.#options;
      return new Leg({ endpoint, remoteSdp, serverCommand, log, wantsFigures, onEnd: leave });
    } catch (error) {
      leave();
      if (error instanceof MediaError) throw error;
      if (isNotAcceptable(error) && remoteSdp !== undefined && offeredAudio(remoteSdp) === 'srtp')
        throw new MediaError('not-acceptable', "the media server does not do the caller's SRTP");
      // Without the error itself: it holds the SIP messages, which hold what the party wrote.
      throw new MediaError('set-up-failed', `endpoint: ${reasonOf(error)}`);
    }
  }

  /** An INVITE to FreeSWITCH, and FreeSWITCH's event socket to us. */
  async #createEndpoint(remoteSdp: string | undefined): Promise<Endpoint> {
    const create = (): Promise<Endpoint> => {
      if (this.#up === undefined) throw new MediaError('set-up-failed', 'the media server is not connected');
      const offer = remoteSdp === undefined ? {} : { remoteSdp: unseenByFsmrf(withoutKeysForRtp(remoteSdp)) };
      return this.#up.mediaServer.createEndpoint(offer);
    };
    const creating = create().catch((error: unknown) => {
      // FreeSWITCH says 488 for an RTP port that another program has taken, too; its next port will do.
      if (isNotAcceptable(error)) return create();
      throw error;
    });
    const lost = Promise.withResolvers<'lost'>();
    this.#creations.add(lost.resolve);
    const outcome = await Promise.race([settlesWithin(creating, CREATE_MS), lost.promise]);
    this.#creations.delete(lost.resolve);
    if (outcome === true) return creating;
    creating.then(
      (endpoint) => endpoint.dialog?.destroy(),
      () => undefined,
    );
    const problem = outcome === 'lost' ? 'the media server went away' : `no endpoint within ${CREATE_MS} ms`;
    throw new MediaError('set-up-failed', problem);
  }

  /** Runs an `api` command on the server's own socket. */
  async command(command: string): Promise<void> {
    if (this.#up === undefined) throw new MediaError('ended', 'the media server is not connected');
    await this.#up.socket.command(command);
  }

  async #run(firstTryIsOver: () => void): Promise<void> {
    const { signal } = this.#stopping;
    let wait = FIRST_WAIT_MS;
    let lostTimer: NodeJS.Timeout | undefined;
    while (!signal.aborted) {
      try {
        const up = await this.#connect();
        clearTimeout(lostTimer);
        wait = FIRST_WAIT_MS;
        this.#up = up;
        this.#become('up', undefined);
        firstTryIsOver();
        await this.#watch(up);
        this.#up = undefined;
        up.socket.destroy();
        up.mediaServer.disconnect();
        for (const giveUp of this.#creations) giveUp('lost');
        if (signal.aborted) break;
        this.#become('down', 'connection lost');
        lostTimer = setTimeout(this.#options.onLost, LOST_AFTER_MS);
      } catch (error) {
        this.#become(this.#state === 'connecting' ? 'connecting' : 'down', reasonOf(error));
        firstTryIsOver();
      }
      await delay(wait, undefined, { signal }).catch(() => undefined);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
    clearTimeout(lostTimer);
    firstTryIsOver();
  }

  async #connect(): Promise<Up> {
    const { server, mrf, listenAddress, advertisedAddress, profile } = this.#options;
    const connection = await openControlConnection(server, CONNECT_MS);
    if (connection.socket !== null) this.#guard(connection.socket);
    const closed = Promise.withResolvers<void>();
    const socket = new EventSocket(connection, closed.resolve);
    try {
      await assertProfileIsUp(socket, profile);
      this.#readLoad(await socket.api('status', ANSWER_WITHIN_MS));
      const mediaServer = new MediaServer(
        connection,
        mrf,
        listenAddress,
        0,
        advertisedAddress,
        undefined,
        profile,
      );
      mediaServer.closing = true; // a lost connection is announced by this class, not on the console
      await readyOrFailed(mediaServer);
      // FreeSWITCH's sockets to us, from their first byte on.
      mediaServer._server.server.prependListener('connection', (fromServer) => {
        makePrompt(fromServer);
        this.#guard(fromServer);
      });
      mediaServer._server.on('connection::open', hearKeysAlone);
      return { mediaServer, socket, closed: closed.promise };
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  #guard(socket: Socket): void {
    const from = `${socket.remoteAddress}:${socket.remotePort}`;
    // The error's text would quote what came.
    guardReading(socket, (error) =>
      this.#options.log.warn(
        { from, reason: error instanceof Error ? error.name : typeof error },
        'an event socket could not be read; closed',
      ),
    );
  }

  /** Asks the server again and again; ends when the connection does, or when it has been silent for too long. */
  async #watch({ socket, closed }: Up): Promise<void> {
    const { signal } = this.#stopping;
    const over = new AbortController();
    const end = (): void => over.abort();
    closed.then(end);
    signal.addEventListener('abort', end, { once: true });
    let answeredAt = performance.now();
    while (!over.signal.aborted && performance.now() - answeredAt < SILENT_FOR_MS) {
      await delay(ASK_EVERY_MS, undefined, { signal: over.signal }).catch(() => undefined);
      if (over.signal.aborted) break;
      try {
        this.#readLoad(await socket.api('status', ANSWER_WITHIN_MS));
        answeredAt = performance.now();
        this.#become('up', undefined);
      } catch (error) {
        if (!socket.closed) this.#become('silent', reasonOf(error));
      }
    }
    signal.removeEventListener('abort', end);
  }

  /** Reads `3 session(s) - peak 5, …` and `1000 session(s) max` of FreeSWITCH's status. */
  #readLoad(status: string): void {
    const inUse = Number(/^(\d+) session\(s\) -/m.exec(status)?.[1] ?? 0);
    this.#foreignChannels = Math.max(0, inUse - this.#ownChannels);
    this.#mostChannels = Number(/^(\d+) session\(s\) max/m.exec(status)?.[1] ?? 0);
  }

  #become(state: MediaServerState, problem: string | undefined): void {
    if (state === this.#state && problem === this.#problem) return;
    this.#state = state;
    this.#problem = problem;
    const { host, port } = this.server;
    const fields = { mediaServer: `${host}:${port}`, state, ...(problem === undefined ? {} : { problem }) };
    if (state === 'up') this.#options.log.info(fields, 'media server is up');
    else this.#options.log.warn(fields, 'media server takes no calls');
    this.#options.onChange();
  }
}

function isNotAcceptable(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 488;
}

/**
 * A FreeSWITCH that starts opens its event socket before its SIP profiles, and drachtio-fsmrf throws out of a socket
 * handler when its profile is missing. So it is looked for first, in the same way.
 */
async function assertProfileIsUp(socket: EventSocket, profile: string): Promise<void> {
  const status = await socket.api('sofia status', CONNECT_MS);
  const isUp = status
    .split('\n')
    .some((line) => line.trim().split(/\s/, 1)[0] === profile && /sip:mod_sofia@[\d.]+:\d+/.test(line));
  if (isUp) return;
  throw new MediaError('set-up-failed', `sofia profile ${profile}: expected it to be up`);
}

/** drachtio-fsmrf gives up by itself after a second, and closes what it has opened. */
function readyOrFailed(mediaServer: MediaServer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  mediaServer.on('error', (error) => reject(new MediaError('set-up-failed', reasonOf(error))));
  mediaServer.once('ready', resolve);
  return promise;
}
