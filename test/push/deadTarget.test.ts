import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { listDeadLetters } from '../../src/store/deadLetters.ts';
import { eventsOf, recordsOf } from './heard.ts';
import { NodesAndSinks, urlsOf } from './NodesAndSinks.ts';
import { makeApp, type NodeSettings, type NodeUnderTest, ScriptedCall } from './pushUnderTest.ts';

const WHOLE_CALL = ['callin', 'callout', 'alerting', 'answer', 'disconnect'];

let rig: NodesAndSinks;

beforeAll(async () => {
  rig = await NodesAndSinks.start();
});
afterEach(() => rig.endTest());
afterAll(() => rig.close());

const node = (settings: Partial<NodeSettings> = {}) =>
  rig.node({ mostFailures: 3, probeSeconds: [0.2], retrySeconds: [600], ...settings });
const sink = () => rig.sink();

const until = (condition: () => Promise<boolean> | boolean) =>
  expect.poll(condition, { timeout: 20_000, interval: 10 }).toBe(true);

/** Calls of which only the first event is told. */
async function openCalls({ journal }: NodeUnderTest, appKey: string, count: number): Promise<ScriptedCall[]> {
  const calls = Array.from({ length: count }, () => new ScriptedCall(journal, appKey));
  for (const call of calls) await call.open();
  return calls;
}

describe('a target that keeps failing', () => {
  it('is left alone: what comes waits without an attempt, one probe at a time', async () => {
    const customer = await sink();
    customer.rule = 500;
    const under = await node({ probeSeconds: [0.3] });
    const { appKey } = await makeApp(under, urlsOf(customer));
    await openCalls(under, appKey, 3);
    await until(() => under.pusher.stats().targetsLeftAlone === 1);
    const sent = customer.requests.length;
    await openCalls(under, appKey, 40);
    await customer.waitFor(({ requests }) => requests.length >= sent + 2);
    const times = customer.requests.slice(-3).map(({ at }) => at);
    for (const [index, at] of times.entries())
      if (index > 0) expect(at - (times[index - 1] ?? 0)).toBeGreaterThan(250);
    const [tried] = await rig.sql`SELECT count(*)::int AS count FROM outbox WHERE attempts > 0`;
    expect(tried?.count).toBeLessThanOrEqual(customer.requests.length);
  });

  it('gets everything that waited, in order, once a probe gets through', async () => {
    const customer = await sink();
    const under = await node({ retrySeconds: Array(100).fill(0.2) });
    const { appKey } = await makeApp(under, urlsOf(customer));
    await customer.close();
    await openCalls(under, appKey, 3);
    await until(() => under.pusher.stats().targetsLeftAlone === 1);
    const calls = Array.from({ length: 30 }, () => new ScriptedCall(under.journal, appKey));
    await Promise.all(calls.map((call) => call.run()));
    await customer.open();
    await customer.waitFor(({ accepted }) =>
      calls.every((call) => eventsOf(accepted, call.sessionId).length === 5),
    );
    for (const call of calls) expect(eventsOf(customer.accepted, call.sessionId)).toEqual(WHOLE_CALL);
    await customer.waitFor(({ accepted }) => recordsOf(accepted).length === 30);
    await until(() => under.pusher.stats().targetsLeftAlone === 0);
  });

  it('is no reason for its records to wait, which go elsewhere, nor for other customers', async () => {
    const [customer, other] = [await sink(), await sink()];
    customer.rule = ({ path }) => (path === '/status' ? 500 : 200);
    const under = await node({ probeSeconds: [60] });
    const { appKey } = await makeApp(under, urlsOf(customer));
    const { appKey: otherKey } = await makeApp(under, urlsOf(other));
    await openCalls(under, appKey, 5);
    await until(() => under.pusher.stats().targetsLeftAlone === 1);
    const startedAt = Date.now();
    await new ScriptedCall(under.journal, appKey).run();
    await new ScriptedCall(under.journal, otherKey).run();
    await customer.waitFor(({ accepted }) => recordsOf(accepted).length === 1);
    await other.waitFor(({ accepted }) => accepted.length === 6);
    expect(Date.now() - startedAt).toBeLessThan(5_000);
  });

  it('is asked at its new address within seconds, however long the next probe is away', async () => {
    const [old, moved] = [await sink(), await sink()];
    old.rule = 500;
    const under = await node({ probeSeconds: [600], deadSeconds: 1 });
    const { appKey } = await makeApp(under, urlsOf(old));
    await openCalls(under, appKey, 3);
    await until(() => under.pusher.stats().targetsLeftAlone === 1);
    const [call] = await openCalls(under, appKey, 1);
    await under.sql`UPDATE apps SET status_url = ${`${moved.url}/status`} WHERE app_key = ${appKey}`;
    await moved.waitFor(({ accepted }) => accepted.length === 1);
    expect(eventsOf(moved.accepted, call?.sessionId ?? '')).toEqual(['callin']);
  });

  it('is probed at once when dead letters are sent again', async () => {
    const customer = await sink();
    customer.rule = 500;
    const under = await node({ probeSeconds: [600], retrySeconds: [] });
    const { appKey } = await makeApp(under, urlsOf(customer));
    await openCalls(under, appKey, 3);
    await until(async () => (await listDeadLetters(under, { appKey })).length === 3);
    await openCalls(under, appKey, 2);
    customer.rule = 200;
    expect(await under.pusher.resend({ appKey })).toBe(3);
    await customer.waitFor(({ accepted }) => accepted.length === 5);
    expect(under.pusher.stats()).toMatchObject({ targetsLeftAlone: 0, givenUp: 3 });
  });

  it('makes dead letters of what has waited too long, and of nothing else', async () => {
    const customer = await sink();
    customer.rule = 500;
    const under = await node({ probeSeconds: [0.2, 0.5], retrySeconds: Array(100).fill(0.1) });
    const { appKey } = await makeApp(under, urlsOf(customer));
    const calls = await openCalls(under, appKey, 200);
    const middle = calls.map(({ sessionId }) => sessionId).sort()[100] ?? '';
    await until(() => under.pusher.stats().targetsLeftAlone === 1);
    await rig.sql`
      UPDATE outbox SET next_attempt_at = now() - interval '61 minutes' WHERE session_id > ${middle}`;
    await until(() => under.pusher.stats().givenUp > 0);
    const letters = await listDeadLetters(under, { appKey, limit: 1000 });
    expect(letters.length).toBe(under.pusher.stats().givenUp);
    for (const { sessionIds } of letters) expect(sessionIds[0]?.localeCompare(middle)).toBe(1);
    expect(new Set(letters.map(({ lastError }) => lastError))).toContain('not tried: status 500');
    customer.rule = 200;
    await customer.waitFor(({ accepted }) => accepted.length >= 200 - letters.length);
  });
});
