import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { NewApp } from '../../src/store/apps.ts';
import { listDeadLetters } from '../../src/store/deadLetters.ts';
import {
  type ChangedNumbers,
  deleteNumber,
  moveNumbers,
  type NewState,
  setNumberStates,
} from '../../src/store/numberChanges.ts';
import { numberStatusBody } from '../../src/store/numberStatus.ts';
import { insertNumbers } from '../../src/store/numbers.ts';
import { hasValidAksk, hasValidSignature, type SinkRequest } from '../kit/WebhookSink.ts';
import { NodesAndSinks } from './NodesAndSinks.ts';
import { makeApp, type NodeSettings, type NodeUnderTest } from './pushUnderTest.ts';

let rig: NodesAndSinks;
let numbersMade = 0;

beforeAll(async () => {
  rig = await NodesAndSinks.start();
});
afterEach(() => rig.endTest());
afterAll(() => rig.close());

const node = (settings: Partial<NodeSettings> = {}) => rig.node(settings);
const sink = () => rig.sink();

/** An application that wants to hear of its numbers, with so many of them. */
async function customerOf(
  on: NodeUnderTest,
  app: Partial<NewApp>,
  count = 1,
): Promise<{ appKey: string; appSecret: string; numbers: string[] }> {
  const made = await makeApp(on, { pushNumberStatus: true, ...app });
  const numbers = Array.from({ length: count }, () => `+86170${String(++numbersMade).padStart(8, '0')}`);
  await insertNumbers(
    on.sql,
    made.appKey,
    numbers.map((number) => ({ number })),
  );
  return { ...made, numbers };
}

/** What the admin API does with a change. */
async function change(
  on: NodeUnderTest,
  numbers: readonly string[],
  state: NewState,
): Promise<ChangedNumbers> {
  const changed = await setNumberStates(on.sql, on, numbers, state);
  for (const appKey of changed.told) on.pusher.sendFiled(appKey);
  return changed;
}

const bodyOf = ({ body }: SinkRequest) => JSON.parse(body);
const pending = () => rig.pending();

describe('the body of a number status message', () => {
  it.each<[NewState, object]>([
    [{ state: 'normal' }, { status: '5' }],
    [{ state: 'suspended' }, { status: '9' }],
    [{ state: 'bind-frozen' }, { status: '11' }],
    [
      { state: 'unavailable', cause: 'deleted' },
      { status: '10', cause: '1' },
    ],
    [
      { state: 'unavailable', cause: 'arrears' },
      { status: '10', cause: '2' },
    ],
    [
      { state: 'unavailable', cause: 'stopped' },
      { status: '10', cause: '3' },
    ],
    [
      { state: 'unavailable', cause: 'barred' },
      { status: '10', cause: '5' },
    ],
    [
      { state: 'unavailable', cause: 'unbarred' },
      { status: '10', cause: '6' },
    ],
    [
      { state: 'unavailable', cause: 'forwarding-on' },
      { status: '10', cause: '7' },
    ],
    [
      { state: 'unavailable', cause: 'forwarding-off' },
      { status: '10', cause: '8' },
    ],
    [
      { state: 'returned', cause: 'arrears' },
      { status: '10', cause: '2' },
    ],
  ])('says of %j what the facts say', (state, told) => {
    const number = '+8617000005001';
    expect(JSON.parse(numberStatusBody([{ number, ...state }]))).toEqual({
      eventType: 'numStatus',
      numInfo: [{ number, ...told }],
    });
  });
});

