import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Application } from '../kit/Application.ts';
import { type ToldCall, toldCalls } from '../kit/customer.ts';
import { eventually } from '../kit/eventually.ts';
import { Phone } from '../kit/Phone.ts';
import { NumberPlan, type Pair, Tenant } from '../kit/Tenant.ts';
import { Traffic } from '../kit/Traffic.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { WebhookSink } from '../kit/WebhookSink.ts';

const PROCESSES = 2;
const PAIRS = 10;
const EVERY_MS = 100;
const TALK_MS = 1500;
const CALLS_BETWEEN = 15;

let database: TestDatabase;
let application: Application;
let sink: WebhookSink;
let anna: Phone;
let ben: Phone;
let tenant: Tenant;
const pairs: Pair[] = [];

beforeAll(async () => {
  database = await createTestDatabase({ max: 1 });
  sink = await WebhookSink.start();
  anna = await Phone.start({ name: 'Anna', sound: false });
  ben = await Phone.start({ name: 'Ben', sound: false });
  application = await Application.start({
    database: database.url,
    env: {
      AXBRIDGE_PROCESSES: String(PROCESSES),
      AXBRIDGE_NODE_ID: 'cell',
      AXBRIDGE_RECORD_MERGE_MS: '50',
      AXBRIDGE_DRAIN_SECONDS: '30',
    },
  });
  anna.dialVia(application.sip);
  const { admin, http } = application;
  const { host, port } = ben;
  await admin.addTrunk({ name: 'carrier-a', host, port, transport: 'udp', sources: ['127.0.0.0/8'] });
  const app = { statusUrl: `${sink.url}/status`, feeUrl: `${sink.url}/fee` };
  tenant = await Tenant.create(admin, http, new NumberPlan(), app);
  for (let count = 0; count < PAIRS; count++) pairs.push(await tenant.bind());
  // Every process has heard of the trunk and of the application.
  await eventually('both processes to be ready', async () => (await running()) === PROCESSES);
});

afterAll(async () => {
  await application?.stop();
  await Promise.all([anna?.close(), ben?.close(), sink?.close()]);
  await database?.close();
});

const running = () => application.metric('axbridge_processes_running');
const restarts = () => application.metric('axbridge_process_restarts_total');

/** Pids of the processes that carry calls, by node id. */
function pids(): Map<string, number> {
  const lines = application.log.items.filter(({ msg }) => msg === 'a process takes calls');
  return new Map(lines.map(({ node, pid }) => [String(node), Number(pid)]));
}

async function nodesOf(sessions: readonly string[]): Promise<Set<string>> {
  const rows = await database.sql<{ node_id: string }[]>`
    SELECT DISTINCT node_id FROM calls WHERE session_id = ANY(${sessions as string[]})`;
  return new Set(rows.map(({ node_id }) => node_id));
}

const begin = () => new Traffic({ anna, ben, pairs, everyMs: EVERY_MS, talkMs: TALK_MS });

async function someCalls(traffic: Traffic): Promise<void> {
  const enough = traffic.begun + CALLS_BETWEEN;
  await sink.waitFor(() => traffic.begun >= enough, 60_000);
}

/** Calls of which the customer was told anything since. */
function toldSince(before: ReadonlySet<string>): ToldCall[] {
  return toldCalls(sink).filter(({ sessionId }) => !before.has(sessionId));
}

/** Waits until so many calls have been told to their end, each once. */
async function allTold(before: ReadonlySet<string>, count: number): Promise<readonly ToldCall[]> {
  const complete = () =>
    toldSince(before).filter(
      ({ events, records }) =>
        records.length > 0 && events.some(({ eventType }) => eventType === 'disconnect'),
    );
  await sink.waitFor(() => complete().length >= count, 60_000);
  const told = toldSince(before);
  expect(told.length).toBe(count);
  for (const { events, records } of told) {
    const disconnects = events.filter(({ eventType }) => eventType === 'disconnect');
    expect(new Set(disconnects.map(({ id }) => id)).size).toBe(1);
    expect(new Set(records.map(({ id }) => id)).size).toBe(1);
  }
  return told;
}

const sessionsSoFar = () => new Set(toldCalls(sink).map(({ sessionId }) => sessionId));

