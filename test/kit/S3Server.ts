import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand, DeleteBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { eventually } from './eventually.ts';

const BIN = '/usr/bin';
const STORES = ['account', 'container', 'object'] as const;
type Part = (typeof STORES)[number] | 'proxy';
/** Swift reads it there, wherever its other settings lie; Debian's package brings it. */
const HASH_SETTINGS = '/etc/swift/swift.conf';
const START_PATIENCE_MS = 60_000;
/** Linux gives out ports from 32768 on. */
const LOWEST_PORT = 12_000;
const HIGHEST_PORT = 32_000;

const run = promisify(execFile);

/**
 * Why no S3 server can be started here; undefined when one can.
 * @throws in CI, where a test may not do without
 */
export function whyNoS3Server(): string | undefined {
  try {
    for (const part of [...STORES, 'proxy']) accessSync(`${BIN}/swift-${part}-server`, constants.X_OK);
    accessSync(HASH_SETTINGS, constants.R_OK);
    return undefined;
  } catch (error) {
    if (process.env.CI) throw error;
    return 'needs Debian’s swift-proxy, swift-account, swift-container and swift-object';
  }
}

/**
 * A real S3 server: OpenStack Swift, which providers sell as S3, from Debian. Its four processes on loopback, with all they keep
 * in a folder that goes with them.
 */
export class S3Server {
  readonly accessKey = 'axbridge:recordings';
  readonly secretKey = randomBytes(12).toString('hex');
  readonly #folder: string;
  readonly #ports: Readonly<Record<Part, number>>;
  readonly #stores: ChildProcess[] = [];
  #proxy: ChildProcess | undefined;
  /** What its processes have complained of. */
  #said = '';

  static async start(): Promise<S3Server> {
    const folder = await mkdtemp(join(tmpdir(), 'axbridge-s3-'));
    const [account = 0, container = 0, object = 0, proxy = 0] = await freePorts(4);
    const server = new S3Server(folder, { account, container, object, proxy });
    try {
      await server.#configure();
      for (const part of STORES) server.#stores.push(server.#spawn(part));
      for (const part of STORES) await server.#listens(part);
      await server.comeBack();
    } catch (error) {
      await server.stop();
      throw new Error(`the S3 server does not start: ${server.#said}`, { cause: error });
    }
    return server;
  }

  private constructor(folder: string, ports: Readonly<Record<Part, number>>) {
    this.#folder = folder;
    this.#ports = ports;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#ports.proxy}`;
  }

  /** Settings with which axbridge keeps its recordings in this bucket. */
  settings(bucket: string): Record<string, string> {
    return {
      AXBRIDGE_RECORDINGS: 's3',
      AXBRIDGE_S3_BUCKET: bucket,
      AXBRIDGE_S3_ENDPOINT: this.endpoint,
      AXBRIDGE_S3_ACCESS_KEY: this.accessKey,
      AXBRIDGE_S3_SECRET_KEY: this.secretKey,
      AXBRIDGE_S3_PATH_STYLE: 'on',
    };
  }

  async createBucket(bucket: string): Promise<void> {
    await this.#asked((client) => client.send(new CreateBucketCommand({ Bucket: bucket })));
  }

  async deleteBucket(bucket: string): Promise<void> {
    await this.#asked((client) => client.send(new DeleteBucketCommand({ Bucket: bucket })));
  }

