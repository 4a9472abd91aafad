import { type buildConnector, type Dispatcher, errors, Pool } from 'undici';

/** Why an attempt failed; also the label of a metric. */
export type FailureReason =
  | 'target-closed'
  | 'target-unknown'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'connection-lost'
  | 'status'
  | 'url'
  | 'internal';

export type Delivery =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly reason: FailureReason /** For the dead letter: without addresses and numbers. */;
      readonly detail: string;
    };

export interface CourierOptions {
  readonly connect: buildConnector.connector;
  /** Limit of one attempt as a whole, milliseconds. */
  readonly timeoutMs: number;
  /** Most connections to the target. */
  readonly connections: number;
}

/** What a receiver says beyond its status is of no use; more than this ends the connection. */
const LONGEST_REPLY_BYTES = 64 * 1024;
const STATUS_OK = 200;

function failure(reason: FailureReason, detail: string = reason): Delivery {
  return { ok: false, reason, detail };
}

/** Error codes of Node's sockets by what they mean for the attempt. */
const REASON_OF_CODE: Readonly<Record<string, FailureReason>> = {
  PUSH_TARGET_CLOSED: 'target-closed',
  PUSH_TARGET_UNKNOWN: 'target-unknown',
  ECONNREFUSED: 'connect',
  EHOSTUNREACH: 'connect',
  ENETUNREACH: 'connect',
  EADDRNOTAVAIL: 'connect',
  EMFILE: 'connect',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_SOCKET: 'connection-lost',
  ECONNRESET: 'connection-lost',
  EPIPE: 'connection-lost',
  EPROTO: 'tls',
};

function failureOf(error: Error): Delivery {
  // An AggregateError stands for the addresses of a name that were tried one after the other.
  const first = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const code = 'code' in first ? String(first.code) : first.name;
  const known = REASON_OF_CODE[code];
  if (known !== undefined) return failure(known, code);
  if (/CERT|TLS|SSL|SELF_SIGNED|ISSUER|SIGNATURE/.test(code)) return failure('tls', code);
  return failure(first instanceof errors.HTTPParserError ? 'connection-lost' : 'internal', code);
}

class AttemptTimeout extends Error {
  readonly code = 'ETIMEDOUT';
}

/** One attempt's view of undici: the status decides, the rest of the reply is read away so that the connection lives on. */
class Reply implements Dispatcher.DispatchHandler {
  readonly #done: (delivery: Delivery) => void;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #status: number | undefined;
  #bytes = 0;
  #ended = false;

  constructor(timeoutMs: number, done: (delivery: Delivery) => void) {
    this.#done = done;
    this.#timer = setTimeout(() => {
      const timeout = new AttemptTimeout('no complete reply in time');
      this.#controller?.abort(timeout);
      this.#end(timeout);
    }, timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended) controller.abort(new AttemptTimeout('connected too late'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > LONGEST_REPLY_BYTES) controller.abort(new Error('reply too long'));
  }

  onResponseEnd(): void {
    this.#end(undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#end(error);
  }

  #end(error: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    if (this.#status === STATUS_OK) this.#done({ ok: true });
    else if (this.#status !== undefined && this.#status > STATUS_OK)
      this.#done(failure('status', `status ${this.#status}`));
    else this.#done(failureOf(error ?? new Error('no status')));
  }
}

/**
 * Carries messages of one application and kind to their target over connections of its own, one request at a time on
 * each. Never follows a redirect, never throws. Only status 200 is success (facts 8.1).
 */
export class Courier {
  readonly #options: CourierOptions;
  readonly #closing = new Set<Promise<void>>();
  #pool: Pool | undefined;
  #origin = '';

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  /**
   * Makes one attempt. A connection that breaks before any reply is tried once more at once: a server may close an
   * idle connection in the very moment in which it is used again, and the webhook-id makes a second copy harmless.
   */
  async deliver(url: string, headers: string[], body: string): Promise<Delivery> {
    if (!URL.canParse(url)) return failure('url', 'URL invalid');
    const { origin, protocol, pathname, search } = new URL(url);
    if (protocol !== 'http:' && protocol !== 'https:') return failure('url', 'URL neither http nor https');
    const pool = this.#poolFor(origin);
    const first = await this.#attempt(pool, pathname + search, headers, body);
    if (first.ok || first.reason !== 'connection-lost' || pool.closed) return first;
    return this.#attempt(pool, pathname + search, headers, body);
  }

  /** Breaks off what is under way and closes all connections. */
  async destroy(): Promise<void> {
    if (this.#pool !== undefined) this.#owned(this.#pool.destroy());
    this.#pool = undefined;
    await Promise.all(this.#closing);
  }

  #attempt(pool: Pool, path: string, headers: string[], body: string): Promise<Delivery> {
    const { promise, resolve } = Promise.withResolvers<Delivery>();
    pool.dispatch({ method: 'POST', path, headers, body }, new Reply(this.#options.timeoutMs, resolve));
    return promise;
  }

  #poolFor(origin: string): Pool {
    if (this.#pool !== undefined && this.#origin === origin) return this.#pool;
    if (this.#pool !== undefined) this.#owned(this.#pool.close());
    const { connect, connections, timeoutMs } = this.#options;
    this.#origin = origin;
    this.#pool = new Pool(origin, {
      connect,
      connections,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
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
