import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { toldCalls } from '../kit/customer.ts';
import { Scenario } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';
import { WebhookSink } from '../kit/WebhookSink.ts';

const ORDER = ['callin', 'callout', 'alerting', 'answer', 'disconnect'];

let scenario: Scenario;

beforeAll(async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  scenario = await Scenario.start({
    database: database.url,
    anna: { sound: false },
    ben: { sound: false },
    env: { AXBRIDGE_PUSH_RETRY_SECONDS: '1,1,1,1,1,1,1,1,1,1,1,1', AXBRIDGE_PUSH_TIMEOUT_SECONDS: '1' },
  });
});

afterEach(async () => {
  // What fails here must not fail what follows.
  scenario.sink.rule = 200;
  await scenario.sink.open();
});

afterAll(async () => {
  await scenario?.close();
});

async function oneCall(): Promise<string> {
  const { pair, atAnna, atBen } = await scenario.talk();
  await atBen.hangUp();
  await atAnna.end();
  return pair.x;
}

async function expectWholeStory(x: string): Promise<void> {
  const [told] = await scenario.told(x, { patienceMs: 25_000 });
  const names = told?.events.map(({ eventType }) => eventType);
  expect(names).toEqual(ORDER);
  expect(told?.records).toHaveLength(1);
}

describe('a customer whose server is down for a while', () => {
  it('misses nothing, and gets it in order, after it refused connections', async () => {
    const depth = () => scenario.application.metric('axbridge_push_queue_depth');
    await scenario.sink.close();
    const xs = [await oneCall(), await oneCall(), await oneCall()];
    // What waits for its next attempt is counted every five seconds.
    await expect.poll(depth, { timeout: 10_000 }).toBeGreaterThan(0);
    await scenario.sink.open();
    for (const x of xs) await expectWholeStory(x);
    await expect.poll(depth, { timeout: 10_000 }).toBe(0);
  });

  it.each([500, 302, 'hang', 'reset'] as const)(
    'misses nothing after it answered with %s',
    async (answer) => {
      scenario.sink.rule = answer;
      const x = await oneCall();
      await scenario.sink.waitFor(({ requests }) => requests.some(({ status }) => status !== 200));
      scenario.sink.rule = 200;
      await expectWholeStory(x);
    },
  );

  it('misses nothing when axbridge is restarted in the meantime', async () => {
    await scenario.sink.close();
    const x = await oneCall();
    await scenario.application.kill('SIGTERM');
    await scenario.application.restart();
    await scenario.sink.open();
    await expectWholeStory(x);
  });

  it('keeps nobody else waiting', async () => {
    const other = await WebhookSink.start();
    try {
      const { admin } = scenario;
      const app = await admin.createApp({
        name: 'courier',
        mode: 'AXB',
        statusUrl: `${other.url}/status`,
        feeUrl: `${other.url}/fee`,
      });
      await admin.addNumber(app.appKey, '+8617011110001');
      scenario.sink.rule = 'hang';
      await oneCall();
      const call = await scenario.anna.call('+8617011110001', { from: '+8613900007777' });
      await call.end();
      const startedAt = Date.now();
      await other.waitFor(() => toldCalls(other).some(({ records }) => records.length === 1));
      expect(Date.now() - startedAt).toBeLessThan(5000);
    } finally {
      scenario.sink.rule = 200;
      await other.close();
    }
  });
});