  /** Names and lengths of all objects. */
  async objects(bucket: string): Promise<{ key: string; bytes: number }[]> {
    const { Contents = [] } = await this.#asked((client) =>
      client.send(new ListObjectsV2Command({ Bucket: bucket })),
    );
    return Contents.map(({ Key = '', Size = 0 }) => ({ key: Key, bytes: Size }));
  }

  /** Nobody answers at the endpoint any more; what is stored stays. */
  async goAway(): Promise<void> {
    const proxy = this.#proxy;
    this.#proxy = undefined;
    if (proxy) await end(proxy);
  }

  async comeBack(): Promise<void> {
    this.#proxy = this.#spawn('proxy');
    await eventually(
      'the S3 server to answer',
      () =>
        this.createBucket('ready').then(
          () => true,
          (error: unknown) => error instanceof Error && error.name === 'BucketAlreadyOwnedByYou',
        ),
      START_PATIENCE_MS,
    );
  }

  async stop(): Promise<void> {
    await Promise.all([this.goAway(), ...this.#stores.map(end)]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #asked<T>(ask: (client: S3Client) => Promise<T>): Promise<T> {
    const client = new S3Client({
      region: 'us-east-1',
      endpoint: this.endpoint,
      credentials: { accessKeyId: this.accessKey, secretAccessKey: this.secretKey },
      forcePathStyle: true,
      maxAttempts: 1,
    });
    try {
      return await ask(client);
    } finally {
      client.destroy();
    }
  }

  /** The proxy takes a store that it finds missing for broken, and for a while asks it no more. */
  async #listens(part: Part): Promise<void> {
    await eventually(
      `Swift's ${part} server`,
      async () => {
        const socket = connect(this.#ports[part], '127.0.0.1');
        const connected = await once(socket, 'connect').then(
          () => true,
          () => false,
        );
        socket.destroy();
        return connected;
      },
      START_PATIENCE_MS,
    );
  }

  #spawn(part: Part): ChildProcess {
    const child = spawn(`${BIN}/swift-${part}-server`, [join(this.#folder, `${part}.conf`)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // Should this process end in any way, its child does not stay behind.
    const reap = (): void => void child.kill('SIGKILL');
    process.once('exit', reap);
    child.once('exit', () => process.off('exit', reap));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = `${this.#said}${part}: ${text}`.slice(-2000);
    });
    return child;
  }

  async #configure(): Promise<void> {
    const folder = this.#folder;
    await mkdir(join(folder, 'devices', 'disk'), { recursive: true });
    const common = (part: Part) => `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${this.#ports[part]}
workers = 0
user = ${userInfo().username}
swift_dir = ${folder}
devices = ${folder}/devices
mount_check = false
log_level = ERROR
`;
    const files = STORES.map((part) => [
      `${part}.conf`,
      `${common(part)}[pipeline:main]
pipeline = ${part}-server
[app:${part}-server]
use = egg:swift#${part}
`,
    ]);
    await Promise.all([
      ...files.map(([name = '', text = '']) => writeFile(join(folder, name), text)),
      writeFile(join(folder, 'proxy.conf'), `${common('proxy')}${this.#proxyPipeline()}`),
      ...STORES.map((part) => this.#buildRing(part)),
    ]);
  }

  #proxyPipeline(): string {
    const [account, user] = this.accessKey.split(':');
    const filters = ['catch_errors', 'gatekeeper', 'cache', 'listing_formats', 'bulk', 's3api', 'tempauth'];
    const inner = ['copy', 'slo', 'dlo', 'versioned_writes'];
    const eggs = [...filters, ...inner].map(
      (name) => `[filter:${name}]\nuse = egg:swift#${name === 'cache' ? 'memcache' : name}\n`,
    );
    const keys = `user_${account}_${user} = ${this.secretKey} .admin\n`;
    return `[pipeline:main]
pipeline = ${[...filters, ...inner].join(' ')} proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
error_suppression_interval = 0
${eggs.map((egg) => (egg.includes('tempauth') ? egg + keys : egg)).join('')}`;
  }

  /** One copy of everything, on the one disk. */
  async #buildRing(part: (typeof STORES)[number]): Promise<void> {
    const builder = join(this.#folder, `${part}.builder`);
    const tool = (...commands: string[]) => run(`${BIN}/swift-ring-builder`, [builder, ...commands]);
    await tool('create', '4', '1', '0');
    await tool('add', `r1z1-127.0.0.1:${this.#ports[part]}/disk`, '1');
    await tool('rebalance');
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/**
 * Ports that nobody listens on. Swift takes seconds to open them, in which everybody else asks the system for any free port:
 * these are none that it gives out.
 */
async function freePorts(count: number): Promise<number[]> {
  const free: number[] = [];
  while (free.length < count) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (!free.includes(port) && (await isFree(port))) free.push(port);
  }
  return free;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = once(server.listen(port, '127.0.0.1'), 'listening');
  try {
    await listening;
    await new Promise((closed) => server.close(closed));
    return true;
  } catch {
    return false;
  }
}
