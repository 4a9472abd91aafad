import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { closingMessages } from '../../src/calls/CallLog.ts';
import { Journal } from '../../src/store/journal.ts';
import { closedCallSweeper } from '../../src/store/retention.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { ScriptedCall, silent, TEST_SEAL_KEY } from '../push/pushUnderTest.ts';

const DAY_MS = 86_400_000;

let database: TestDatabase;
let journal: Journal;

beforeAll(async () => {
  database = await createTestDatabase({ max: 2 });
  journal = new Journal({
    sql: database.sql,
    sealer: new Sealer(TEST_SEAL_KEY),
    apps: { get: () => undefined },
    nodeId: 'one',
    life: randomUUID(),
    logger: silent,
  });
});
afterAll(async () => {
  await journal.stop();
  await database.close();
});

it('calls that are over go when their days are, those that are open stay', async () => {
  const { sql } = database;
  const [closed, open] = [new ScriptedCall(journal, 'app'), new ScriptedCall(journal, 'app')];
  await Promise.all([closed.open(), open.open()]);
  closed.snapshot.endedAt = closed.snapshot.callInAt;
  await journal.close(
    closed.snapshot,
    closingMessages(closed.snapshot, { spId: 'sp1', hostName: 'ax.test' }),
  );
  const began = Math.max(closed.snapshot.callInAt, open.snapshot.callInAt);
  const sessions = async () =>
    (await sql`SELECT session_id FROM calls ORDER BY 1`).map((row) => row.session_id);
  const sweepAt = async (now: number) => {
    const sweeper = closedCallSweeper({ sql, keptDays: 7, clock: () => now, logger: silent });
    sweeper?.start();
    await sweeper?.stop();
  };

  await sweepAt(began + 6 * DAY_MS);
  expect(await sessions()).toHaveLength(2);
  await sweepAt(began + 7 * DAY_MS + 1);
  expect(await sessions()).toEqual([open.sessionId]);
  expect(closedCallSweeper({ sql, keptDays: 0, clock: Date.now, logger: silent })).toBeUndefined();
});