describe(`${PROCESSES} processes`, () => {
  it('share the calls of one SIP server, and answer as one application', async () => {
    const before = sessionsSoFar();
    const traffic = begin();
    await someCalls(traffic);
    await eventually('calls in progress', async () => (await application.callsInProgress()) > 5);
    const { calls, lost } = await traffic.end();
    expect(lost).toEqual([]);
    const told = await allTold(before, calls);
    expect(await nodesOf(told.map(({ sessionId }) => sessionId))).toEqual(new Set(['cell-1', 'cell-2']));
    expect(await (await fetch(`${application.ops}/readyz`)).text()).toBe('ready\n');
    const metrics = await application.metrics();
    expect(metrics).toMatch(/^axbridge_trunk_up\{trunk="carrier-a"\} 1$/m);
    expect(metrics).toMatch(/^axbridge_ready 1$/m);
    await eventually('all calls to be counted once', async () => {
      const counted = await application.metric(
        'axbridge_call_attempts_total{mode="AXB",outcome="completed"}',
      );
      return counted === calls;
    });
  }, 60_000);

  it('take requests at one port', async () => {
    const pair = await tenant.bind();
    for (let nth = 0; nth < 20; nth++) {
      // A connection of its own for each: the kernel gives it to one of both.
      const { statusCode, body } = await request(`${application.http}/openapi.json`, { reset: true });
      await body.dump();
      expect(statusCode).toBe(200);
    }
    const answered = () =>
      application.log.items.filter(({ msg, route }) => msg === 'request' && route === '/openapi.json');
    await eventually('the log to tell of all', () => answered().length === 20);
    expect(new Set(answered().map(({ node }) => node))).toEqual(new Set(['cell-1', 'cell-2']));
    // What one has bound the other one knows: two calls in turn.
    const before = sessionsSoFar();
    const traffic = new Traffic({ anna, ben, pairs: [pair], everyMs: EVERY_MS, talkMs: 200 });
    await eventually('some calls', () => traffic.begun >= 4);
    const { calls, lost } = await traffic.end();
    expect(lost).toEqual([]);
    const told = await allTold(before, calls);
    expect(await nodesOf(told.map(({ sessionId }) => sessionId))).toEqual(new Set(['cell-1', 'cell-2']));
  }, 60_000);

  it('one is killed: its calls are closed at once, those of the other go on, and another takes its place', async () => {
    const before = sessionsSoFar();
    const killed = pids().get('cell-1') ?? 0;
    const traffic = begin();
    await someCalls(traffic);
    const died = Date.now();
    process.kill(killed, 'SIGKILL');
    const closing = application.log.when(
      ({ msg, time }) =>
        msg === 'closed calls that a dead process left open' && Date.parse(String(time)) >= died,
    );
    const { node, time } = await closing;
    expect(node).toBe('cell-2');
    const closedMs = Date.parse(String(time)) - died;
    await eventually('a process to run again', async () => (await running()) === PROCESSES, 90_000);
    const backMs = Date.now() - died;
    await someCalls(traffic);
    const { calls, lost } = await traffic.end();
    expect(await restarts()).toBe(1);
    expect(pids().get('cell-1')).not.toBe(killed);

    const closed = () => toldSince(before).filter(({ records }) => records[0]?.fields.ulFailReason === 8020);
    await sink.waitFor(() => toldSince(before).every(({ records }) => records.length > 0), 30_000);
    // Only calls of the one that died were harmed: those in progress, and what the SIP server gave it in its last moment.
    const most = Math.ceil((TALK_MS + 500) / EVERY_MS / PROCESSES) + 5;
    expect(lost.length).toBeLessThanOrEqual(most);
    expect(closed().length).toBeLessThanOrEqual(most);
    console.log(
      `${calls} calls; one of ${PROCESSES} processes killed: ${closed().length} closed with 8020 after ${closedMs} ms, ${lost.length} seen by callers; whole again after ${backMs} ms`,
    );
    for (const { records } of toldSince(before)) expect(new Set(records.map(({ id }) => id)).size).toBe(1);
  }, 180_000);

  it('are all replaced on SIGUSR2, one after the other, without losing a call', async () => {
    for (const call of [...anna.activeCalls, ...ben.activeCalls]) call.over({ how: 'lost' });
    const before = sessionsSoFar();
    const old = new Set(pids().values());
    const traffic = begin();
    await someCalls(traffic);
    // To one that is no parent it means nothing.
    process.kill(pids().get('cell-1') ?? 0, 'SIGUSR2');
    process.kill(application.pid, 'SIGUSR2');
    const replaced = () => application.log.items.filter(({ msg }) => msg === 'replaced a process');
    await eventually('every process to be replaced', () => replaced().length === PROCESSES, 180_000);
    await someCalls(traffic);
    const { calls, lost } = await traffic.end();
    expect(lost).toEqual([]);
    const told = await allTold(before, calls);
    for (const { events, records } of told) {
      expect(events.at(-1)?.statusInfo.stateCode).toBe(0);
      expect(records[0]?.fields.ulFailReason).toBe(0);
    }
    expect(await running()).toBe(PROCESSES);
    expect([...pids().values()].filter((pid) => !old.has(pid))).toHaveLength(PROCESSES);
    console.log(`${calls} calls while every process was replaced, none lost`);
  }, 240_000);

  it('all leave on SIGTERM, and are not missed: only the life that was killed has left its row', async () => {
    await application.kill('SIGTERM');
    const rows = await database.sql`SELECT FROM nodes WHERE heartbeat_at > now() - interval '15 seconds'`;
    expect(rows).toHaveLength(0);
  }, 120_000);
});
