import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DeliveryHistory } from '../../src/push/DeliveryHistory.ts';
import type { DeliveryAttempt } from '../../src/store/deliveries.ts';
import { deliveriesOf, type MessageHistory } from '../../src/store/messageHistory.ts';
import { NodesAndSinks, urlsOf } from './NodesAndSinks.ts';
import { makeApp, type NodeSettings, type NodeUnderTest, ScriptedCall, silent } from './pushUnderTest.ts';

let rig: NodesAndSinks;

beforeAll(async () => {
  rig = await NodesAndSinks.start();
});
afterEach(() => rig.endTest());
afterAll(() => rig.close());

const node = (settings: Partial<NodeSettings> = {}) => rig.node(settings);
const sink = () => rig.sink();

/** The history of a call, as soon as it is as it should be. */
async function historyOf(
  { sealer }: NodeUnderTest,
  sessionId: string,
  isSo: (messages: readonly MessageHistory[]) => boolean,
): Promise<readonly MessageHistory[]> {
  let messages: readonly MessageHistory[] = [];
  await expect
    .poll(
      async () => {
        messages = (await deliveriesOf(rig.sql, sealer, sessionId))?.messages ?? [];
        return isSo(messages);
      },
      { timeout: 20_000, interval: 20 },
    )
    .toBe(true);
  return messages;
}

describe('the history of a call', () => {
  it('holds every message with the time, duration and status of its attempt, under its webhook-id', async () => {
    const customer = await sink();
    const under = await node();
    const { appKey } = await makeApp(under, urlsOf(customer));
    const call = new ScriptedCall(under.journal, appKey);
    const startedAt = Date.now();
    await call.run();
    const messages = await historyOf(
      under,
      call.sessionId,
      (all) => all.filter(({ state }) => state === 'delivered').length === 6,
    );
    const events = ['callin', 'callout', 'alerting', 'answer', 'disconnect', 'fee'];
    expect(messages.map(({ event }) => event)).toEqual(events);
    expect(messages.map(({ id }) => id)).toEqual(customer.requests.map(({ id }) => id));
    for (const { attempts } of messages) {
      expect(attempts).toMatchObject([{ status: 200 }]);
      expect(attempts[0]?.error).toBeUndefined();
      expect(attempts[0]?.at.getTime()).toBeGreaterThanOrEqual(startedAt);
      expect(attempts[0]?.seconds).toBeLessThan(5);
    }
    expect((await deliveriesOf(rig.sql, under.sealer, call.sessionId))?.appKey).toBe(appKey);
  });

  it('tells what failed and why, and when what waits is tried again', async () => {
    const customer = await sink();
    const failures = [500, 'reset', 'reset'] as const;
    let next = 0;
    customer.rule = () => failures[next++] ?? 200;
    const under = await node({ retrySeconds: [0.05, 600] });
    const { appKey } = await makeApp(under, { statusUrl: `${customer.url}/status` });
    const call = new ScriptedCall(under.journal, appKey);
    await call.open();
    await call.progress('callout');
    const isFarAway = (moment = new Date(0)) => moment.getTime() - Date.now() > 500_000;
    const messages = await historyOf(
      under,
      call.sessionId,
      ([first]) => first?.attempts.length === 2 && isFarAway(first.nextAttemptAt),
    );
    expect(messages.map(({ event, state }) => `${event} ${state}`)).toEqual([
      'callin waiting',
      'callout waiting',
    ]);
    expect(messages[0]?.attempts[0]).toMatchObject({ status: 500, error: 'status 500' });
    expect(messages[0]?.attempts[1]).toMatchObject({ error: 'UND_ERR_SOCKET' });
    expect(messages[0]?.attempts[1]?.status).toBeUndefined();
    expect(messages[1]?.attempts).toEqual([]);
  });

  it('goes on after a message was given up and sent again', async () => {
    const customer = await sink();
    customer.rule = 503;
    const under = await node({ retrySeconds: [] });
    const { appKey } = await makeApp(under, { statusUrl: `${customer.url}/status` });
    const call = new ScriptedCall(under.journal, appKey);
    await call.open();
    await historyOf(
      under,
      call.sessionId,
      ([first]) => first?.state === 'given-up' && first.attempts.length === 1,
    );
    customer.rule = 200;
    await under.pusher.resend({ sessionId: call.sessionId });
    const [message] = await historyOf(under, call.sessionId, ([first]) => first?.state === 'delivered');
    expect(message?.attempts.map(({ status }) => status)).toEqual([503, 200]);
  });

  it('says which messages the operator has dropped', async () => {
    const customer = await sink();
    customer.rule = 503;
    const under = await node({ retrySeconds: [] });
    const { appKey } = await makeApp(under, { statusUrl: `${customer.url}/status` });
    const call = new ScriptedCall(under.journal, appKey);
    await call.open();
    await historyOf(under, call.sessionId, ([first]) => first?.state === 'given-up');
    await rig.sql`DELETE FROM outbox WHERE given_up_at IS NOT NULL`;
    await historyOf(under, call.sessionId, ([first]) => first?.state === 'dropped');
  });

  it('has each call of a merged message of records', async () => {
    const customer = await sink();
    const under = await node({ mergeMs: 300 });
    const { appKey } = await makeApp(under, { feeUrl: `${customer.url}/fee` });
    const calls = Array.from({ length: 8 }, () => new ScriptedCall(under.journal, appKey));
    await Promise.all(calls.map((call) => call.run()));
    const ids = new Set<string>();
    for (const { sessionId } of calls) {
      const [message] = await historyOf(under, sessionId, ([first]) => first?.state === 'delivered');
      expect(message?.event).toBe('fee');
      ids.add(message?.id ?? '');
    }
    expect(ids).toEqual(new Set(customer.requests.map(({ id }) => id)));
    expect(ids.size).toBeLessThan(8);
  });

  it('holds no number', async () => {
    const customer = await sink();
    customer.rule = 500;
    const under = await node({ retrySeconds: [] });
    const { appKey } = await makeApp(under, urlsOf(customer));
    const call = new ScriptedCall(under.journal, appKey);
    await call.run();
    await historyOf(under, call.sessionId, (all) => all.every(({ attempts }) => attempts.length > 0));
    const rows = await rig.sql`SELECT attempts FROM deliveries`;
    expect(JSON.stringify(rows)).not.toMatch(/139000/);
  });

  it('is not known of a call of which nobody was told', async () => {
    const under = await node();
    expect(await deliveriesOf(rig.sql, under.sealer, 'nobody')).toBeUndefined();
  });
});

