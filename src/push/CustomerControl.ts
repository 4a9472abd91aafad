import type { buildConnector } from 'undici';
import type { CustomerAnswer } from '../../routing/xMode.ts';
import { type AppDirectory, type KnownApp, signingSecrets } from '../store/AppDirectory.ts';
import type { Message } from '../store/Message.ts';
import { AddressPolicy } from './addressPolicy.ts';
import { type Asked, type AskOutcome, askedOf, unanswered } from './customerAnswer.ts';
import { failureReasonOf } from './failureReason.ts';
import { guardedConnector } from './guardedConnector.ts';
import { notificationHeaders } from './notificationHeaders.ts';
import { PostFailure, type PostOutcome } from './PostExchange.ts';
import { PostTarget } from './PostTarget.ts';

/** A question that was put to a customer's server, or could not be, and how that ended. */
export interface EndedQuestion {
  readonly appKey: string;
  readonly question: Message;
  /** Milliseconds since the epoch, when it was put. */
  readonly at: number;
  readonly seconds: number;
  readonly outcome: AskOutcome;
  /** The HTTP status of the reply; undefined if none began. */
  readonly status: number | undefined;
  /** Why there is no answer, in plain words; undefined if there is one. */
  readonly why: string | undefined;
}

export interface CustomerControlOptions {
  readonly apps: Pick<AppDirectory, 'get'>;
  /** Address ranges that are open although they are closed by default. */
  readonly allow: readonly string[];
  /** How long a caller may wait for a customer's server, seconds. */
  readonly timeoutSeconds: number;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Hears of each question when it has ended. */
  readonly onAsked: (question: EndedQuestion) => void;
  /** Questions of one application under way at the same time. */
  readonly mostUnderWay?: number;
  /** Connections of an application that asks nothing for so long are closed. */
  readonly idleMs?: number;
}

/** With a server that takes all of its 5 seconds, 50 calls a second. */
const MOST_UNDER_WAY = 256;
const IDLE_MS = 60_000;

/** The server of one application. */
interface CustomerServer {
  readonly target: PostTarget;
  underWay: number;
  usedAtMs: number;
}

/**
 * Asks customers' servers what shall become of a call (X mode, facts 6): the callin event goes to the application's
 * statusUrl like any other, signed and only to an open address, but its answer counts and it is not tried again.
 *
 * Applications share nothing but the time: each has connections and a limit of questions of its own, so that a
 * server that is slow costs no other customer's callers a moment.
 */
export class CustomerControl {
  readonly #options: CustomerControlOptions;
  readonly #connect: buildConnector.connector;
  readonly #servers = new Map<string, CustomerServer>();
  readonly #closing = new Set<Promise<void>>();
  #idleTimer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @throws AddressRangeError if `allow` holds something that is no address range */
  constructor(options: CustomerControlOptions) {
    this.#options = options;
    this.#connect = guardedConnector(new AddressPolicy(options.allow), options.timeoutSeconds * 1000);
  }

  /**
   * Puts a question and waits for the answer, no longer than the time limit. Never rejects: what goes wrong is said in
   * the answer.
   * @param question its id is the webhook-id
   */
  async ask(appKey: string, question: Message): Promise<CustomerAnswer> {
    const at = this.#options.clock();
    const startedAtMs = performance.now();
    const { outcome, status, answer } = await this.#ask(appKey, question, startedAtMs);
    const seconds = (performance.now() - startedAtMs) / 1000;
    const why = answer.kind === 'failed' ? answer.why : undefined;
    this.#options.onAsked({ appKey, question, at, seconds, outcome, status, why });
    return answer;
  }

  /** Breaks off the questions under way and closes all connections. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#idleTimer);
    for (const [appKey, server] of this.#servers) this.#close(appKey, server);
    await Promise.all(this.#closing);
  }

  async #ask(appKey: string, question: Message, startedAtMs: number): Promise<Asked> {
    const { apps, mostUnderWay = MOST_UNDER_WAY, timeoutSeconds } = this.#options;
    let known: KnownApp | undefined;
    try {
      const found = apps.get(appKey);
      known = found instanceof Promise ? await inTime(found, timeoutSeconds * 1000) : found;
    } catch {
      return unanswered('internal', 'its address could not be looked up');
    }
    if (this.#stopped) return unanswered('internal', 'this node is stopping');
    const url = known?.app.statusUrl;
    if (known === undefined || url === undefined)
      return unanswered('url', 'the application has no statusUrl');
    const server = this.#serverOf(appKey);
    if (server.underWay >= mostUnderWay)
      return unanswered('busy', `it has not answered ${mostUnderWay} earlier questions yet`);
    server.underWay += 1;
    try {
      return askedOf(await this.#post(server.target, known, url, question, startedAtMs), timeoutSeconds);
    } finally {
      server.underWay -= 1;
      server.usedAtMs = performance.now();
    }
  }

  /**
   * One request. Only where a kept connection breaks before any reply is it made again, over a new one: the server
   * closed an idle connection in the very moment in which it was used again. The webhook-id tells a second copy.
   */
  async #post(
    target: PostTarget,
    known: KnownApp,
    url: string,
    { id, body }: Message,
    startedAtMs: number,
  ): Promise<PostOutcome> {
    const { clock, timeoutSeconds } = this.#options;
    const text = JSON.stringify(body);
    const now = clock();
    const { appKey } = known.app;
    const secrets = signingSecrets(known, now);
    const headers = notificationHeaders({ appKey, secrets, webhookId: id, now, body: text });
    const attempt = () => {
      const timeoutMs = Math.max(0, timeoutSeconds * 1000 - (performance.now() - startedAtMs));
      return target.post({ url, headers, body: text, timeoutMs });
    };
    const first = await attempt();
    const { status, error, wasKeptConnection } = first;
    if (status !== undefined || error === undefined || !wasKeptConnection) return first;
    return failureReasonOf(error).reason === 'connection-lost' ? attempt() : first;
  }

  #serverOf(appKey: string): CustomerServer {
    const standing = this.#servers.get(appKey);
    if (standing !== undefined) return standing;
    const { mostUnderWay: connections = MOST_UNDER_WAY, idleMs = IDLE_MS } = this.#options;
    const target = new PostTarget({ connect: this.#connect, connections, keepsReply: true });
    const server = { target, underWay: 0, usedAtMs: performance.now() };
    this.#servers.set(appKey, server);
    this.#idleTimer ??= setInterval(() => this.#closeIdle(), idleMs);
    return server;
  }

  #closeIdle(): void {
    const { idleMs = IDLE_MS } = this.#options;
    const idleSinceMs = performance.now() - idleMs;
    for (const [appKey, server] of this.#servers)
      if (server.underWay === 0 && server.usedAtMs <= idleSinceMs) this.#close(appKey, server);
  }

  #close(appKey: string, { target }: CustomerServer): void {
    this.#servers.delete(appKey);
    const closing: Promise<void> = target.destroy().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

/** @throws what the promise rejects with, or PostFailure ETIMEDOUT when it needs too long */
async function inTime<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new PostFailure('ETIMEDOUT', 'not in time')), timeoutMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
