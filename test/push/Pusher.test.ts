import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endOldSecret, renewAppSecret } from '../../src/store/apps.ts';
import { listDeadLetters } from '../../src/store/deadLetters.ts';
import { hasValidAksk, hasValidSignature } from '../kit/WebhookSink.ts';
import { eventCount, eventsOf, heard, recordsOf } from './heard.ts';
import { NodesAndSinks, urlsOf } from './NodesAndSinks.ts';
import { makeApp, type NodeSettings, ScriptedCall, startNode } from './pushUnderTest.ts';

let rig: NodesAndSinks;

beforeAll(async () => {
  rig = await NodesAndSinks.start();
});
afterEach(() => rig.endTest());
afterAll(() => rig.close());

const node = (settings: Partial<NodeSettings> = {}) => rig.node(settings);
const sink = () => rig.sink();

const pending = () => rig.pending();

/** Asks again until the database says so; polling is the only way to hear that rows are gone. */
async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  await expect.poll(condition, { timeout: 20_000, interval: 10 }).toBe(true);
}

const WHOLE_CALL = ['callin', 'callout', 'alerting', 'answer', 'disconnect'];

describe('a call at a healthy customer', () => {
  it('is told event by event in order, then its record, and leaves nothing in the outbox', async () => {
    const customer = await sink();
    const { journal, ...rest } = await node();
    const { appKey } = await makeApp(rest, urlsOf(customer));
    const call = new ScriptedCall(journal, appKey);
    await call.run();
    await customer.waitFor(({ accepted }) => recordsOf(accepted).length === 1);
    expect(eventsOf(customer.accepted, call.sessionId)).toEqual(WHOLE_CALL);
    expect(customer.requests.map(({ path }) => path)).toEqual([...Array(5).fill('/status'), '/fee']);
    await until(async () => (await pending()) === 0);
    expect(rest.pusher.stats()).toMatchObject({ depth: 0, delivered: 6, failed: {} });
  });

  it('can be verified by both signatures, and carries JSON in UTF-8', async () => {
    const customer = await sink();
    const { journal, ...rest } = await node();
    const { appKey, appSecret } = await makeApp(rest, urlsOf(customer));
    await new ScriptedCall(journal, appKey).run();
    await customer.waitFor(({ accepted }) => accepted.length === 6);
    for (const request of customer.requests) {
      expect(hasValidSignature(request, appSecret)).toBe(true);
      expect(hasValidSignature(request, 'another secret')).toBe(false);
      expect(hasValidAksk(request, appKey, appSecret)).toBe(true);
      expect(request.headers['content-type']).toBe('application/json;charset=UTF-8');
      expect(Math.abs(Number(request.headers['webhook-timestamp']) - request.at / 1000)).toBeLessThan(5);
    }
  });

  it('can be verified with either secret while the secret changes', async () => {
    const customer = await sink();
    const { journal, ...rest } = await node();
    const { appKey, appSecret } = await makeApp(rest, urlsOf(customer));
    const renewed = await renewAppSecret(rest.sql, rest.sealer, appKey, 3600);
    await new ScriptedCall(journal, appKey).run();
    await customer.waitFor(({ accepted }) => accepted.length === 6);
    const newSecret = renewed?.secret ?? '';
    for (const request of customer.requests) {
      expect(hasValidSignature(request, appSecret)).toBe(true);
      expect(hasValidSignature(request, newSecret)).toBe(true);
      expect(hasValidSignature(request, 'another secret')).toBe(false);
      // A digest has room for one secret: the old one, until it ends.
      expect(hasValidAksk(request, appKey, appSecret)).toBe(true);
    }
    const before = customer.requests.length;
    await endOldSecret(rest.sql, appKey);
    await expect.poll(async () => (await rest.apps.get(appKey))?.oldSecret).toBeUndefined();
    await new ScriptedCall(journal, appKey).run();
    await customer.waitFor(({ accepted }) => accepted.length === 12);
    for (const request of customer.requests.slice(before)) {
      expect(hasValidSignature(request, appSecret)).toBe(false);
      expect(hasValidSignature(request, newSecret)).toBe(true);
      expect(hasValidAksk(request, appKey, newSecret)).toBe(true);
    }
  });

  it('shares its record message with calls that end at the same time, at most 50', async () => {
    const customer = await sink();
    const { journal, ...rest } = await node();
    const { appKey } = await makeApp(rest, urlsOf(customer));
    const calls = Array.from({ length: 120 }, () => new ScriptedCall(journal, appKey));
    await Promise.all(calls.map((call) => call.run()));
    await customer.waitFor(({ accepted }) => recordsOf(accepted).length === 120);
    await customer.waitFor(({ accepted }) => eventCount(accepted) === 600);
    const messages = heard(customer.accepted).filter(({ type }) => type === 'fee');
    expect(Math.max(...messages.map(({ sessions }) => sessions.length))).toBe(50);
    expect(messages.length).toBeLessThan(20);
    expect(new Set(recordsOf(customer.accepted))).toEqual(new Set(calls.map((call) => call.sessionId)));
    for (const call of calls) expect(eventsOf(customer.accepted, call.sessionId)).toEqual(WHOLE_CALL);
  });

  it('that was asked about the call is told the rest of it, in order', async () => {
    const customer = await sink();
    const { journal, ...rest } = await node();
    const { appKey } = await makeApp(rest, urlsOf(customer));
    const call = new ScriptedCall(journal, appKey);
    call.event('callin');
    await journal.open(call.snapshot, undefined);
    for (const eventType of ['callout', 'alerting', 'answer']) await call.progress(eventType);
    await call.close();
    await customer.waitFor(({ accepted }) => recordsOf(accepted).length === 1);
    expect(eventsOf(customer.accepted, call.sessionId)).toEqual(WHOLE_CALL.slice(1));
    await until(async () => (await pending()) === 0);
    expect(rest.pusher.stats()).toMatchObject({ delivered: 5, failed: {} });
  });

  it('is told only what the application has a URL for', async () => {
    const customer = await sink();
    const { journal, ...rest } = await node();
    const { appKey } = await makeApp(rest, { feeUrl: `${customer.url}/fee` });
    await new ScriptedCall(journal, appKey).run();
    await new ScriptedCall(journal, '').run();
    await customer.waitFor(({ accepted }) => accepted.length === 1);
    await until(async () => (await pending()) === 0);
    expect(customer.requests.map(({ path }) => path)).toEqual(['/fee']);
    expect(await rig.sql`SELECT 1 FROM calls WHERE closed_at IS NOT NULL`).toHaveLength(2);
  });
});

