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
  #pool: Pool | undefined;
  #origin = '';
  #dials = 0;
  #destroyed = false;

  constructor(options: PostTargetOptions) {
    this.#options = options;
  }

  async post({ url, headers, body, timeoutMs }: Post): Promise<PostOutcome> {
    if (this.#destroyed) return noReply(new PostFailure('PUSH_STOPPED', 'requests have been stopped'));
    const parsed = URL.parse(url);
    if (parsed === null) return noReply(new PostFailure('PUSH_URL_INVALID', 'the URL is none'));
    const { origin, protocol, pathname, search } = parsed;
    if (protocol !== 'http:' && protocol !== 'https:')
      return noReply(new PostFailure('PUSH_URL_INVALID', 'the URL is neither http nor https'));
    const dialsBefore = this.#dials;
    const { promise, resolve } = Promise.withResolvers<PostOutcome>();
    const { keepsReply } = this.#options;
    const isKeptConnection = () => this.#dials === dialsBefore;
    const exchange = new PostExchange({ timeoutMs, keepsReply, isKeptConnection, onEnd: resolve });
    this.#poolFor(origin).dispatch({ method: 'POST', path: pathname + search, headers, body }, exchange);
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

function noReply(error: PostFailure): PostOutcome {
  return { status: undefined, body: Buffer.alloc(0), error, wasKeptConnection: false };
}
