import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DeadLetterSearch, deleteDeadLetters, listDeadLetters } from '../../src/store/deadLetters.ts';
import { deadLetterSweeper } from '../../src/store/retention.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { WebhookSink } from '../kit/WebhookSink.ts';
import { recordsOf } from './heard.ts';
import { makeApp, type NodeUnderTest, ScriptedCall, silent, startNode } from './pushUnderTest.ts';

const DAY_MS = 86_400_000;

let database: TestDatabase;
let under: NodeUnderTest;
let customer: WebhookSink;
let other: WebhookSink;
let app: string;
let otherApp: string;
let calls: ScriptedCall[];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

/** Two customers whose servers failed, each in another way; every message of three calls of each was given up. */
beforeEach(async () => {
  under = await startNode({ url: database.url, retrySeconds: [], mostFailures: 0, mergeMs: 200 });
  customer = await WebhookSink.start();
  other = await WebhookSink.start();
  customer.rule = 503;
  const urls = ({ url }: WebhookSink) => ({ statusUrl: `${url}/status`, feeUrl: `${url}/fee` });
  app = (await makeApp(under, urls(customer))).appKey;
  otherApp = (await makeApp(under, urls(other))).appKey;
  await other.close();
  calls = [app, app, app, otherApp, otherApp, otherApp].map((key) => new ScriptedCall(under.journal, key));
  await Promise.all(calls.map((call) => call.run()));
  const pending = async () => (await database.sql`SELECT 1 FROM outbox WHERE given_up_at IS NULL`).length;
  await expect.poll(pending, { timeout: 20_000, interval: 20 }).toBe(0);
});

afterEach(async () => {
  await under.stop();
  await customer.close();
  await other.close();
  await database.sql`TRUNCATE outbox, calls, nodes, deliveries`;
});

const list = (search: DeadLetterSearch) => listDeadLetters(under, { ...search, limit: 1000 });

describe('dead letters', () => {
  it('are found by application, call, kind, error and id, alone and together', async () => {
    const [call] = calls;
    const sessionId = call?.sessionId ?? '';
    expect(await list({ appKey: app, kind: 'event' })).toHaveLength(15);
    expect(await list({ sessionId, kind: 'event' })).toHaveLength(5);
    expect(new Set((await list({ error: 'STATUS 5' })).map(({ appKey }) => appKey))).toEqual(new Set([app]));
    expect(new Set((await list({ error: 'econnrefused' })).map(({ appKey }) => appKey))).toEqual(
      new Set([otherApp]),
    );
    expect(await list({ appKey: otherApp, error: 'status' })).toEqual([]);
    const [event] = await list({ sessionId, kind: 'event' });
    expect(await list({ ids: [event?.id ?? ''] })).toEqual([event]);
  });

  it('with several calls are found whole by each of them', async () => {
    const records = await list({ appKey: app, kind: 'record' });
    const merged = records.find(({ sessionIds }) => sessionIds.length > 1);
    for (const sessionId of merged?.sessionIds ?? []) {
      expect(await list({ sessionId, kind: 'record' })).toEqual([merged]);
    }
    expect(records.flatMap(({ sessionIds }) => sessionIds)).toHaveLength(3);
  });

  it('are found by the time when they were given up', async () => {
    const sessionId = calls[0]?.sessionId ?? '';
    await database.sql`
      UPDATE outbox SET given_up_at = given_up_at - interval '1 day' WHERE session_id = ${sessionId} AND kind = 'event'`;
    const yesterday = new Date(Date.now() - DAY_MS / 2);
    expect(await list({ to: yesterday })).toHaveLength(5);
    expect(await list({ appKey: app, kind: 'event', from: yesterday })).toHaveLength(10);
    expect(await list({ from: yesterday, to: yesterday })).toEqual([]);
  });

  it('are listed latest first, in pages', async () => {
    const all = await list({});
    const givenUp = all.map(({ givenUpAt }) => givenUpAt.getTime());
    expect(givenUp).toEqual(givenUp.toSorted((one, next) => next - one));
    const pages = await Promise.all(
      [0, 10, 20, 30].map((offset) => listDeadLetters(under, { offset, limit: 10 })),
    );
    expect(pages.flat()).toEqual(all);
  });

  it('of one call are sent again, the others stay', async () => {
    customer.rule = 200;
    const { sessionId = '' } = calls[1] ?? {};
    expect(await under.pusher.resend({ sessionId, kind: 'event' })).toBe(5);
    await customer.waitFor(({ accepted }) => accepted.length === 5);
    expect(await list({ appKey: app, kind: 'event' })).toHaveLength(10);
  });

  it('of a range of time are sent again, whoever they are for, merged records in one piece', async () => {
    customer.rule = 200;
    await other.open();
    const before = customer.requests
      .filter(({ path }) => path === '/fee')
      .map(({ id, body }) => `${id} ${body}`);
    await database.sql`UPDATE outbox SET given_up_at = given_up_at - interval '2 hours' WHERE kind = 'record'`;
    const [from, to] = [new Date(Date.now() - DAY_MS), new Date(Date.now() - 3_600_000)];
    expect(await under.pusher.resend({ from, to })).toBeGreaterThanOrEqual(2);
    await customer.waitFor(({ accepted }) => recordsOf(accepted).length === 3);
    await other.waitFor(({ accepted }) => recordsOf(accepted).length === 3);
    expect(customer.accepted.map(({ id, body }) => `${id} ${body}`).sort()).toEqual(before.sort());
    await expect.poll(() => list({ kind: 'record' })).toEqual([]);
    expect(await list({ kind: 'event' })).toHaveLength(30);
  });

  it('that are sent again and fail again are dead letters again', async () => {
    expect(await under.pusher.resend({ appKey: app, error: '503', kind: 'event' })).toBe(15);
    const again = () => customer.requests.filter(({ path }) => path === '/status').length;
    await customer.waitFor(() => again() === 30);
    await expect.poll(async () => (await list({ appKey: app, kind: 'event' })).length).toBe(15);
  });

  it('that nobody means are not touched', async () => {
    expect(await under.pusher.resend({ appKey: 'nobody' })).toBe(0);
    expect(await deleteDeadLetters(under, otherApp, ['nothing'])).toBe(0);
    expect(await list({ kind: 'event' })).toHaveLength(30);
  });

  it('go after so many days, or never', async () => {
    const { sql } = database;
    await sql`
      UPDATE outbox SET given_up_at = given_up_at - interval '8 days' WHERE app_key = ${app} AND kind = 'event'`;
    const options = { sql, clock: Date.now, logger: silent };
    expect(deadLetterSweeper({ ...options, keptDays: 0 })).toBeUndefined();
    const sweeper = deadLetterSweeper({ ...options, keptDays: 7 });
    sweeper?.start();
    await expect.poll(async () => (await list({ kind: 'event' })).length, { timeout: 10_000 }).toBe(15);
    await sweeper?.stop();
    expect(await list({ appKey: app, kind: 'event' })).toEqual([]);
  });
});
