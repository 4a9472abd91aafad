import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDatabase, connectDatabase, type Sql } from '../../src/store/database.ts';
import { listDeadLetters, reviveDeadLetters } from '../../src/store/deadLetters.ts';
import { deliveriesOf } from '../../src/store/messageHistory.ts';
import {
  composeMessages,
  dueInOrder,
  dueRecords,
  nextDueMs,
  type OutboxContext,
  type OutboxKey,
} from '../../src/store/outbox.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { deleteDelivered, putOffFailed, type Settlement } from '../../src/store/settlements.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';

const APP = 'app';
const EVENTS = 5;
const CALLS = 6_000;
const AT_ONCE = 100;
const EVENT_LANE = { appKey: APP, kind: 'event' } as const;
const RECORD_LANE = { appKey: APP, kind: 'record' } as const;

let database: TestDatabase;
let sql: Sql;
let context: OutboxContext;
const sealer = new Sealer(randomBytes(32));

/** A backlog in tables that autovacuum leaves alone, so that the planner knows nothing of them, as in an outage. */
beforeAll(async () => {
  database = await createTestDatabase();
  sql = connectDatabase({ url: database.url, max: 1 });
  context = { sql, sealer, nodeId: 'node', life: randomUUID() };
  for (const name of ['outbox', 'deliveries'])
    await sql`ALTER TABLE ${sql(name)} SET (autovacuum_enabled = off)`;
  await sql`INSERT INTO apps (app_key, name, mode, secret_sealed) VALUES (${APP}, ${APP}, 'AXB', '')`;
  await insertBacklog();
  await sql`
    INSERT INTO deliveries (app_key, session_id, ended_at, attempts)
    SELECT ${APP}, ${'call-'} || call, now(), '[]' FROM generate_series(1, ${CALLS}::int) call`;
});

async function insertBacklog(): Promise<void> {
  await sql`
    INSERT INTO outbox (app_key, session_id, kind, seq, id, body_sealed, owner, next_attempt_at)
    SELECT ${APP}, ${'call-'} || call, CASE WHEN seq = ${EVENTS} THEN 'record' ELSE 'event' END, seq,
           'message-' || call || '-' || seq, ${sealer.seal('{"eventType":"callin"}')}::bytea, ${context.life},
           now() - make_interval(secs => ${CALLS}::int - call)
    FROM generate_series(1, ${CALLS}::int) call, generate_series(0, ${EVENTS}::int) seq
    ON CONFLICT DO NOTHING`;
}

afterAll(async () => {
  await closeDatabase(sql);
  await database.close();
});

const rows = (kind: 'event' | 'record'): OutboxKey[] =>
  Array.from({ length: AT_ONCE }, (_, call) => ({
    appKey: APP,
    sessionId: `call-${call + 1}`,
    kind,
    seq: kind === 'event' ? 0 : EVENTS,
  }));

const settled = (outcome: Settlement['outcome']): Settlement[] =>
  rows('event').map((row) => ({ rows: [row], outcome, attempts: 1, retrySeconds: 60, error: 'status 500' }));

const held = Array.from({ length: 500 }, (_, call) => `call-${call + 1}`);

/** Scans of whole tables, and index entries read, since the connection began; applications apart: they are few. */
async function read(): Promise<{ scans: number; entries: number }> {
  await sql`SELECT pg_stat_force_next_flush()`;
  const [row] = await sql<{ scans: number; entries: number }[]>`
    SELECT (SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE relname <> 'apps')::int AS scans,
           (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname <> 'apps')::int AS entries`;
  return row ?? { scans: 0, entries: 0 };
}

