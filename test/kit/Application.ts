import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { AdminClient } from './AdminClient.ts';
import type { SipAddress } from './Phone.ts';
import { Series, within } from './Series.ts';

const START_PATIENCE_MS = 60_000;
const STOP_PATIENCE_MS = 90_000;
const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const ROOT = join(import.meta.dirname, '..', '..');
/** What a run on the real servers sets for the tests, and the tests hand on; and where compiled code is kept. */
const HANDED_ON = [
  'AXBRIDGE_DRACHTIO',
  'AXBRIDGE_FREESWITCH',
  'AXBRIDGE_MEDIA_PROFILE',
  'NODE_COMPILE_CACHE',
] as const;

export interface ApplicationOptions {
  /** Settings beyond those that put it on free ports and in a throw-away folder. */
  readonly env?: Readonly<Record<string, string>>;
  /** Absent: a folder of its own, which `stop` removes. */
  readonly dataDir?: string;
  /** PostgreSQL to use; absent: the embedded one, in the data folder. */
  readonly database?: string;
  /** Where calls go, when `env` names a SIP server that the application does not start. */
  readonly sip?: SipAddress;
}

/** One line of its log. */
export interface LogLine {
  readonly level: number | string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

interface ReadyLine extends LogLine {
  readonly http: string;
  readonly https?: string;
  readonly ops: string;
  /** Only when it has started the SIP server itself. */
  readonly sip?: SipAddress;
}

/** axbridge itself, `node src/main.ts` as a process of its own, on free ports and with throw-away data. */
export class Application {
  readonly dataDir: string;
  readonly adminToken = randomBytes(16).toString('hex');
  /** Everything it logged, of all its lives. */
  readonly log = new Series<LogLine>('a log line', ({ msg }) => msg);
  readonly #options: ApplicationOptions;
  readonly #ownsDataDir: boolean;
  #child: ChildProcessByStdio<null, Readable, Readable> | undefined;
  #ready: ReadyLine | undefined;
  #errors = '';

  private constructor(options: ApplicationOptions) {
    this.#options = options;
    this.#ownsDataDir = options.dataDir === undefined;
    this.dataDir = options.dataDir ?? throwAwayFolder();
  }

  /** Starts it and waits until it is ready. @throws Error with what it printed when it ends instead */
  static async start(options: ApplicationOptions = {}): Promise<Application> {
    const application = new Application(options);
    try {
      await application.#start({});
    } catch (error) {
      await application.stop();
      throw error;
    }
    return application;
  }

  /** Base URL of the partner and admin API. */
  get http(): string {
    return this.#line.http;
  }

  get https(): string | undefined {
    return this.#line.https;
  }

  /** Base URL of /metrics, /healthz and /readyz. */
  get ops(): string {
    return this.#line.ops;
  }

  /** Where calls go. */
  get sip(): SipAddress {
    const { sip = this.#options.sip ?? sipOfRealServer() } = this.#line;
    if (sip === undefined) throw new Error('AXBRIDGE_TEST_SIP: expected host:port of the real SIP server');
    return sip;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get admin(): AdminClient {
    return new AdminClient(this.http, this.adminToken);
  }

  /** The text of /metrics. */
  async metrics(): Promise<string> {
    return (await fetch(`${this.ops}/metrics`)).text();
  }

  /** One value of /metrics, by name and labels as written there; NaN where there is none. */
  async metric(series: string): Promise<number> {
    const line = (await this.metrics()).split('\n').find((each) => each.startsWith(`${series} `));
    return Number(line?.slice(series.length + 1) ?? Number.NaN);
  }

  /** Calls of every mode that it still has in progress, by its own account. */
  async callsInProgress(): Promise<number> {
    const counts = [...(await this.metrics()).matchAll(/^axbridge_calls_active\{.*\} (\d+)$/gm)];
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  }

  /** Ends the process at once and waits until it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    try {
      await within(gone, `axbridge to end after ${signal}`, STOP_PATIENCE_MS);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  /** Starts it again after `kill`, on the same ports and data; `env` changes settings for this life. */
  async restart(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const { http, ops } = this.#line;
    await this.#start({
      ...env,
      AXBRIDGE_HTTP_PORT: new URL(http).port,
      AXBRIDGE_OPS_PORT: new URL(ops).port,
      AXBRIDGE_SIP_PORT: String(this.sip.port),
    });
  }

  /** Ends it as an operator would, and removes its folder. */
  async stop(): Promise<void> {
    try {
      await this.kill('SIGTERM');
    } finally {
      if (this.#ownsDataDir) rmSync(this.dataDir, { recursive: true, force: true });
    }
  }

  get #line(): ReadyLine {
    if (this.#ready === undefined) throw new Error('axbridge has not been ready yet');
    return this.#ready;
  }

  async #start(ports: Readonly<Record<string, string>>): Promise<void> {
    const child = spawn(process.execPath, [MAIN], {
      cwd: ROOT,
      env: { ...this.#environment(), ...ports },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    // Should this process end in any way, its child does not stay behind.
    const reap = (): void => void child.kill('SIGKILL');
    process.once('exit', reap);
    child.once('exit', () => process.off('exit', reap));
    this.#errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-20_000);
    });
    const before = this.log.items.length;
    createInterface({ input: child.stdout }).on('line', (line) => this.#logged(line));
    const ready = this.log.when(
      (line) => line.msg === 'axbridge is ready' && this.log.items.indexOf(line) >= before,
      START_PATIENCE_MS,
    );
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`axbridge ended (${signal ?? code}) before it was ready:\n${this.#story(before)}`);
    });
    this.#ready = (await Promise.race([ready, ended])) as ReadyLine;
    ready.catch(() => undefined);
    ended.catch(() => undefined);
  }

  #logged(text: string): void {
    try {
      this.log.push(JSON.parse(text) as LogLine);
    } catch {
      this.#errors += `${text}\n`;
    }
  }

  #story(from: number): string {
    const lines = this.log.items.slice(from).map((line) => JSON.stringify(line));
    return [...lines, this.#errors].join('\n');
  }

  #environment(): NodeJS.ProcessEnv {
    const { database, env = {} } = this.#options;
    const handedOn = HANDED_ON.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    return {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      AXBRIDGE_DATA_DIR: this.dataDir,
      AXBRIDGE_ADMIN_TOKEN: this.adminToken,
      AXBRIDGE_HTTP_PORT: '0',
      AXBRIDGE_OPS_PORT: '0',
      AXBRIDGE_SIP_PORT: '0',
      AXBRIDGE_DRACHTIO_PORT: '0',
      AXBRIDGE_ESL_PORT: '0',
      AXBRIDGE_MEDIA_SIP_PORT: '0',
      AXBRIDGE_RTP_PORT: '0',
      AXBRIDGE_PUSH_ALLOW: '127.0.0.0/8',
      ...(database === undefined ? {} : { DATABASE_URL: database }),
      ...Object.fromEntries(handedOn),
      ...env,
    };
  }
}

/** With AXBRIDGE_DRACHTIO the tests run on a real server, and AXBRIDGE_TEST_SIP says where that takes calls. */
function sipOfRealServer(): SipAddress | undefined {
  const match = /^(.+):(\d+)$/.exec(process.env.AXBRIDGE_TEST_SIP ?? '');
  return match?.[1] === undefined ? undefined : { host: match[1], port: Number(match[2]) };
}

/** A folder that also another user (FreeSWITCH's, PostgreSQL's) may walk through. */
function throwAwayFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'axbridge-run-'));
  chmodSync(folder, 0o755);
  return folder;
}