describe('a customer that fails', () => {
  it('hears the same bytes under the same id until it says 200, and nothing later of that call before', async () => {
    const customer = await sink();
    const { journal, ...rest } = await node();
    const { appKey } = await makeApp(rest, urlsOf(customer));
    const failures = [301, 500, 204];
    customer.rule = ({ body }) => (body.includes('"callin"') ? (failures.shift() ?? 200) : 200);
    const call = new ScriptedCall(journal, appKey);
    await call.run();
    await customer.waitFor(({ accepted }) => eventsOf(accepted, call.sessionId).length === 5);
    const attempts = customer.requests.filter(({ body }) => body.includes('"callin"'));
    expect(attempts.map(({ status }) => status)).toEqual([301, 500, 204, 200]);
    expect(new Set(attempts.map(({ id, body }) => `${id} ${body}`)).size).toBe(1);
    expect(eventsOf(customer.accepted, call.sessionId)).toEqual(WHOLE_CALL);
    expect(rest.pusher.stats().failed).toEqual({ status: 3 });
  });

  it('does not stop the other calls of the same customer', async () => {
    const customer = await sink();
    const { journal, ...rest } = await node({ retrySeconds: [600] });
    const { appKey } = await makeApp(rest, urlsOf(customer));
    const bad = new ScriptedCall(journal, appKey);
    customer.rule = ({ body, path }) => (path === '/status' && body.includes(bad.sessionId) ? 500 : 200);
    await bad.run();
    const good = Array.from({ length: 20 }, () => new ScriptedCall(journal, appKey));
    for (const call of good) await call.run();
    await customer.waitFor(({ accepted }) => recordsOf(accepted).length === 21);
    await customer.waitFor(({ accepted }) =>
      good.every((call) => eventsOf(accepted, call.sessionId).length === 5),
    );
    for (const call of good) expect(eventsOf(customer.accepted, call.sessionId)).toEqual(WHOLE_CALL);
    expect(
      customer.requests.filter(({ body, path }) => path === '/status' && body.includes(bad.sessionId)),
    ).toHaveLength(1);
  });

  it('has what is on its way counted, whatever failed before', async () => {
    const customer = await sink();
    const { journal, ...rest } = await node({ retrySeconds: [600], timeoutSeconds: 30 });
    const { appKey } = await makeApp(rest, urlsOf(customer));
    const failures = [500];
    customer.rule = () => failures.shift() ?? 'hang';
    await new ScriptedCall(journal, appKey).open();
    await until(() => rest.pusher.stats().failed.status === 1);
    await new ScriptedCall(journal, appKey).open();
    await until(() => customer.requests.length === 2);
    expect(rest.pusher.stats().depth).toBeGreaterThan(0);
  });

  it('loses nothing while its port is closed, and keeps the order', async () => {
    const customer = await sink();
    const { journal, ...rest } = await node({ retrySeconds: Array(200).fill(0.1) });
    const { appKey } = await makeApp(rest, urlsOf(customer));
    const calls = Array.from({ length: 60 }, () => new ScriptedCall(journal, appKey));
    await Promise.all(calls.slice(0, 20).map((call) => call.run()));
    await customer.close();
    await Promise.all(calls.slice(20, 40).map((call) => call.run()));
    await until(() => (rest.pusher.stats().failed.connect ?? 0) > 20);
    await customer.open();
    await Promise.all(calls.slice(40).map((call) => call.run()));
    await customer.waitFor(({ accepted }) => recordsOf(accepted).length === 60);
    await customer.waitFor(({ accepted }) =>
      calls.every((call) => eventsOf(accepted, call.sessionId).length === 5),
    );
    for (const call of calls) expect(eventsOf(customer.accepted, call.sessionId)).toEqual(WHOLE_CALL);
    expect(new Set(recordsOf(customer.accepted)).size).toBe(60);
    await until(async () => (await pending()) === 0);
  });

  it('that never answers delays no other customer', async () => {
    const [dead, alive] = [await sink(), await sink()];
    dead.rule = 'hang';
    const { journal, ...rest } = await node({ timeoutSeconds: 4 });
    const deadApp = await makeApp(rest, urlsOf(dead));
    const aliveApp = await makeApp(rest, urlsOf(alive));
    await Promise.all(Array.from({ length: 200 }, () => new ScriptedCall(journal, deadApp.appKey).run()));
    const startedAt = Date.now();
    await new ScriptedCall(journal, aliveApp.appKey).run();
    await alive.waitFor(({ accepted }) => accepted.length === 6);
    expect(Date.now() - startedAt).toBeLessThan(3_900);
    await until(() => (rest.pusher.stats().failed.timeout ?? 0) > 0);
  });

  it('gets the rest of a call after an event was given up; what was given up is listed and can be sent again', async () => {
    const customer = await sink();
    const { journal, pusher, ...rest } = await node({ retrySeconds: [0.05, 0.05] });
    const { appKey } = await makeApp(rest, urlsOf(customer));
    customer.rule = ({ body }) => (body.includes('"alerting"') || body.includes('"fee"') ? 503 : 200);
    const call = new ScriptedCall(journal, appKey);
    await call.run();
    await until(async () => (await listDeadLetters(rest, { appKey })).length === 2);
    await customer.waitFor(({ accepted }) => accepted.length === 4);
    const letters = await listDeadLetters(rest, { appKey });
    expect(letters.map(({ kind }) => kind).sort()).toEqual(['event', 'record']);
    expect(letters[0]).toMatchObject({ attempts: 3, lastError: 'status 503', sessionIds: [call.sessionId] });
    const before = customer.requests.filter(({ status }) => status === 503);
    customer.rule = 200;
    expect(await pusher.resend({ appKey, ids: letters.map(({ id }) => id) })).toBe(2);
    await customer.waitFor(({ accepted }) => accepted.length === 6);
    const again = customer.accepted.slice(-2).map(({ id, body }) => `${id} ${body}`);
    expect(new Set(again)).toEqual(new Set(before.map(({ id, body }) => `${id} ${body}`)));
    expect(await listDeadLetters(rest, { appKey })).toEqual([]);
  });

  it('is asked at its new address as soon as the operator changes it', async () => {
    const [old, moved] = [await sink(), await sink()];
    old.rule = 500;
    const { journal, sql, ...rest } = await node({ retrySeconds: Array(200).fill(0.05) });
    const { appKey } = await makeApp({ sql, ...rest }, urlsOf(old));
    const call = new ScriptedCall(journal, appKey);
    await call.run();
    await old.waitFor(({ requests }) => requests.length > 2);
    await sql`UPDATE apps SET status_url = ${`${moved.url}/a`}, fee_url = ${`${moved.url}/b`} WHERE app_key = ${appKey}`;
    await moved.waitFor(({ accepted }) => accepted.length === 6);
    expect(eventsOf(moved.accepted, call.sessionId)).toEqual(WHOLE_CALL);
  });

  it('is not lost when it closes the connection just as a message is sent', async () => {
    const customer = await sink();
    const { journal, ...rest } = await node({ retrySeconds: [600] });
    const { appKey } = await makeApp(rest, urlsOf(customer));
    let resets = 1;
    customer.rule = () => (resets-- > 0 ? 'reset' : 200);
    await new ScriptedCall(journal, appKey).run();
    await customer.waitFor(({ accepted }) => accepted.length === 6);
    expect(rest.pusher.stats().failed).toEqual({});
  });
});

