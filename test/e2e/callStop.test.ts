import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Application } from '../kit/Application.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { type Pair, Scenario } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

let scenario: Scenario;
/** A second node on the same database. It carries none of the calls unless both share one SIP server. */
let neighbour: Application;

beforeAll(async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  const env = { AXBRIDGE_SEAL_KEY: randomBytes(32).toString('base64') };
  scenario = await Scenario.start({
    database: database.url,
    env,
    anna: { sound: false },
    ben: { sound: false },
    app: { recording: true },
  });
  neighbour = await Application.start({ database: database.url, env, sip: scenario.application.sip });
});

afterAll(async () => {
  await neighbour?.stop();
  await scenario?.close();
});

/** The session id of the one call on this X, as its customer learns it: from the callin event. */
async function sessionOf({ x }: Pair): Promise<string> {
  const callin = () =>
    scenario.sink.requests.find(({ path, body }) => path === '/status' && body.includes(`"${x}"`));
  await scenario.sink.waitFor(() => callin() !== undefined);
  return JSON.parse(callin()?.body ?? '').statusInfo.sessionId;
}

/** The customer was told that he ended the call himself, once and in full. */
async function expectStopped({ x }: Pair, events: readonly string[]): Promise<void> {
  const [told] = await scenario.told(x);
  expect(told?.events.map(({ eventType }) => eventType)).toEqual(events);
  expect(told?.events.at(-1)?.statusInfo).toMatchObject({
    stateCode: 8017,
    stateDesc: 'The customer ends the call (callStop).',
  });
  expect(told?.records).toHaveLength(1);
  expect(told?.records[0]?.fields).toMatchObject({ ulFailReason: 8017, fwdUnaswRsn: 0, sipStatusCode: 0 });
}

const at = (node: Application) => new PartnerClient(node.http, scenario.app.appKey, scenario.app.appSecret);

describe.each([
  ['the node that carries the call', () => scenario.application],
  ['another node', () => neighbour],
])('callStop at %s', (_where, node) => {
  it('ends a call that is not ringing yet', async () => {
    const pair = await scenario.bind();
    const call = await scenario.dial(pair);
    const arrived = await scenario.ben.nextCall();
    expect((await at(node()).stopCall(await sessionOf(pair))).body.resultcode).toBe('0');
    expect(await call.end()).toMatchObject({ status: 480, reason: 'Q.850;cause=16' });
    arrived.ring();
    expect(await arrived.end()).toMatchObject({ how: 'cancelled' });
    await expectStopped(pair, ['callin', 'callout', 'disconnect']);
  });

  it('ends a call that rings, through a media server', async () => {
    const pair = await scenario.bind({ recordFlag: 'true' });
    const call = await scenario.dial(pair);
    const ringing = await scenario.ben.nextCall();
    ringing.ring();
    await call.progress.next();
    expect((await at(node()).stopCall(await sessionOf(pair))).body.resultcode).toBe('0');
    expect(await call.end()).toMatchObject({ status: 480, reason: 'Q.850;cause=16' });
    expect(await ringing.end()).toMatchObject({ how: 'cancelled' });
    await expectStopped(pair, ['callin', 'callout', 'alerting', 'disconnect']);
  });

  it('cuts both sides of a call that talks, and then the call is over', async () => {
    const { pair, atAnna, atBen } = await scenario.talk();
    const sessionId = await sessionOf(pair);
    expect((await at(node()).stopCall(sessionId)).body.resultcode).toBe('0');
    const hungUp = { how: 'other-hung-up', reason: 'Q.850;cause=16' };
    expect(await Promise.all([atAnna.end(), atBen.end()])).toMatchObject([hungUp, hungUp]);
    await expectStopped(pair, ['callin', 'callout', 'alerting', 'answer', 'disconnect']);
    expect((await at(node()).stopCall(sessionId)).body.resultcode).toBe('1012007');
  });

  it('does nothing to the call of another application', async () => {
    const stranger = await scenario.admin.createApp({ name: 'stranger', mode: 'AXB' });
    const { pair, atAnna, atBen } = await scenario.talk();
    const client = new PartnerClient(node().http, stranger.appKey, stranger.appSecret);
    expect((await client.stopCall(await sessionOf(pair))).body.resultcode).toBe('1012007');
    expect(await atAnna.hangUp()).toBe(200);
    await atBen.end();
    const [told] = await scenario.told(pair.x);
    expect(told?.events.at(-1)?.statusInfo.stateCode).toBe(0);
  });
});
