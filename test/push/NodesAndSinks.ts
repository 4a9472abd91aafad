import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { WebhookSink } from '../kit/WebhookSink.ts';
import { type NodeSettings, type NodeUnderTest, startNode } from './pushUnderTest.ts';

/** Nodes and customers' servers for the tests of one file, on a database of their own. */
export class NodesAndSinks {
  readonly url: string;
  readonly sql: TestDatabase['sql'];
  readonly #database: TestDatabase;
  readonly #stops: (() => Promise<void>)[] = [];

  private constructor(database: TestDatabase) {
    this.#database = database;
    this.url = database.url;
    this.sql = database.sql;
  }

  static async start(): Promise<NodesAndSinks> {
    return new NodesAndSinks(await createTestDatabase());
  }

  async node(settings: Partial<NodeSettings> = {}): Promise<NodeUnderTest> {
    const started = await startNode({ url: this.url, ...settings });
    this.#stops.push(started.stop);
    return started;
  }

  async sink(): Promise<WebhookSink> {
    const started = await WebhookSink.start();
    this.#stops.push(() => started.close());
    return started;
  }

  /** How many messages are neither delivered nor given up. */
  async pending(): Promise<number> {
    return (await this.sql`SELECT 1 FROM outbox WHERE given_up_at IS NULL`).length;
  }

  /** Ends what a test has started, and removes what it has left in the database. */
  async endTest(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
    await this.sql`TRUNCATE outbox, calls, nodes, deliveries`;
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

/** The addresses of an application whose customer has one server for everything. */
export const urlsOf = ({ url }: WebhookSink) => ({ statusUrl: `${url}/status`, feeUrl: `${url}/fee` });
