import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it came. */
export interface SinkRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The `webhook-id`. */
  readonly id: string;
  /** Milliseconds since the epoch, when the body was complete. */
  readonly at: number;
  /** What the sink answered; undefined if it did not answer. */
  readonly status: number | undefined;
}

/** A reply with a body, whole or not. */
export interface SinkReply {
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body: string | Buffer;
  /** The reply begins when this has resolved. */
  readonly after?: Promise<unknown>;
  /** What follows the body in place of its end. */
  readonly breaksOff?: 'hang' | 'reset';
}

/** How the sink answers: a status, a reply, or not at all (`hang`), or by breaking the connection (`reset`). */
export type SinkAnswer = number | 'hang' | 'reset' | SinkReply;
export type SinkRule = SinkAnswer | ((request: Omit<SinkRequest, 'status'>) => SinkAnswer);

interface Waiter {
  readonly met: () => boolean;
  readonly resolve: () => void;
}

const WAIT_MS = 20_000;

/**
 * A customer's server: a real HTTP server on a free port that keeps every request. It can be told to fail, and can be
 * closed (connections are refused) and opened again on the same port.
 */
export class WebhookSink {
  /** Every request in the order in which its body was complete. */
  readonly requests: SinkRequest[] = [];
  /** What the next requests are answered. */
  rule: SinkRule = 200;
  readonly #server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    this.#receive(request, response);
  });
  readonly #waiters = new Set<Waiter>();
  #port = 0;
  #connections = 0;
  #openConnections = 0;

  private constructor() {
    this.#server.on('connection', (socket) => {
      this.#connections += 1;
      this.#openConnections += 1;
      this.#check();
      socket.once('close', () => {
        this.#openConnections -= 1;
        this.#check();
      });
    });
  }

  static async start(): Promise<WebhookSink> {
    const sink = new WebhookSink();
    await sink.open();
    return sink;
  }

  /** `http://127.0.0.1:port` */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Connections accepted since the start. */
  get connections(): number {
    return this.#connections;
  }

  /** Connections that stand. */
  get openConnections(): number {
    return this.#openConnections;
  }

  /** Requests that were answered 200. */
  get accepted(): readonly SinkRequest[] {
    return this.requests.filter(({ status }) => status === 200);
  }

  /** Listens again, on the port of the first time; nothing happens while it listens. */
  async open(): Promise<void> {
    if (this.#server.listening) return;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Closes the port and every connection: who calls now is refused. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /**
   * Resolves as soon as the condition holds; it is asked after each request, connection and its end.
   * @throws Error with what the sink holds if it does not hold in time
   */
  async waitFor(condition: (sink: WebhookSink) => boolean, timeoutMs = WAIT_MS): Promise<void> {
    if (condition(this)) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { met: () => condition(this), resolve };
    this.#waiters.add(waiter);
    const timer = setTimeout(
      () => reject(new Error(`not met in ${timeoutMs} ms; the sink has ${this.#summary()}`)),
      timeoutMs,
    );
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const received = {
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
        id: String(request.headers['webhook-id'] ?? ''),
        at: Date.now(),
      };
      const answer = typeof this.rule === 'function' ? this.rule(received) : this.rule;
      this.requests.push({ ...received, status: statusOf(answer) });
      if (answer === 'reset') request.socket.destroy();
      else if (typeof answer === 'number') response.writeHead(answer).end();
      else if (typeof answer === 'object') this.#own(reply(response, answer));
      this.#check();
    });
  }

  /** What still waits for its reply when the sink is closed has lost its connection: nobody misses it. */
  #own(replying: Promise<void>): void {
    replying.catch(() => undefined);
  }

  #check(): void {
    for (const waiter of this.#waiters) if (waiter.met()) waiter.resolve();
  }

  #summary(): string {
    const last = this.requests
      .slice(-10)
      .map(({ path, id, status }) => `${path} ${id} ${status ?? 'no answer'}`);
    return `${this.requests.length} requests, the last ${JSON.stringify(last)}`;
  }
}

function statusOf(answer: SinkAnswer): number | undefined {
  if (typeof answer === 'object') return answer.breaksOff === undefined ? (answer.status ?? 200) : undefined;
  return typeof answer === 'number' ? answer : undefined;
}

async function reply(response: ServerResponse, { status = 200, headers, body, after, breaksOff }: SinkReply) {
  await after;
  response.writeHead(status, headers);
  if (breaksOff === undefined) {
    response.end(body);
    return;
  }
  await new Promise((sent) => response.write(body, sent));
  if (breaksOff === 'reset') response.socket?.resetAndDestroy();
}

/** Checks `webhook-signature` (Standard Webhooks, v1) as a receiver does, with the secret's own bytes as the key. */
export function hasValidSignature({ headers, body }: SinkRequest, appSecret: string): boolean {
  const content = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const expected = `v1,${createHmac('sha256', appSecret).update(content).digest('base64')}`;
  const given = String(headers['webhook-signature']).split(' ');
  return given.some((each) => isSame(each, expected));
}

/** Checks `Authorization` and `X-AKSK` as a receiver does (facts 1.2). */
export function hasValidAksk({ headers }: SinkRequest, appKey: string, appSecret: string): boolean {
  const attributes = new Map(
    [...String(headers['x-aksk']).matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
  const nonce = attributes.get('Nonce') ?? '';
  const created = attributes.get('Created') ?? '';
  const digest = createHmac('sha256', appSecret)
    .update(nonce + created)
    .digest('base64');
  return (
    headers.authorization === 'AKSK realm="SDP",profile="UsernameToken",type="Appkey"' &&
    attributes.get('Username') === appKey &&
    /^[0-9A-Za-z]{1,128}$/.test(nonce) &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(created) &&
    isSame(attributes.get('PasswordDigest') ?? '', digest)
  );
}

/** Compares texts of any length in constant time. */
function isSame(one: string, other: string): boolean {
  const hash = (value: string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(hash(one), hash(other));
}
