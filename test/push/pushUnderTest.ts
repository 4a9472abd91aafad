import { randomBytes, randomUUID } from 'node:crypto';
import { DeliveryHistory } from '../../src/push/DeliveryHistory.ts';
import { Pusher, type PusherOptions } from '../../src/push/Pusher.ts';
import { AppDirectory } from '../../src/store/AppDirectory.ts';
import { insertApp, type NewApp } from '../../src/store/apps.ts';
import type { CallSnapshot } from '../../src/store/CallSnapshot.ts';
import { Changes } from '../../src/store/changes.ts';
import { closeDatabase, connectDatabase, type Sql } from '../../src/store/database.ts';
import { Journal } from '../../src/store/journal.ts';
import type { Message } from '../../src/store/Message.ts';
import { NodeLife } from '../../src/store/nodes.ts';
import { Sealer } from '../../src/store/sealing.ts';
import type { Logger } from '../../src/telemetry/logger.ts';

export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export interface NodeUnderTest {
  readonly sql: Sql;
  readonly sealer: Sealer;
  readonly changes: Changes;
  readonly apps: AppDirectory;
  readonly journal: Journal;
  readonly pusher: Pusher;
  readonly nodeId: string;
  readonly life: string;
  stop(): Promise<void>;
}

export interface NodeSettings extends Partial<PusherOptions> {
  readonly url: string;
  readonly sealKey?: Buffer;
  /** False: the node writes its row once and never again, as if it hung, and leaves it behind. */
  readonly heartbeat?: boolean;
}

/** A node as main.ts puts it together, as far as journal and notifications go; its targets may be on loopback. */
export async function startNode(settings: NodeSettings): Promise<NodeUnderTest> {
  const { url, sealKey = TEST_SEAL_KEY, deadSeconds = 15, nodeId = randomUUID(), logger = silent } = settings;
  const sql = connectDatabase({ url, max: 4 });
  const sealer = new Sealer(sealKey);
  const changes = new Changes({ url, log: logger });
  await changes.start();
  const apps = new AppDirectory({ sql, sealer, changes });
  const life = randomUUID();
  const node = new NodeLife({ sql, nodeId, life, deadSeconds, logger });
  if (settings.heartbeat === false) await sql`INSERT INTO nodes (node_id, life) VALUES (${nodeId}, ${life})`;
  else await node.start();
  const journal = new Journal({ sql, sealer, apps, nodeId, life, logger });
  const history = new DeliveryHistory({ sql, keptDays: 7, clock: Date.now, logger, gatherMs: 20 });
  const pusher = new Pusher({
    allow: ['127.0.0.0/8'],
    timeoutSeconds: 2,
    retrySeconds: [0.05, 0.1, 0.2, 0.4, 0.8, 1.6],
    mergeMs: 50,
    mostFailures: 10,
    probeSeconds: [0.05, 0.1],
    history,
    ...settings,
    ...{ sql, sealer, apps, journal, nodeId, life, deadSeconds, logger },
  });
  await pusher.start();
  return {
    ...{ sql, sealer, changes, apps, journal, pusher, nodeId, life },
    stop: async () => {
      await journal.flush();
      await journal.stop();
      await pusher.stop();
      await history.stop();
      if (settings.heartbeat !== false) await node.stop();
      await changes.stop();
      await closeDatabase(sql);
    },
  };
}

export const TEST_SEAL_KEY = randomBytes(32);

/** Makes an application and tells the node's caches. */
export async function makeApp(
  { sql, sealer }: Pick<NodeUnderTest, 'sql' | 'sealer'>,
  app: Partial<NewApp>,
): Promise<{ appKey: string; appSecret: string }> {
  const made = await insertApp(sql, sealer, { name: 'under test', mode: 'AXB', ...app });
  return { appKey: made.app.appKey, appSecret: made.appSecret };
}

/** A call that tells its life to the journal step by step. */
export class ScriptedCall {
  readonly snapshot: CallSnapshot;
  readonly #journal: Journal;

  constructor(journal: Journal, appKey: string, snapshot?: CallSnapshot) {
    this.#journal = journal;
    this.snapshot = snapshot ?? {
      sessionId: randomUUID(),
      appKey,
      mode: 'AXB',
      x: '+8617000005001',
      areaCode: '0571',
      caller: '+8613900001001',
      callInAt: Date.now(),
      nextSeq: 0,
      because: [],
    };
  }

  /** A call that another life left open. */
  static found(journal: Journal, snapshot: CallSnapshot): ScriptedCall {
    return new ScriptedCall(journal, snapshot.appKey, snapshot);
  }

  get sessionId(): string {
    return this.snapshot.sessionId;
  }

  open(): Promise<void> {
    return this.#journal.open(this.snapshot, this.event('callin'));
  }

  progress(eventType: string): Promise<void> {
    return this.#journal.progress(this.snapshot, this.event(eventType));
  }

  close(): Promise<void> {
    this.snapshot.endedAt = Date.now();
    this.snapshot.stateCode = 0;
    return this.#journal.close(this.snapshot, [this.event('disconnect'), this.record()]);
  }

  /** callin, callout, alerting, answer, disconnect and the record, each as soon as the one before is durable. */
  async run(): Promise<void> {
    await this.open();
    for (const eventType of ['callout', 'alerting', 'answer']) await this.progress(eventType);
    await this.close();
  }

  event(eventType: string): Message {
    const { sessionId, appKey } = this.snapshot;
    const seq = this.snapshot.nextSeq++;
    const statusInfo = { sessionId, timestamp: '2026-01-05 04:00:01', caller: '+8613900001001', seq };
    return {
      id: `${sessionId}-${seq}`,
      appKey,
      kind: 'event',
      sessionId,
      seq,
      body: { eventType, statusInfo },
    };
  }

  record(): Message {
    const { sessionId, appKey } = this.snapshot;
    const body = {
      direction: 1,
      sessionId,
      appKey,
      callerNum: '+8613900001001',
      fwdDstNum: '+8613900001002',
    };
    return { id: `${sessionId}-record`, appKey, kind: 'record', sessionId, seq: this.snapshot.nextSeq, body };
  }
}