describe('a change in the state of numbers', () => {
  it('is told to the numberStatusUrl, signed, once, and leaves nothing in the outbox', async () => {
    const customer = await sink();
    const on = await node();
    const urls = { statusUrl: `${customer.url}/status`, numberStatusUrl: `${customer.url}/numbers` };
    const { appKey, appSecret, numbers } = await customerOf(on, urls);
    await change(on, numbers, { state: 'unavailable', cause: 'arrears' });
    await customer.waitFor(({ accepted }) => accepted.length === 1);
    const [request] = customer.requests;
    if (request === undefined) throw new Error('no request');
    expect(request.path).toBe('/numbers');
    expect(bodyOf(request)).toEqual({
      eventType: 'numStatus',
      numInfo: [{ number: numbers[0], status: '10', cause: '2' }],
    });
    expect(hasValidSignature(request, appSecret)).toBe(true);
    expect(hasValidAksk(request, appKey, appSecret)).toBe(true);
    await expect.poll(pending, { interval: 10 }).toBe(0);
  });

  it('goes to the statusUrl where there is no other, and nowhere where the switch is off or there is no URL', async () => {
    const customer = await sink();
    const on = await node();
    const statusUrl = `${customer.url}/status`;
    const off = await customerOf(on, { statusUrl, pushNumberStatus: false });
    const nowhere = await customerOf(on, { feeUrl: `${customer.url}/fee` });
    const wanted = await customerOf(on, { statusUrl });
    for (const { numbers } of [off, nowhere]) {
      expect((await change(on, numbers, { state: 'suspended' })).told).toEqual([]);
    }
    expect(await pending()).toBe(0);
    await change(on, wanted.numbers, { state: 'suspended' });
    await customer.waitFor(({ accepted }) => accepted.length === 1);
    expect(customer.requests.map(({ path }) => path)).toEqual(['/status']);
  });

  it('is no news where nothing changes, but is where only the cause does', async () => {
    const customer = await sink();
    const on = await node();
    const { numbers } = await customerOf(on, { statusUrl: customer.url });
    await change(on, numbers, { state: 'unavailable', cause: 'arrears' });
    expect((await change(on, numbers, { state: 'unavailable', cause: 'arrears' })).told).toEqual([]);
    await change(on, numbers, { state: 'unavailable', cause: 'stopped' });
    await customer.waitFor(({ accepted }) => accepted.length === 2);
    expect(customer.requests.map((each) => bodyOf(each).numInfo[0].cause)).toEqual(['2', '3']);
  });

  it('of many numbers is told in one message for each application, of at most 100 numbers', async () => {
    const customer = await sink();
    const on = await node();
    const one = await customerOf(on, { statusUrl: `${customer.url}/one` }, 130);
    const other = await customerOf(on, { statusUrl: `${customer.url}/other` }, 2);
    const { told } = await change(on, [...one.numbers, ...other.numbers], { state: 'suspended' });
    expect([...told].sort()).toEqual([one.appKey, other.appKey].sort());
    await customer.waitFor(({ accepted }) => accepted.length === 3);
    const sizes = (path: string) =>
      customer.requests.filter((each) => each.path === path).map((each) => bodyOf(each).numInfo.length);
    expect(sizes('/one')).toEqual([100, 30]);
    expect(sizes('/other')).toEqual([2]);
  });

  it('comes in the order of the changes, also when the customer is away meanwhile', async () => {
    const customer = await sink();
    const on = await node();
    const { numbers } = await customerOf(on, { statusUrl: customer.url });
    customer.rule = 503;
    const states = ['suspended', 'normal', 'bind-frozen', 'normal', 'suspended'] as const;
    for (const state of states) await change(on, numbers, { state });
    await customer.waitFor(({ requests }) => requests.length > 0);
    customer.rule = 200;
    await customer.waitFor(({ accepted }) => accepted.length === states.length);
    expect(customer.accepted.map((each) => bodyOf(each).numInfo[0].status)).toEqual([
      '9',
      '5',
      '11',
      '5',
      '9',
    ]);
    expect(new Set(customer.requests.map(({ id }) => id)).size).toBe(states.length);
  });

  it('is told at once after one that was still under way when it came', async () => {
    const customer = await sink();
    const on = await node();
    const { numbers } = await customerOf(on, { statusUrl: customer.url });
    const released = Promise.withResolvers<void>();
    customer.rule = { body: '', after: released.promise };
    await change(on, numbers, { state: 'suspended' });
    await customer.waitFor(({ requests }) => requests.length === 1);
    customer.rule = 200;
    await change(on, numbers, { state: 'normal' });
    await expect.poll(pending, { interval: 10 }).toBe(2);
    released.resolve();
    await customer.waitFor(({ requests }) => requests.length === 2, 1000);
    expect(customer.requests.map((each) => bodyOf(each).numInfo[0].status)).toEqual(['9', '5']);
  });

  it('is told once it is committed, and never where it was not', async () => {
    const customer = await sink();
    const on = await node();
    const { numbers } = await customerOf(on, { statusUrl: customer.url });
    const unknown = '+8617099999999';
    await expect(setNumberStates(on.sql, on, [...numbers, unknown], { state: 'suspended' })).rejects.toThrow(
      'There is no number +86170****9999',
    );
    expect(await pending()).toBe(0);
  });
});

