import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { answeringQuestions } from '../kit/customerReplies.ts';
import { Scenario } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

interface Deliveries {
  readonly appKey: string;
  readonly messages: readonly {
    readonly event: string;
    readonly state: string;
    readonly attempts: readonly { readonly status?: number; readonly error?: string }[];
  }[];
}

let scenario: Scenario;

beforeAll(async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  scenario = await Scenario.start({
    database: database.url,
    anna: { sound: false },
    ben: { sound: false },
    env: { AXBRIDGE_PUSH_RETRY_SECONDS: '1,1,1,1,1,1', AXBRIDGE_CONTROL_TIMEOUT_SECONDS: '2' },
  });
});
afterEach(() => {
  scenario.sink.rule = 200;
});
afterAll(() => scenario?.close());

/** The history of a call, once each message in it has come to its end. */
async function historyOf(sessionId: string, messages: number): Promise<Deliveries> {
  const path = `/calls/${encodeURIComponent(sessionId)}/deliveries`;
  let history: Deliveries | undefined;
  await expect
    .poll(
      async () => {
        history = await scenario.admin.send<Deliveries>('GET', path).catch(() => undefined);
        const ended = history?.messages.filter(
          ({ state }) => state === 'delivered' || state === 'unanswered',
        );
        return ended?.length;
      },
      { timeout: 20_000 },
    )
    .toBe(messages);
  if (history === undefined) throw new Error('no history');
  return history;
}

it('a call can be asked what its customer was told of it, with what failed in between', async () => {
  let failures = 1;
  scenario.sink.rule = ({ body }) => (body.includes('"answer"') && failures-- > 0 ? 503 : 200);
  const { pair, atAnna, atBen } = await scenario.talk();
  await atBen.hangUp();
  await atAnna.end();
  const [told] = await scenario.told(pair.x, { patienceMs: 25_000 });
  const { messages } = await historyOf(told?.sessionId ?? '', 6);
  const events = messages.map(({ event }) => event).filter((event) => event !== 'fee');
  expect(events).toEqual(['callin', 'callout', 'alerting', 'answer', 'disconnect']);
  const answer = messages.find(({ event }) => event === 'answer');
  expect(answer?.attempts.map(({ status }) => status)).toEqual([503, 200]);
});

it('a call of mode X also tells what was asked about it', async () => {
  const customer = await scenario.tenant('X');
  const x = await customer.addX();
  scenario.sink.rule = answeringQuestions(500);
  const atAnna = await scenario.anna.call(x, { from: '+8613900001009' });
  await atAnna.end();
  const [told] = await scenario.told(x);
  const { messages, appKey } = await historyOf(told?.sessionId ?? '', 3);
  expect(appKey).toBe(customer.appKey);
  expect(messages[0]).toMatchObject({
    event: 'callin?',
    state: 'unanswered',
    attempts: [{ status: 500, error: 'it answered with status 500' }],
  });
});
