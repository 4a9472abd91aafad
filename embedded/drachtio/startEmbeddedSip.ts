import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ListenSpec, TimerValues } from '../sip/index.ts';
import type { DrachtioServerStats } from './DrachtioServer.ts';
import type { FromSipProcess, SipProcessSettings, ToSipProcess } from './process.ts';
import type { PatienceSettings } from './ServerContext.ts';

export interface EmbeddedSipOptions {
  /** Address to bind, default 127.0.0.1. */
  readonly sipHost?: string;
  /** UDP and TCP port, default 5060; 0 takes a free one. */
  readonly sipPort?: number;
  /** Host that is named in Via and Contact, where it is another than the bound one. */
  readonly advertisedHost?: string;
  /** Adds a TLS port (0 takes a free one) with this key and certificate, both PEM. */
  readonly tls?: { readonly port: number; readonly key: string; readonly cert: string };
  readonly adminHost?: string;
  /** Port of drachtio's wire protocol, default 9022; 0 takes a free one. */
  readonly adminPort?: number;
  readonly secret?: string;
  readonly timers?: Partial<TimerValues>;
  readonly patience?: Partial<PatienceSettings>;
  /** Share of UDP packets that are lost in each direction, 0 to 1, for tests. */
  readonly packetLoss?: number;
}

export interface EmbeddedSip {
  readonly sipHost: string;
  readonly sipPort: number;
  /** 0 without TLS. */
  readonly tlsPort: number;
  readonly adminHost: string;
  readonly adminPort: number;
  readonly secret: string;
  /** The server's process at this moment. */
  readonly pid: number | undefined;
  /** What it counts. @throws EmbeddedSipError when it is away or does not answer within 2 s */
  stats(): Promise<DrachtioServerStats>;
  /** Ends the server and its process. */
  stop(): Promise<void>;
}

/** Thrown when the server's process cannot do what was asked. */
export class EmbeddedSipError extends Error {
  readonly code = 'EMBEDDED_SIP';

  constructor(message: string) {
    super(message);
    this.name = 'EmbeddedSipError';
  }
}

type Started = Extract<FromSipProcess, { type: 'started' }>;

const stopTimeoutMs = 5_000;
const statsTimeoutMs = 2_000;
const restartDelayMs = 250;
const processFile = fileURLToPath(new URL('./process.ts', import.meta.url));

/**
 * Starts the SIP server in a process of its own and waits until it listens. Should that process crash, it is started
 * again on the same ports; it ends by itself when this process does.
 * @throws EmbeddedSipError when a port is taken or cannot be bound
 */
export async function startEmbeddedSip(options: EmbeddedSipOptions = {}): Promise<EmbeddedSip> {
  const server = new SipProcess(options);
  await server.start();
  return server;
}

class SipProcess implements EmbeddedSip {
  readonly sipHost: string;
  readonly adminHost: string;
  readonly secret: string;
  sipPort: number;
  tlsPort: number;
  adminPort: number;
  readonly #options: EmbeddedSipOptions;
  readonly #statsWaiters = new Map<
    number,
    { resolve(stats: DrachtioServerStats): void; reject(error: Error): void }
  >();
  #child: ChildProcess | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #stopping = false;
  #listening = false;
  #nextStatsId = 1;

  constructor(options: EmbeddedSipOptions) {
    this.#options = options;
    this.sipHost = options.sipHost ?? '127.0.0.1';
    this.sipPort = options.sipPort ?? 5060;
    this.tlsPort = options.tls?.port ?? 0;
    this.adminHost = options.adminHost ?? '127.0.0.1';
    this.adminPort = options.adminPort ?? 9022;
    this.secret = options.secret ?? 'cymru';
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Forks the process and waits until it listens. @throws EmbeddedSipError */
  async start(): Promise<void> {
    const child = fork(processFile, { serialization: 'advanced', execArgv: [] });
    this.#child = child;
    const started = await new Promise<Started>((resolve, reject) => {
      child.on('message', (message: FromSipProcess) => {
        if (message.type === 'started') resolve(message);
        else if (message.type === 'failed') reject(new EmbeddedSipError(message.message));
        else this.#statsWaiters.get(message.id)?.resolve(message.stats);
      });
      child.once('error', (error) =>
        reject(new EmbeddedSipError(`cannot start the SIP server: ${error.message}`)),
      );
      child.once('exit', (code, signal) => {
        reject(new EmbeddedSipError(`the SIP server ended at once (${signal ?? code})`));
        this.#ended(child);
      });
      this.#tell({ type: 'start', settings: this.#settings() });
    });
    this.#listening = true;
    this.sipPort = started.sipPort;
    this.adminPort = started.adminPort;
    const tls = /tls\/\S+:(\d+)$/.exec(started.hostports)?.[1];
    if (tls !== undefined) this.tlsPort = Number(tls);
  }

  stats(): Promise<DrachtioServerStats> {
    const id = this.#nextStatsId;
    this.#nextStatsId += 1;
    const { promise, resolve, reject } = Promise.withResolvers<DrachtioServerStats>();
    const late = () => reject(new EmbeddedSipError(`the SIP server did not answer in ${statsTimeoutMs} ms`));
    const timer = setTimeout(late, statsTimeoutMs);
    this.#statsWaiters.set(id, { resolve, reject });
    if (!this.#listening || !this.#tell({ type: 'stats', id })) {
      reject(new EmbeddedSipError('the SIP server is not running'));
    }
    return promise.finally(() => {
      clearTimeout(timer);
      this.#statsWaiters.delete(id);
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      const killTimer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      child.once('exit', () => {
        clearTimeout(killTimer);
        resolve();
      });
      if (!this.#tell({ type: 'stop' })) child.kill('SIGKILL');
    });
  }

  #settings(): SipProcessSettings {
    const { advertisedHost, tls, timers, patience, packetLoss } = this.#options;
    const named = advertisedHost === undefined ? {} : { advertisedHost };
    const listen: ListenSpec[] = [
      { transport: 'udp', host: this.sipHost, port: this.sipPort, ...named },
      { transport: 'tcp', host: this.sipHost, port: this.sipPort, ...named },
    ];
    if (tls !== undefined) {
      const { key, cert } = tls;
      listen.push({ transport: 'tls', host: this.sipHost, port: this.tlsPort, tls: { key, cert }, ...named });
    }
    return {
      listen,
      admin: { host: this.adminHost, port: this.adminPort },
      secret: this.secret,
      ...(timers === undefined ? {} : { timers }),
      ...(patience === undefined ? {} : { patience }),
      ...(packetLoss === undefined ? {} : { packetLoss }),
    };
  }

  #tell(message: ToSipProcess): boolean {
    if (this.#child?.connected !== true) return false;
    return this.#child.send(message);
  }

  /** The process is gone. Not by our wish: its dialogs are lost, but new calls find it again. */
  #ended(child: ChildProcess): void {
    this.#listening = false;
    for (const { reject } of this.#statsWaiters.values())
      reject(new EmbeddedSipError('the SIP server has ended'));
    const neverRan = this.#child !== child || this.#stopping || child.exitCode === 0;
    if (neverRan) return;
    console.error(`embedded SIP server ended (${child.signalCode ?? child.exitCode}); starting it again`);
    this.#restartTimer = setTimeout(() => {
      this.start().catch((error: Error) => console.error('embedded SIP server:', error.message));
    }, restartDelayMs);
  }
}
