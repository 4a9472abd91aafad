import { createServer } from 'node:net';
import Mrf from 'drachtio-fsmrf';
import type Srf from 'drachtio-srf';
import { AnchoredMedia } from './AnchoredMedia.ts';
import { CallerMedia, type CallerMediaOptions } from './CallerMedia.ts';
import type { MediaServerAddress } from './controlConnection.ts';
import { MediaError, reasonOf } from './errors.ts';
import type { Leg } from './Leg.ts';
import { leastLoaded } from './leastLoaded.ts';
import type { MediaLog } from './MediaLog.ts';
import { MediaServerLink, type MediaServerState } from './MediaServerLink.ts';
import { EXPECTED_AUDIO, offeredAudio } from './offeredAudio.ts';
import { signallingTo } from './signalling.ts';

export interface MediaServerHealth {
  readonly host: string;
  readonly port: number;
  readonly state: MediaServerState;
  /** channels in use, those of other applications included */
  readonly channels: number;
  /** why it is not up */
  readonly problem?: string;
}

export interface MediaPoolOptions {
  readonly servers: readonly MediaServerAddress[];
  /** connected to drachtio; its owner listens to its `error` event, which late BYEs cause */
  readonly srf: Srf;
  /** own address to which FreeSWITCH opens event sockets */
  readonly listenAddress: string;
  /** the same as FreeSWITCH sees it, where that differs */
  readonly advertisedAddress?: string;
  /** FreeSWITCH's sofia profile that takes our INVITEs */
  readonly profile: string;
  readonly log: MediaLog;
  /** asks for the figures of each leg (`CallerMedia.figures`) */
  readonly wantsFigures?: boolean;
  /** the state of a server changed */
  readonly onHealth?: (servers: readonly MediaServerHealth[]) => void;
}

export interface CreateOptions {
  /** the SDP of the caller's INVITE; '' where it made no offer */
  readonly callerOffer: string;
  /** true: no callee, for announcements */
  readonly playOnly?: boolean;
}

/** All media servers: finds room for each call, and ends the media of a server that died. */
export class MediaPool {
  readonly #options: MediaPoolOptions;
  readonly #links: readonly MediaServerLink[];
  readonly #media = new Map<CallerMedia, MediaServerLink>();
  #stopped = false;

