import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCallsOfDeadLives } from '../../src/store/nodes.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { WebhookSink } from '../kit/WebhookSink.ts';
import { eventsOf, recordsOf } from './heard.ts';
import { makeApp, ScriptedCall, silent, startNode, TEST_SEAL_KEY } from './pushUnderTest.ts';

const ROUNDS = 5;
const LIMIT_MS = 180_000;
/** How long the customer may wait on a machine that is busy with other things. */
const PATIENCE_MS = 60_000;
const WHOLE_CALL = ['callin', 'callout', 'alerting', 'answer', 'disconnect'];

let database: TestDatabase;
let customer: WebhookSink;
let child: ChildProcess | undefined;

beforeAll(async () => {
  database = await createTestDatabase();
  customer = await WebhookSink.start();
});
afterAll(async () => {
  child?.kill('SIGKILL');
  await customer.close();
  await database.close();
});

function startMortalNode(appKey: string): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, 'mortalNode.ts')], {
    env: { DATABASE: database.url, SEAL_KEY: TEST_SEAL_KEY.toString('base64'), APP_KEY: appKey },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

describe('a node that is killed in the middle of its calls', () => {
  it(
    `leaves every call with one disconnect and one record, in order, over ${ROUNDS} rounds`,
    async () => {
      const { appKey } = await makeApp(
        { sql: database.sql, sealer: new Sealer(TEST_SEAL_KEY) },
        { statusUrl: `${customer.url}/status`, feeUrl: `${customer.url}/fee` },
      );
      // Now and then the customer fails, so that the kill also meets messages that are being tried again.
      let turn = 0;
      customer.rule = () => (++turn % 7 === 0 ? 500 : 200);
      const opened = new Set<string>();

      for (let round = 1; round <= ROUNDS; round += 1) {
        child = startMortalNode(appKey);
        if (child.stdout === null) throw new Error('the child has no standard output');
        createInterface(child.stdout).on('line', (sessionId) => opened.add(sessionId));
        const enough = customer.requests.length + 100 * round;
        await customer.waitFor(({ requests }) => requests.length >= enough, PATIENCE_MS);
        child.kill('SIGKILL');
        await once(child, 'close');
      }

      const survivor = await startNode({
        url: database.url,
        nodeId: 'mortal',
        retrySeconds: Array(100).fill(0.05),
      });
      const left = await openCallsOfDeadLives({ ...survivor, deadSeconds: 15, logger: silent });
      expect(left.length).toBeGreaterThan(0);
      await Promise.all(left.map((call) => ScriptedCall.found(survivor.journal, call).close()));

      for (const sessionId of left.map((call) => call.sessionId)) opened.add(sessionId);
      await customer.waitFor(({ accepted }) => new Set(recordsOf(accepted)).size >= opened.size, PATIENCE_MS);
      await expect
        .poll(() => database.sql`SELECT 1 FROM outbox`.then((rows) => rows.length), { timeout: PATIENCE_MS })
        .toBe(0);
      await survivor.stop();

      const { accepted } = customer;
      expect(recordsOf(accepted)).toHaveLength(opened.size);
      expect(new Set(recordsOf(accepted))).toEqual(opened);
      const closedByRecovery = new Set(left.map((call) => call.sessionId));
      for (const sessionId of opened) {
        const events = eventsOf(accepted, sessionId);
        if (closedByRecovery.has(sessionId)) {
          expect(events).toEqual([...WHOLE_CALL.slice(0, events.length - 1), 'disconnect']);
        } else {
          expect(events).toEqual(WHOLE_CALL);
        }
      }
      const bodies = new Map<string, string>();
      for (const { id, body } of customer.requests) {
        expect(bodies.get(id) ?? body).toBe(body);
        bodies.set(id, body);
      }
      expect(await database.sql`SELECT 1 FROM calls WHERE closed_at IS NULL`).toHaveLength(0);
    },
    LIMIT_MS,
  );
});
