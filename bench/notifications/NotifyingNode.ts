import { randomUUID } from 'node:crypto';
import { DeliveryHistory } from '../../src/push/DeliveryHistory.ts';
import { Pusher } from '../../src/push/Pusher.ts';
import { AppDirectory } from '../../src/store/AppDirectory.ts';
import { insertApp } from '../../src/store/apps.ts';
import type { CallSnapshot } from '../../src/store/CallSnapshot.ts';
import { Journal } from '../../src/store/journal.ts';
import type { Message } from '../../src/store/Message.ts';
import { NodeLife } from '../../src/store/nodes.ts';
import { type BenchDatabase, quiet } from '../BenchDatabase.ts';

const DEAD_SECONDS = 15;
const STEPS = ['callout', 'alerting', 'answer'];

/** The body of an event, as large as real ones are. */
export function eventBody(eventType: string, sessionId: string) {
  const statusInfo = {
    timestamp: '2026-01-05 04:00:01',
    sessionId,
    caller: '+8613900001001',
    called: '+8613900001002',
    subscriptionId: 'f3cf1c52-6f5c-4d1b-9d4a-6d1f5e3c2b1a',
    // When it happened, for a server that wants to know how long it took.
    userData: String(Date.now()),
  };
  return { eventType, statusInfo };
}

/** Journal and notifications as main.ts puts them together; the calls are made up. */
export class NotifyingNode implements AsyncDisposable {
  readonly journal: Journal;
  readonly pusher: Pusher;
  readonly #history: DeliveryHistory;
  readonly #life: NodeLife;
  readonly #appKeys: readonly string[];

  private constructor(database: BenchDatabase, appKeys: readonly string[]) {
    const { sql, sealer, changes } = database;
    const node = { nodeId: 'bench', life: randomUUID(), deadSeconds: DEAD_SECONDS };
    const apps = new AppDirectory({ sql, sealer, changes });
    this.#appKeys = appKeys;
    this.#life = new NodeLife({ sql, ...node, logger: quiet });
    this.journal = new Journal({ sql, sealer, apps, ...node, logger: quiet });
    this.#history = new DeliveryHistory({ sql, keptDays: 7, clock: Date.now, logger: quiet });
    this.pusher = new Pusher({
      ...{ sql, sealer, apps, journal: this.journal, ...node, logger: quiet },
      allow: ['127.0.0.0/8'],
      timeoutSeconds: 10,
      retrySeconds: [60],
      mostFailures: 10,
      probeSeconds: [1, 2, 5, 10, 30, 60],
      history: this.#history,
      mergeMs: 500,
    });
  }

  /** @param urls the customers' servers, each of an application; events go to /status, records to /fee */
  static async start(database: BenchDatabase, ...urls: readonly string[]): Promise<NotifyingNode> {
    const appKeys: string[] = [];
    for (const url of urls) {
      const { app } = await insertApp(database.sql, database.sealer, {
        ...{ name: 'bench', mode: 'AXB', statusUrl: `${url}/status`, feeUrl: `${url}/fee` },
      });
      appKeys.push(app.appKey);
    }
    const node = new NotifyingNode(database, appKeys);
    await node.#life.start();
    await node.pusher.start();
    return node;
  }

  /**
   * A whole call: five events, each as soon as the one before is durable, and a record.
   * @param app which of the applications, from 0
   */
  async call(app = 0): Promise<void> {
    const snapshot: CallSnapshot = {
      ...{
        sessionId: randomUUID(),
        appKey: this.#appKeys[app] ?? '',
        mode: 'AXB',
        x: '+8617000005001',
        areaCode: '0571',
      },
      ...{ caller: '+8613900001001', callInAt: Date.now(), nextSeq: 0, because: ['A of a binding on X'] },
    };
    await this.journal.open(snapshot, this.#message(snapshot, 'callin'));
    for (const step of STEPS) await this.journal.progress(snapshot, this.#message(snapshot, step));
    snapshot.endedAt = Date.now();
    await this.journal.close(snapshot, [
      this.#message(snapshot, 'disconnect'),
      this.#message(snapshot, 'fee'),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.journal.flush();
    await this.journal.stop();
    await this.pusher.stop();
    await this.#history.stop();
    await this.#life.stop();
  }

  #message(snapshot: CallSnapshot, eventType: string): Message {
    const { sessionId, appKey } = snapshot;
    const seq = snapshot.nextSeq++;
    const body = eventBody(eventType, sessionId);
    const kind = eventType === 'fee' ? 'record' : 'event';
    return {
      id: `${sessionId}-${seq}`,
      appKey,
      kind,
      sessionId,
      seq,
      body: kind === 'event' ? body : body.statusInfo,
    };
  }
}
