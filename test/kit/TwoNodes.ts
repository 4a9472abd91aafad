import { randomBytes } from 'node:crypto';
import { Application } from './Application.ts';
import { type ToldCall, toldOf } from './customer.ts';
import { EmbeddedServers } from './EmbeddedServers.ts';
import { PartnerClient } from './PartnerClient.ts';
import { Phone } from './Phone.ts';
import { NumberPlan, Tenant, type TenantMode } from './Tenant.ts';
import { createTestDatabase, type TestDatabase } from './testDatabase.ts';
import { WebhookSink } from './WebhookSink.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Settings that only make a test wait less. */
const IN_A_HURRY = { AXBRIDGE_RECORD_MERGE_MS: '50', AXBRIDGE_DRAIN_SECONDS: '2' };

/**
 * Two application processes that share a SIP server, a media server and a database: calls go to them in turn. The
 * servers are the embedded ones, or those that AXBRIDGE_DRACHTIO and AXBRIDGE_FREESWITCH name.
 */
export class TwoNodes {
  readonly one: Application;
  readonly two: Application;
  readonly sink: WebhookSink;
  /** Who calls. */
  readonly anna: Phone;
  /** Who is called. */
  readonly ben: Phone;
  readonly numbers = new NumberPlan();
  readonly #servers: EmbeddedServers | undefined;
  readonly #database: TestDatabase;

  private constructor(
    parts: Pick<TwoNodes, 'one' | 'two' | 'sink' | 'anna' | 'ben'>,
    servers: EmbeddedServers | undefined,
    database: TestDatabase,
  ) {
    this.one = parts.one;
    this.two = parts.two;
    this.sink = parts.sink;
    this.anna = parts.anna;
    this.ben = parts.ben;
    this.#servers = servers;
    this.#database = database;
  }

  static async start(): Promise<TwoNodes> {
    const servers = process.env.AXBRIDGE_DRACHTIO === undefined ? await EmbeddedServers.start() : undefined;
    const database = await createTestDatabase({ max: 1 });
    const sealKey = randomBytes(32).toString('base64');
    const node = (name: string) =>
      Application.start({
        database: database.url,
        ...(servers && { sip: servers.sip }),
        env: {
          ...IN_A_HURRY,
          AXBRIDGE_NODE_ID: name,
          AXBRIDGE_SEAL_KEY: sealKey,
          ...servers?.settings,
        },
      });
    const [one, sink, anna, ben] = await Promise.all([
      node('one'),
      WebhookSink.start(),
      Phone.start({ name: 'Anna' }),
      Phone.start({ name: 'Ben', sound: false }),
    ]);
    anna.dialVia(one.sip);
    // The second node finds the trunk when it starts, and so takes its first call.
    await one.admin.addTrunk({
      name: 'carrier-a',
      host: ben.host,
      port: ben.port,
      transport: 'udp',
      sources: ['127.0.0.0/8'],
    });
    const two = await node('two');
    return new TwoNodes({ one, two, sink, anna, ben }, servers, database);
  }

  tenant(mode: TenantMode, fields: Fields = {}): Promise<Tenant> {
    const { url } = this.sink;
    const app = { statusUrl: `${url}/status`, feeUrl: `${url}/fee`, mode, ...fields };
    return Tenant.create(this.one.admin, this.one.http, this.numbers, app);
  }

  /** The tenant's own client, at one of the nodes. */
  at(node: Application, { appKey, appSecret }: Tenant): PartnerClient {
    return new PartnerClient(node.http, appKey, appSecret);
  }

  /** What the customer was told of calls on this X, once that is complete. */
  told(x: string, count: number): Promise<readonly ToldCall[]> {
    return toldOf(this.sink, x, { count });
  }

  /** Which node had each call on this X, in the order in which they came in. */
  async carriersOf(x: string, count: number): Promise<string[]> {
    await this.told(x, count);
    const rows = await this.#database.sql<{ node_id: string }[]>`
      SELECT node_id FROM calls WHERE x = ${x} ORDER BY opened_at`;
    return rows.map(({ node_id }) => node_id);
  }

  async close(): Promise<void> {
    await Promise.all([this.one.stop(), this.two.stop()]);
    await Promise.all([this.anna.close(), this.ben.close(), this.sink.close(), this.#database.close()]);
    await this.#servers?.stop();
  }
}