describe('with a backlog of which the planner knows nothing', () => {
  it.each<{ what: string; most: number; work: () => Promise<unknown> }>([
    {
      what: 'what is due of some calls',
      most: 5_000,
      work: async () => {
        const messages = await dueInOrder(context, EVENT_LANE, held, AT_ONCE);
        expect(messages.length).toBeGreaterThanOrEqual(AT_ONCE);
        expect(messages.every(({ sessionId }) => !held.includes(sessionId))).toBe(true);
      },
    },
    {
      what: 'records that are due',
      most: 2_500,
      work: async () => expect(await dueRecords(context, RECORD_LANE, held, AT_ONCE)).toHaveLength(AT_ONCE),
    },
    {
      what: 'when the next one is due',
      most: 3_000,
      work: async () => expect(await nextDueMs(context, EVENT_LANE, held)).toBe(0),
    },
    {
      what: 'records for a message',
      most: 1_000,
      work: async () => {
        const records = rows('record').map((row) => ({ ...row, id: '', text: '' }));
        const taken = await composeMessages(context, [{ appKey: APP, messageId: 'merged', records }]);
        expect(taken.size).toBe(AT_ONCE);
      },
    },
    {
      what: 'what has failed',
      most: 1_500,
      work: () => putOffFailed(sql, context.life, settled('retry')),
    },
    {
      what: 'what was delivered',
      most: 1_000,
      work: () => deleteDelivered(sql, settled('delivered')),
    },
    {
      what: 'dead letters, and sends them again',
      most: 1_000,
      work: async () => {
        expect(await listDeadLetters(context, { appKey: APP })).toEqual([]);
        expect(await reviveDeadLetters(context, { from: new Date(0) })).toEqual([]);
      },
    },
    {
      what: 'the history of a call',
      most: 100,
      work: async () => {
        const told = await deliveriesOf(sql, context.sealer, `call-${CALLS}`);
        expect(told?.messages).toHaveLength(EVENTS + 1);
      },
    },
  ])('reads of the outbox what it needs for $what', async ({ most, work }) => {
    const before = await read();
    // More than PostgreSQL plans anew before it keeps one plan for all.
    for (let turn = 0; turn < 8; turn += 1) await work();
    const after = await read();
    expect(after.scans - before.scans).toBe(0);
    expect((after.entries - before.entries) / 8).toBeLessThan(most);
  });
});

describe('with a backlog that came after the plans were made', () => {
  it.each<{
    what: string;
    kind: 'event' | 'record';
    most: number;
    work: (keys: readonly OutboxKey[]) => Promise<unknown>;
  }>([
    {
      what: 'what was delivered',
      kind: 'event',
      most: 5 * AT_ONCE,
      work: (keys) =>
        deleteDelivered(
          sql,
          keys.map((key) => ({ rows: [key], outcome: 'delivered', attempts: 1, retrySeconds: 0 })),
        ),
    },
    {
      what: 'records for a message',
      kind: 'record',
      most: 5 * AT_ONCE,
      work: (keys) => {
        const records = keys.map((key) => ({ ...key, id: '', text: '' }));
        return composeMessages(context, [{ appKey: APP, messageId: 'other', records }]);
      },
    },
    {
      what: 'what has failed',
      kind: 'event',
      // What must come after it is put off, too.
      most: (1 + EVENTS) * AT_ONCE,
      work: (keys) =>
        putOffFailed(
          sql,
          context.life,
          keys.map((key) => ({ rows: [key], outcome: 'retry', attempts: 1, retrySeconds: 60 })),
        ),
    },
  ])('reads of the outbox no more for $what', async ({ kind, most, work }) => {
    await sql`DELETE FROM outbox WHERE session_id <> ALL (${sql.array(held.slice(0, 20), 25)}::text[])`;
    await sql`VACUUM ANALYZE outbox`;
    for (let turn = 0; turn < 8; turn += 1) await work(rows(kind).slice(0, 1));
    await insertBacklog();
    const before = await read();
    await work(rows(kind));
    const after = await read();
    expect(after.scans - before.scans).toBe(0);
    expect(after.entries - before.entries).toBeLessThan(most);
  });
});