describe('a number that an application loses', () => {
  it('is told as deleted: moved away, or deleted; the application that gets it hears nothing', async () => {
    const customer = await sink();
    const on = await node();
    const from = await customerOf(on, { statusUrl: `${customer.url}/from` }, 2);
    const to = await customerOf(on, { statusUrl: `${customer.url}/to` });
    const [moved = '', deleted = ''] = from.numbers;
    const { told } = await moveNumbers(on.sql, on, [moved], to.appKey);
    expect(told).toEqual([from.appKey]);
    on.pusher.sendFiled(from.appKey);
    expect(await deleteNumber(on.sql, on, deleted)).toEqual({ outcome: 'deleted', told: [from.appKey] });
    on.pusher.sendFiled(from.appKey);
    await customer.waitFor(({ accepted }) => accepted.length === 2);
    expect(customer.requests.map(bodyOf)).toEqual(
      [moved, deleted].map((number) => ({
        eventType: 'numStatus',
        numInfo: [{ number, status: '10', cause: '1' }],
      })),
    );
    expect(customer.requests.map(({ path }) => path)).toEqual(['/from', '/from']);
  });

  it('is told once where it was returned before', async () => {
    const on = await node();
    const { numbers } = await customerOf(on, { statusUrl: 'http://127.0.0.1:1/' });
    const [number = ''] = numbers;
    await setNumberStates(on.sql, on, numbers, { state: 'returned', cause: 'deleted' });
    expect(await deleteNumber(on.sql, on, number)).toEqual({ outcome: 'deleted', told: [] });
    expect(await pending()).toBe(1);
  });
});

describe('a number status message that is not accepted', () => {
  it('is given up after the last attempt, stands among the dead letters, and can be sent again', async () => {
    const customer = await sink();
    customer.rule = 500;
    const on = await node({ retrySeconds: [0.02, 0.02] });
    const { appKey, numbers } = await customerOf(on, { statusUrl: customer.url });
    await change(on, numbers, { state: 'suspended' });
    await expect.poll(async () => (await listDeadLetters(on, { appKey })).length, { interval: 20 }).toBe(1);
    const [letter] = await listDeadLetters(on, { appKey });
    expect(letter).toMatchObject({ kind: 'number', attempts: 3, lastError: 'status 500' });
    customer.rule = 200;
    expect(await on.pusher.resend({ appKey })).toBe(1);
    await customer.waitFor(({ accepted }) => accepted.length === 1);
    expect(customer.accepted[0]?.id).toBe(letter?.id);
  });

  it('outlives the node that filed it: another one sends it', async () => {
    const customer = await sink();
    const dead = await node({ heartbeat: false, deadSeconds: 0.5 });
    const { numbers } = await customerOf(dead, { statusUrl: customer.url });
    // As after a kill -9 between the commit and the sending.
    await setNumberStates(dead.sql, { ...dead, life: dead.life }, numbers, { state: 'suspended' });
    await node({ deadSeconds: 0.5, nodeId: randomUUID() });
    await customer.waitFor(({ accepted }) => accepted.length === 1);
    expect(bodyOf(customer.accepted[0] as SinkRequest).numInfo).toEqual([
      { number: numbers[0], status: '9' },
    ]);
  });
});
