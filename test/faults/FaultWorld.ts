import { randomBytes } from 'node:crypto';
import { Application } from '../kit/Application.ts';
import { EmbeddedServers } from '../kit/EmbeddedServers.ts';
import { eventually } from '../kit/eventually.ts';
import { Phone } from '../kit/Phone.ts';
import { areRealServersNamed, RealServers } from '../kit/RealServers.ts';
import { NumberPlan, type Pair, Tenant } from '../kit/Tenant.ts';
import { Traffic } from '../kit/Traffic.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';
import { WebhookSink } from '../kit/WebhookSink.ts';
import { Fault } from './Fault.ts';

export interface FaultWorldOptions {
  /** PostgreSQL to use; absent: a database of the tests' server. */
  readonly database?: string;
  readonly mediaServers?: number;
  readonly nodes?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Terms of every binding. */
  readonly terms?: Readonly<Record<string, unknown>>;
}

/** Real servers on a busy machine take their time to start. */
export const START_PATIENCE_MS = 180_000;
const PAIRS = 20;
const EVERY_MS = 200;
const TALK_MS = 2000;

/**
 * axbridge with servers that a test can break: calls flow through it, five a second, some ten at a time. The servers are
 * the embedded ones, or drachtio-server and FreeSWITCH where AXBRIDGE_TEST_DRACHTIO and AXBRIDGE_TEST_FREESWITCH name their
 * programs; either come back by themselves when they are killed.
 */
export class FaultWorld {
  readonly servers: EmbeddedServers | RealServers;
  readonly nodes: readonly Application[];
  readonly sink: WebhookSink;
  readonly tenant: Tenant;
  readonly pairs: readonly Pair[];
  readonly #anna: Phone;
  readonly #ben: Phone;
  #stream: Traffic | undefined;

  private constructor(
    parts: Pick<FaultWorld, 'servers' | 'nodes' | 'sink' | 'tenant' | 'pairs'>,
    anna: Phone,
    ben: Phone,
  ) {
    this.servers = parts.servers;
    this.nodes = parts.nodes;
    this.sink = parts.sink;
    this.tenant = parts.tenant;
    this.pairs = parts.pairs;
    this.#anna = anna;
    this.#ben = ben;
  }

  static async start(options: FaultWorldOptions = {}): Promise<FaultWorld> {
    const { mediaServers = 1, nodes: nodeCount = 1, terms } = options;
    const [servers, sink, anna, ben] = await Promise.all([
      areRealServersNamed ? RealServers.start(mediaServers) : EmbeddedServers.start({}, mediaServers),
      WebhookSink.start(),
      Phone.start({ name: 'Anna', sound: false }),
      Phone.start({ name: 'Ben', sound: false }),
    ]);
    const { sip } = servers;
    anna.dialVia(sip);
    const environment = { ...servers.settings, ...inAHurry(), ...options.env };
    const database = options.database ?? (await emptyDatabase());
    const nodes: Application[] = [];
    for (let nth = 1; nth <= nodeCount; nth++) {
      const env = { ...environment, AXBRIDGE_NODE_ID: `node-${nth}` };
      const node = await Application.start({ database, sip, env });
      nodes.push(node);
      if (nth > 1) continue;
      const { host, port } = ben;
      const trunk = { name: 'carrier-a', host, port, transport: 'udp', sources: ['127.0.0.0/8'] };
      // A further node finds the trunk when it starts, and so takes its first call.
      await node.admin.addTrunk(trunk);
    }
    const [first] = nodes;
    if (first === undefined) throw new Error('nodes: expected at least one');
    const fields = { statusUrl: `${sink.url}/status`, feeUrl: `${sink.url}/fee`, recording: true };
    const tenant = await Tenant.create(first.admin, first.http, new NumberPlan(), fields);
    const pairs: Pair[] = [];
    for (let count = 0; count < PAIRS; count++) pairs.push(await tenant.bind(terms));
    return new FaultWorld({ servers, nodes, sink, tenant, pairs }, anna, ben);
  }

  /** The first node. */
  get application(): Application {
    const [first] = this.nodes;
    if (first === undefined) throw new Error('no node');
    return first;
  }

  /** Calls begin to come. Resolves when as many are in progress as there will be. */
  async calls(): Promise<Traffic> {
    const { pairs } = this;
    // One that a failed test has left, where several tests share this world.
    await this.#stream?.end();
    const stream = new Traffic({
      ...{ anna: this.#anna, ben: this.#ben, pairs },
      ...{ everyMs: EVERY_MS, talkMs: TALK_MS },
    });
    this.#stream = stream;
    await eventually('calls flow', () => stream.talking.length >= TALK_MS / EVERY_MS - 2, 60_000);
    return stream;
  }

  /** The fault is done at this moment; `options` tell which calls it may take. */
  fault(
    what: string,
    stream: Traffic,
    options: Pick<ConstructorParameters<typeof Fault>[0], 'takes' | 'closes'> = {},
  ): Fault {
    return new Fault({ what, stream, sink: this.sink, ...options });
  }

  async close(): Promise<void> {
    await this.#stream?.end();
    await Promise.all(this.nodes.map((node) => node.stop()));
    await Promise.all([this.#anna.close(), this.#ben.close(), this.sink.close()]);
    await this.servers.stop();
  }
}

/** Settings that only make a test wait less. */
function inAHurry(): Readonly<Record<string, string>> {
  return {
    AXBRIDGE_SEAL_KEY: randomBytes(32).toString('base64'),
    AXBRIDGE_RECORD_MERGE_MS: '50',
    AXBRIDGE_DRAIN_SECONDS: '5',
    AXBRIDGE_NODE_DEAD_SECONDS: '2',
    AXBRIDGE_PUSH_RETRY_SECONDS: '1,1,1,2,4,8,16',
  };
}

async function emptyDatabase(): Promise<string> {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  return database.url;
}