describe('what another life has left', () => {
  it('is delivered by the next life of the same node at once, in order and under the same ids', async () => {
    const customer = await sink();
    customer.rule = 500;
    const first = await startNode({
      url: rig.url,
      nodeId: 'one',
      heartbeat: false,
      retrySeconds: Array(9).fill(0.3),
    });
    const { appKey } = await makeApp(first, urlsOf(customer));
    const calls = Array.from({ length: 30 }, () => new ScriptedCall(first.journal, appKey));
    await Promise.all(calls.map((call) => call.run()));
    await customer.waitFor(({ requests }) => requests.some(({ path }) => path === '/fee'));
    await first.stop();
    customer.rule = 200;
    const before = customer.requests.length;
    await node({ nodeId: 'one' });
    await customer.waitFor(({ accepted }) => recordsOf(accepted).length === 30);
    await customer.waitFor(({ accepted }) =>
      calls.every((call) => eventsOf(accepted, call.sessionId).length === 5),
    );
    for (const call of calls) expect(eventsOf(customer.accepted, call.sessionId)).toEqual(WHOLE_CALL);
    const seenBefore = new Map(customer.requests.slice(0, before).map(({ id, body }) => [id, body]));
    for (const { id, body } of customer.accepted) expect(seenBefore.get(id) ?? body).toBe(body);
  });

  it('of a living node is left alone, and taken over when its heartbeat stops', async () => {
    const customer = await sink();
    customer.rule = 500;
    const first = await startNode({
      url: rig.url,
      nodeId: 'one',
      heartbeat: false,
      retrySeconds: Array(9).fill(0.1),
    });
    const { appKey } = await makeApp(first, urlsOf(customer));
    const call = new ScriptedCall(first.journal, appKey);
    await call.run();
    await customer.waitFor(({ requests }) => requests.length > 1);
    await first.stop();
    customer.rule = 200;
    await node({ nodeId: 'two', deadSeconds: 1 });
    expect(customer.accepted).toHaveLength(0);
    await customer.waitFor(({ accepted }) => accepted.length === 6);
    expect(eventsOf(customer.accepted, call.sessionId)).toEqual(WHOLE_CALL);
  });
});

describe('targets that are closed by default', () => {
  it.each([
    'http://127.0.0.1',
    'http://localhost',
    'http://[::1]',
    'http://[::ffff:127.0.0.1]',
    'http://0x7f.1',
  ])('%s is not dialled', async (host) => {
    const customer = await sink();
    const { journal, ...rest } = await node({ allow: [], retrySeconds: [] });
    const port = new URL(customer.url).port;
    const { appKey } = await makeApp(rest, { statusUrl: `${host}:${port}/status` });
    await new ScriptedCall(journal, appKey).open();
    await until(async () => (await listDeadLetters(rest, { appKey })).length === 1);
    expect((await listDeadLetters(rest, { appKey }))[0]).toMatchObject({ lastError: 'PUSH_TARGET_CLOSED' });
    expect(customer.connections).toBe(0);
  });
});
