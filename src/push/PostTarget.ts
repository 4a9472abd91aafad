import { type buildConnector, Pool } from 'undici';
import { PostExchange, PostFailure, type PostOutcome } from './PostExchange.ts';

export interface PostTargetOptions {
  readonly connect: buildConnector.connector;
  /** Most connections to the target. */
  readonly connections: number;
  /** Whether anyone wants to read what is replied. */
  readonly keepsReply: boolean;
}

export interface Post {
  readonly url: string;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: string;
  /** Limit of the attempt as a whole, from dialling to the last byte of the reply. */
  readonly timeoutMs: number;
}

/**
 * A customer's server: POSTs to it go over connections of its own, one at a time on each. Never follows a redirect,
 * never throws. The URL may change; connections to the old origin end when what is under way there has ended.
 */
export class PostTarget {
  readonly #options: PostTargetOptions;
  readonly #closing = new Set<Promise<void>>();
  /** Where the last one went. */
  #place: Place | undefined;
  #pool: Pool | undefined;
  #origin = '';
  #dials = 0;
  #destroyed = false;

  constructor(options: PostTargetOptions) {
    this.#options = options;
  }

  post({ url, headers, body, timeoutMs }: Post): Promise<PostOutcome> {
    const { promise, resolve } = Promise.withResolvers<PostOutcome>();
    const place = this.#place?.url === url ? this.#place : placeOf(url);
    if (this.#destroyed) resolve(noReply(new PostFailure('PUSH_STOPPED', 'requests have been stopped')));
    else if (place instanceof PostFailure) resolve(noReply(place));
    else {
      this.#place = place;
      const dialsBefore = this.#dials;
      const { keepsReply } = this.#options;
      const isKeptConnection = () => this.#dials === dialsBefore;
      const exchange = new PostExchange({ timeoutMs, keepsReply, isKeptConnection, onEnd: resolve });
      this.#poolFor(place.origin).dispatch({ method: 'POST', path: place.path, headers, body }, exchange);
    }
    return promise;
  }

  /** Breaks off what is under way and closes all connections; nothing is sent any more. */
  async destroy(): Promise<void> {
    this.#destroyed = true;
    if (this.#pool !== undefined) this.#owned(this.#pool.destroy());
    this.#pool = undefined;
    await Promise.all(this.#closing);
  }

  #poolFor(origin: string): Pool {
    if (this.#pool !== undefined && this.#origin === origin) return this.#pool;
    if (this.#pool !== undefined) this.#owned(this.#pool.close());
    const { connect, connections } = this.#options;
    this.#origin = origin;
    this.#pool = new Pool(origin, {
      connect: (options, callback) => {
        this.#dials += 1;
        connect(options, callback);
      },
      connections,
      // The exchange limits all of it together.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return this.#pool;
  }

  #owned(closing: Promise<void>): void {
    const tracked: Promise<void> = closing
      .catch(() => undefined)
      .finally(() => this.#closing.delete(tracked));
    this.#closing.add(tracked);
  }
}

/** A URL taken apart. */
interface Place {
  readonly url: string;
  readonly origin: string;
  readonly path: string;
}

function placeOf(url: string): Place | PostFailure {
  const parsed = URL.parse(url);
  if (parsed === null) return new PostFailure('PUSH_URL_INVALID', 'the URL is none');
  const { origin, protocol, pathname, search } = parsed;
  if (protocol !== 'http:' && protocol !== 'https:')
    return new PostFailure('PUSH_URL_INVALID', 'the URL is neither http nor https');
  return { url, origin, path: pathname + search };
}

function noReply(error: PostFailure): PostOutcome {
  return { status: undefined, body: Buffer.alloc(0), error, wasKeptConnection: false };
}