  constructor(options: MediaPoolOptions) {
    this.#options = options;
    const mrf = new Mrf(signallingTo(options.srf, options.log));
    this.#links = options.servers.map((server) => {
      const link: MediaServerLink = new MediaServerLink({
        server,
        mrf,
        listenAddress: options.listenAddress,
        advertisedAddress: options.advertisedAddress,
        profile: options.profile,
        log: options.log,
        wantsFigures: options.wantsFigures ?? false,
        onChange: () => this.#healthChanged(),
        onLost: () => this.#loseMediaOf(link),
      });
      return link;
    });
  }

  /** Whether a call that needs media finds a server. */
  get healthy(): boolean {
    return this.#links.some((link) => link.state === 'up');
  }

  /** Calls with media now. */
  get sessions(): number {
    return this.#media.size;
  }

  get servers(): MediaServerHealth[] {
    return this.#links.map(({ server: { host, port }, state, channels, problem }) => ({
      host,
      port,
      state,
      channels,
      ...(problem === undefined ? {} : { problem }),
    }));
  }

  /**
   * Starts to connect to every server; resolves when each has been tried once, reached or not.
   * @throws MediaError `listen-address` for an own address that cannot be listened on
   */
  async start(): Promise<void> {
    await assertListenable(this.#options.listenAddress);
    await Promise.all(this.#links.map((link) => link.start()));
  }

  /** Ends all media, then the connections. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#media.keys()].map((media) => media.release()));
    await Promise.all(this.#links.map((link) => link.stop()));
  }

  /**
   * Makes the media of one call: both endpoints at the same time, on the server with most room.
   * @throws MediaError `no-server`, `set-up-failed`, `not-acceptable`
   */
  create(options: CreateOptions & { playOnly: true }): Promise<CallerMedia>;
  create(options: CreateOptions & { playOnly?: false }): Promise<AnchoredMedia>;
  async create({ callerOffer, playOnly = false }: CreateOptions): Promise<CallerMedia> {
    if (callerOffer !== '' && offeredAudio(callerOffer) === undefined) {
      throw new MediaError('not-acceptable', `the caller's SDP: ${EXPECTED_AUDIO}`);
    }
    const left = new Set(this.#links.filter((link) => link.state === 'up'));
    let failure = new MediaError('no-server', 'no media server is connected, or none has room');
    while (!this.#stopped) {
      const link = leastLoaded(left, playOnly ? 1 : 2);
      if (link === undefined) break;
      left.delete(link);
      try {
        return await this.#createOn(link, callerOffer, playOnly);
      } catch (error) {
        if (!(error instanceof MediaError)) throw error;
        failure = error;
        this.#options.log.warn({ reason: reasonOf(error) }, 'media server made no endpoint');
      }
    }
    throw failure;
  }

  /**
   * Makes a channel for the callee of a caller who has one already (he was answered, or hears something), on the same
   * server. What this returns owns both from then on: `media` tells of nothing any more, and its `release` ends nothing.
   *
   * Where it throws, nothing of the callee's is left and `media` is as before: still its owner's to release. That is also
   * so when the caller hangs up, or `media` is released, while the channel is made.
   * @throws MediaError `no-server`, `set-up-failed`, or `ended` where the caller is not there (any more)
   */
  async addCallee(media: CallerMedia): Promise<AnchoredMedia> {
    const link = this.#media.get(media);
    if (link === undefined || !media.isThere) throw new MediaError('ended', 'the caller has no channel');
    const callee = await link.createLeg(undefined);
    try {
      if (this.#stopped) throw new MediaError('no-server', 'the media pool has stopped');
      if (callee.ended) throw new MediaError('set-up-failed', 'the endpoint ended at once');
      const caller = media.handOver();
      this.#media.delete(media);
      return this.#own(link, (common) => new AnchoredMedia({ ...common, caller, callee }));
    } catch (error) {
      await callee.release();
      throw error;
    }
  }

  async #createOn(link: MediaServerLink, callerOffer: string, playOnly: boolean): Promise<CallerMedia> {
    const offer = callerOffer === '' ? undefined : callerOffer;
    const [caller, callee] = await allOrNone(
      playOnly ? [link.createLeg(offer)] : [link.createLeg(offer), link.createLeg(undefined)],
    );
    if (caller === undefined) throw new MediaError('set-up-failed', 'no endpoint');
    const media = this.#own(link, (common) =>
      callee === undefined
        ? new CallerMedia({ ...common, caller })
        : new AnchoredMedia({ ...common, caller, callee }),
    );
    if (this.#stopped) {
      await media.release();
      throw new MediaError('no-server', 'the media pool has stopped');
    }
    return media;
  }

  /** Media that this pool counts, and ends when its server or the pool does, until its release has ended. */
  #own<Media extends CallerMedia>(
    link: MediaServerLink,
    make: (common: Omit<CallerMediaOptions, 'caller'>) => Media,
  ): Media {
    const media: Media = make({ log: this.#options.log, onReleased: () => this.#media.delete(media) });
    this.#media.set(media, link);
    return media;
  }

  #loseMediaOf(lost: MediaServerLink): void {
    for (const [media, link] of this.#media) if (link === lost) media.lose('server');
  }

  #healthChanged(): void {
    try {
      this.#options.onHealth?.(this.servers);
    } catch (error) {
      this.#options.log.error({ reason: reasonOf(error) }, 'the listener of media health failed');
    }
  }
}

/** Legs that are made together: where one fails or ends meanwhile, the others are released and that is thrown. */
async function allOrNone(making: readonly Promise<Leg>[]): Promise<Leg[]> {
  const made = await Promise.allSettled(making);
  const legs = made.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = made.find((result) => result.status === 'rejected');
  const ended = legs.some((leg) => leg.ended);
  if (failed === undefined && !ended) return legs;
  for (const leg of legs) leg.release();
  throw failed?.reason ?? new MediaError('set-up-failed', 'an endpoint ended while the other one was made');
}

/** drachtio-fsmrf listens without handling errors: an address that is not ours would end the process. */
async function assertListenable(address: string): Promise<void> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (error) => reject(new MediaError('listen-address', `${address}: ${reasonOf(error)}`)));
  server.listen(0, address, resolve);
  await promise;
  await new Promise((closed) => server.close(closed));
}
