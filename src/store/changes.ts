import { setTimeout as delay, setImmediate as socketsRead } from 'node:timers/promises';
import postgres from 'postgres';
import type { Logger } from '../telemetry/logger.ts';
import type { Sql } from './database.ts';

/** What has changed and must be forgotten by every cache, and what every node must hear. */
export interface Change {
  /** X numbers whose state, application or bindings changed. */
  readonly numbers?: readonly string[];
  /** Application keys. */
  readonly apps?: readonly string[];
  readonly trunks?: true;
  readonly handsets?: true;
  readonly blackList?: true;
  /** Addresses that are blocked for wrong credentials. */
  readonly blockedAddresses?: true;
  /** What may be played under a name. */
  readonly announcements?: true;
  /** A node came or went. */
  readonly nodes?: true;
  /** Session ids of calls that their customer wants to end. */
  readonly stops?: readonly string[];
  /** Anything may have changed: a large change, or news were missed while the connection was away. */
  readonly everything?: true;
}

export interface ChangesOptions {
  /** The database whose news are heard. */
  readonly url: string;
  readonly log: Logger;
  /** How often the listening connection is asked whether it lives, milliseconds. */
  readonly probeEveryMs?: number;
  /** How long its answer may take before it counts as lost, milliseconds. */
  readonly probeTimeoutMs?: number;
}

/** The migrations send to this channel. */
const CHANNEL = 'axbridge_changes';
const RETRY_MS = 500;

/**
 * Reads a payload of the channel: `number:+86…`, `app:key`, `stop:session id`, `trunks`, `handsets`, `blacklist`,
 * `addresses`, `announcements`, `nodes`, or `everything`.
 */
function changeOf(payload: string): Change {
  const [, kind, value] = /^([a-z]+)(?::(.+))?$/.exec(payload) ?? [];
  if (kind === 'number' && value) return { numbers: [value] };
  if (kind === 'app' && value) return { apps: [value] };
  if (kind === 'trunks') return { trunks: true };
  if (kind === 'handsets') return { handsets: true };
  if (kind === 'blacklist') return { blackList: true };
  if (kind === 'addresses') return { blockedAddresses: true };
  if (kind === 'announcements') return { announcements: true };
  if (kind === 'nodes') return { nodes: true };
  if (kind === 'stop' && value) return { stops: [value] };
  // A newer node may say what this one does not know: forgetting everything is always right.
  return { everything: true };
}

/**
 * News of what other nodes, and this one, have changed in the database.
 *
 * The news are sent by PostgreSQL itself, in the transaction that makes the change (triggers of the migrations and the
 * functions that bind): they can neither be forgotten by a caller nor be lost by a crash after the commit. They are
 * heard on a connection of their own. While that connection is away, or does not answer, `trusted` is false, and
 * what this node remembers may be stale; when it is back, everything is forgotten first.
 */
export class Changes {
  readonly #options: Required<ChangesOptions>;
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #trusted = false;

  constructor(options: ChangesOptions) {
    this.#options = { probeEveryMs: 2000, probeTimeoutMs: 2000, ...options };
  }

  /** False while this node may miss news: a cache must then be passed by. */
  get trusted(): boolean {
    return this.#trusted;
  }

  /** Connects, and keeps connected until `stop`. Resolves after the first attempt, whether it succeeded or not. */
  async start(): Promise<void> {
    await new Promise<void>((attempted) => {
      this.#running ??= this.#run(attempted);
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** @returns a function that ends the subscription */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Tells the caches of this node at once what it has just committed, so that the next call sees it; the other
   * nodes hear it from PostgreSQL.
   */
  publish(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  async #run(attempted: () => void): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#listenUntilLost(attempted);
      this.#trusted = false;
      attempted();
      await delay(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #listenUntilLost(listening: () => void): Promise<void> {
    const { log } = this.#options;
    const lost = new AbortController();
    const end = AbortSignal.any([lost.signal, this.#stopping.signal]);
    const connection = this.#connect(() => lost.abort());
    try {
      // postgres.js tries to connect for as long as it takes; what waits for us must not.
      if (await this.#answersInTime(connection`LISTEN ${connection(CHANNEL)}`, end)) {
        this.publish({ everything: true });
        this.#trusted = true;
        listening();
        await this.#probe(connection, end);
      }
    } catch (err) {
      log.debug({ err }, 'the connection that hears changes failed');
    }
    this.#trusted = false;
    if (!this.#stopping.signal.aborted) log.warn({}, 'changes are not heard: the routing cache is passed by');
    await connection.end({ timeout: 0 });
  }

  #connect(onclose: () => void): Sql {
    // postgres.js' own listen() gives up when its first attempt to reconnect fails, and does not tell that the
    // connection was lost; `onnotify` is the hook beneath it, which its types leave out.
    const options = {
      max: 1,
      fetch_types: false,
      max_lifetime: null,
      connect_timeout: Math.ceil(this.#options.probeTimeoutMs / 1000),
      connection: { application_name: 'axbridge changes' },
      onclose: () => {
        this.#trusted = false;
        onclose();
      },
      onnotify: (_channel: string, payload: string) => this.publish(changeOf(payload)),
    };
    return postgres(this.#options.url, options);
  }

  /** Resolves when the connection is lost or no longer wanted; a half-open connection is found by its silence. */
  async #probe(connection: Sql, end: AbortSignal): Promise<void> {
    while (!end.aborted) {
      await delay(this.#options.probeEveryMs, undefined, { signal: end, ref: false }).catch(() => undefined);
      if (end.aborted || !(await this.#answersInTime(connection`SELECT`, end))) return;
    }
  }

  async #answersInTime(statement: Promise<unknown>, end: AbortSignal): Promise<boolean> {
    const answered = statement.then(() => true);
    const silent = delay(this.#options.probeTimeoutMs, undefined, { signal: end, ref: false })
      // When this process was held up itself, what has arrived meanwhile is read before the connection counts as silent.
      .then(() => socketsRead(false))
      .catch(() => false);
    // Whoever loses the race may still fail later, when the connection is ended.
    answered.catch(() => undefined);
    return Promise.race([answered, silent]);
  }
}