describe('what is kept', () => {
  const attempt = (sessionId: string, at: number): DeliveryAttempt => ({
    ...{ appKey: 'app', sessionIds: [sessionId], id: `${sessionId}-0`, event: 'callin', at, ms: 3 },
    ...{ status: 200, error: undefined },
  });
  const rows = async () => (await rig.sql`SELECT 1 FROM deliveries`).length;
  const options = { clock: Date.now, logger: silent, gatherMs: 0 };

  it('goes after so many days', async () => {
    const { sql } = rig;
    const history = new DeliveryHistory({ ...options, sql, keptDays: 3 });
    history.add(attempt('old', Date.now() - 3.01 * 86_400_000));
    history.add(attempt('young', Date.now() - 2.99 * 86_400_000));
    await history.stop();
    expect(await rows()).toBe(2);
    const next = new DeliveryHistory({ ...options, sql, keptDays: 3 });
    next.start();
    await expect.poll(rows, { timeout: 10_000 }).toBe(1);
    await next.stop();
    expect(await rig.sql`SELECT session_id FROM deliveries`).toEqual([{ session_id: 'young' }]);
  });

  it('is nothing where the operator wants nothing kept', async () => {
    const history = new DeliveryHistory({ ...options, sql: rig.sql, keptDays: 0 });
    history.add(attempt('one', Date.now()));
    await history.stop();
    expect(await rows()).toBe(0);
  });

  it('shares one row for the attempts of a call that come together, and is bounded while nothing is written', async () => {
    const { sql } = rig;
    const history = new DeliveryHistory({ ...options, sql, keptDays: 1, gatherMs: 200, mostWaiting: 5 });
    for (let at = 0; at < 9; at += 1) history.add(attempt('one', Date.now() + at));
    expect(history.lost).toBe(4);
    await history.stop();
    expect(await rig.sql`SELECT json_array_length(attempts) AS attempts FROM deliveries`).toEqual([
      { attempts: 5 },
    ]);
  });
});
