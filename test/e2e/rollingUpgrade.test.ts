import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Application } from '../kit/Application.ts';
import { toldCalls } from '../kit/customer.ts';
import { EmbeddedServers } from '../kit/EmbeddedServers.ts';
import { Phone } from '../kit/Phone.ts';
import { NumberPlan, type Pair, Tenant } from '../kit/Tenant.ts';
import { Traffic } from '../kit/Traffic.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { WebhookSink } from '../kit/WebhookSink.ts';

const PAIRS = 10;
const EVERY_MS = 100;
const TALK_MS = 1500;
/** A call more than this must have begun on each of the states in between. */
const CALLS_BETWEEN = 15;

let servers: EmbeddedServers | undefined;
let database: TestDatabase;
let sink: WebhookSink;
let anna: Phone;
let ben: Phone;
const pairs: Pair[] = [];
const sealKey = randomBytes(32).toString('base64');
const running: Application[] = [];

async function startNode(name: string): Promise<Application> {
  const node = await Application.start({
    database: database.url,
    ...(servers && { sip: servers.sip }),
    env: {
      AXBRIDGE_NODE_ID: name,
      AXBRIDGE_SEAL_KEY: sealKey,
      AXBRIDGE_RECORD_MERGE_MS: '50',
      AXBRIDGE_DRAIN_SECONDS: '30',
      ...servers?.settings,
    },
  });
  running.push(node);
  return node;
}

beforeAll(async () => {
  if (process.env.AXBRIDGE_DRACHTIO === undefined) servers = await EmbeddedServers.start();
  database = await createTestDatabase({ max: 1 });
  sink = await WebhookSink.start();
  anna = await Phone.start({ name: 'Anna', sound: false });
  ben = await Phone.start({ name: 'Ben', sound: false });
  const one = await startNode('one');
  anna.dialVia(one.sip);
  const { host, port } = ben;
  await one.admin.addTrunk({ name: 'carrier-a', host, port, transport: 'udp', sources: ['127.0.0.0/8'] });
  const app = { statusUrl: `${sink.url}/status`, feeUrl: `${sink.url}/fee` };
  const tenant = await Tenant.create(one.admin, one.http, new NumberPlan(), app);
  for (let count = 0; count < PAIRS; count++) pairs.push(await tenant.bind());
  await startNode('two');
});

afterAll(async () => {
  await Promise.all(running.map((node) => node.stop()));
  await Promise.all([anna?.close(), ben?.close(), sink?.close()]);
  await database?.close();
  await servers?.stop();
});

/** Lets some more calls begin. */
async function someCalls(traffic: Traffic): Promise<void> {
  const enough = traffic.begun + CALLS_BETWEEN;
  await sink.waitFor(() => traffic.begun >= enough);
}

/** Waits until every call has been told, and looks that each was told once, in order, and ended as it should. */
async function expectToldOnce(before: ReadonlySet<string>, calls: number): Promise<readonly string[]> {
  const told = () => toldCalls(sink).filter(({ sessionId }) => !before.has(sessionId));
  const complete = () => told().filter(({ events, records }) => events.length >= 5 && records.length > 0);
  await sink.waitFor(() => complete().length >= calls, 30_000);
  expect(told().length).toBe(calls);
  for (const { events, records } of told()) {
    expect(events.map(({ eventType }) => eventType)).toEqual([
      ...['callin', 'callout', 'alerting', 'answer', 'disconnect'],
    ]);
    expect(new Set(records.map(({ id }) => id)).size).toBe(1);
    expect(records[0]?.fields.ulFailReason).toBe(0);
  }
  return told().map(({ sessionId }) => sessionId);
}

const sessionsSoFar = () => new Set(toldCalls(sink).map(({ sessionId }) => sessionId));

describe('under traffic', () => {
  it('two nodes are upgraded, one after the other, and no call is lost or told twice', async () => {
    const before = sessionsSoFar();
    const traffic = new Traffic({ anna, ben, pairs, everyMs: EVERY_MS, talkMs: TALK_MS });
    await someCalls(traffic);
    for (const node of [...running]) {
      await node.kill('SIGTERM');
      await someCalls(traffic);
      await node.restart();
      await someCalls(traffic);
    }
    const { calls, lost } = await traffic.end();
    expect(lost).toEqual([]);
    await expectToldOnce(before, calls);
    console.log(`${calls} calls during the upgrade of two nodes, none lost`);
  }, 120_000);

  it('a third node joins, takes its share, and leaves again', async () => {
    const before = sessionsSoFar();
    const traffic = new Traffic({ anna, ben, pairs, everyMs: EVERY_MS, talkMs: TALK_MS });
    await someCalls(traffic);
    const third = await startNode('three');
    await someCalls(traffic);
    await third.kill('SIGTERM');
    await someCalls(traffic);
    const { calls, lost } = await traffic.end();
    expect(lost).toEqual([]);
    const sessions = await expectToldOnce(before, calls);
    const [{ taken } = { taken: 0 }] = await database.sql<{ taken: number }[]>`
      SELECT count(*)::int AS taken FROM calls WHERE node_id = 'three' AND session_id = ANY(${[...sessions]})`;
    // Every third call of those that came while it was there.
    expect(taken).toBeGreaterThanOrEqual(CALLS_BETWEEN / 3);
  }, 120_000);
});
