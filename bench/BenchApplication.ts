import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import packageJson from '../package.json' with { type: 'json' };
import { AdminClient } from '../test/kit/AdminClient.ts';

const ROOT = join(import.meta.dirname, '..');
const [, ...START] = packageJson.scripts.start.split(' ');
const PORTS = ['HTTP', 'OPS', 'SIP', 'DRACHTIO', 'ESL', 'MEDIA_SIP', 'RTP'];

/** What the application says of itself once it is ready. */
interface Ready {
  readonly http: string;
  readonly sip: { readonly host: string; readonly port: number };
}

/**
 * The whole application as a process of its own, as `npm start` runs it, on free ports and with throw-away data. Its
 * log is read, as a collector of logs would, and forgotten.
 */
export class BenchApplication implements AsyncDisposable {
  readonly http: string;
  readonly sip: { readonly host: string; readonly port: number };
  readonly pid: number;
  readonly admin: AdminClient;
  readonly #child: ChildProcessByStdio<null, Readable, null>;
  readonly #dataDir: string;

  private constructor(
    child: ChildProcessByStdio<null, Readable, null>,
    { http, sip }: Ready,
    dataDir: string,
    token: string,
  ) {
    this.#child = child;
    this.#dataDir = dataDir;
    this.http = http;
    this.sip = sip;
    this.pid = child.pid ?? 0;
    this.admin = new AdminClient(http, token);
  }

  /** @param settings beyond those that put it on free ports. @throws Error when it ends before it is ready */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<BenchApplication> {
    const dataDir = mkdtempSync(join(tmpdir(), 'axbridge-bench-'));
    chmodSync(dataDir, 0o755);
    const token = randomBytes(16).toString('hex');
    const { PATH, HOME, NODE_OPTIONS } = process.env;
    const child = spawn(process.execPath, START, {
      cwd: ROOT,
      env: {
        ...{ PATH, HOME, NODE_OPTIONS },
        ...Object.fromEntries(PORTS.map((name) => [`AXBRIDGE_${name}_PORT`, '0'])),
        AXBRIDGE_DATA_DIR: dataDir,
        AXBRIDGE_ADMIN_TOKEN: token,
        AXBRIDGE_PUSH_ALLOW: '127.0.0.0/8',
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ready = await Promise.race([
      readyLine(child.stdout),
      once(child, 'exit').then(() => {
        throw new Error('axbridge ended before it was ready');
      }),
    ]);
    return new BenchApplication(child, ready, dataDir, token);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'exit');
    if (this.#child.kill('SIGTERM')) await gone;
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}

async function readyLine(stdout: Readable): Promise<Ready> {
  const { promise, resolve } = Promise.withResolvers<Ready>();
  const lines = createInterface({ input: stdout });
  lines.on('line', (line) => {
    if (!line.includes('"axbridge is ready"')) return;
    lines.removeAllListeners('line');
    resolve(JSON.parse(line));
  });
  return promise;
}
