import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Application } from '../kit/Application.ts';
import { Scenario } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';
import { WebhookSink } from '../kit/WebhookSink.ts';

let scenario: Scenario;
/** A second node on the same database, at which the operator works. */
let neighbour: Application;
/** Where the customer hears of his numbers. */
let numbersSink: WebhookSink;

beforeAll(async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  const env = { AXBRIDGE_SEAL_KEY: randomBytes(32).toString('base64'), AXBRIDGE_SP_ID: 'house' };
  const { url } = database;
  scenario = await Scenario.start({ database: url, env, anna: { sound: false }, ben: { sound: false } });
  neighbour = await Application.start({ database: url, env, sip: scenario.application.sip });
  numbersSink = await WebhookSink.start();
});

afterAll(async () => {
  await neighbour?.stop();
  await scenario?.close();
  await numbersSink?.close();
});

it('the record of a call names the default account, whose id is the setting', async () => {
  const { pair, atAnna, atBen } = await scenario.talk();
  await atAnna.hangUp();
  await atBen.end();
  const [told] = await scenario.told(pair.x);
  expect(told?.records[0]?.fields).toMatchObject({ spId: 'house' });
});

it('an account frozen at another node has no new calls within a second; the call in progress goes on', async () => {
  const { admin } = neighbour;
  await admin.send('POST', '/accounts', { accountId: 'sp01', name: 'ride' });
  await scenario.app.change({ accountId: 'sp01' });
  const { pair, atAnna, atBen } = await scenario.talk();
  const other = await scenario.bind();

  const frozenAt = Date.now();
  await admin.send('PATCH', '/accounts/sp01', { state: 'frozen' });
  await expect.poll(() => statusOf(other), { interval: 20, timeout: 1000 }).toBe(403);
  expect(Date.now() - frozenAt).toBeLessThan(1000);
  expect((await scenario.partner.query({ relationNum: pair.x })).body.resultcode).toBe('1010029');
  expect(atAnna.isOver).toBe(false);
  expect(await atAnna.hangUp()).toBe(200);
  await atBen.end();

  const [talked] = await scenario.told(pair.x);
  expect(talked?.records[0]?.fields).toMatchObject({ spId: 'sp01', ulFailReason: 0 });
  const refused = (await scenario.told(other.x)).at(-1);
  expect(refused?.records[0]?.fields).toMatchObject({ spId: 'sp01', ulFailReason: 7108 });

  await admin.send('PATCH', '/accounts/sp01', { state: 'normal' });
  await expect.poll(() => statusOf(other), { interval: 20, timeout: 1000 }).toBe(486);
});

it('a number taken out of service at another node is told, and refuses calls (8055), also after a move', async () => {
  const { admin } = neighbour;
  const numberStatusUrl = `${numbersSink.url}/numbers`;
  await scenario.app.change({ pushNumberStatus: true, numberStatusUrl });
  const pair = await scenario.bind();
  await admin.send('PATCH', `/numbers/${pair.x}`, { state: 'unavailable', cause: 'stopped' });
  await numbersSink.waitFor(({ accepted }) => accepted.length === 1);
  await expect.poll(() => statusOf(pair), { interval: 20, timeout: 1000 }).not.toBe(486);
  const [refused] = await scenario.told(pair.x);
  expect(refused?.records[0]?.fields).toMatchObject({ ulFailReason: 8055 });

  await admin.send('PATCH', `/numbers/${pair.x}`, { state: 'normal' });
  const other = await scenario.tenant('AXB');
  await admin.send('POST', `/numbers/${pair.x}/move`, { appKey: other.appKey });
  await numbersSink.waitFor(({ accepted }) => accepted.length === 3);
  expect(numbersSink.accepted.map(({ body }) => JSON.parse(body).numInfo)).toEqual([
    [{ number: pair.x, status: '10', cause: '3' }],
    [{ number: pair.x, status: '5' }],
    [{ number: pair.x, status: '10', cause: '1' }],
  ]);
});

/** What Anna hears who dials X; Ben is busy. */
async function statusOf({ a, x }: { readonly a: string; readonly x: string }): Promise<number> {
  const call = await scenario.anna.call(x, { from: a });
  const end = call.end();
  await Promise.race([end, scenario.ben.nextCall().then((ringing) => ringing.reject(486))]);
  return (await end).status;
}
