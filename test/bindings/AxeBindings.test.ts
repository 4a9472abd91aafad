import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AxeBindRequest } from '../../src/bindings/axeTypes.ts';
import type { App } from '../../src/store/apps.ts';
import { deleteNumber } from '../../src/store/numberChanges.ts';
import { numberWriter } from '../kit/numberWriter.ts';
import { BindingsUnderTest, outcomesOf, START } from './bindingsUnderTest.ts';

const MINUTE_MS = 60_000;

let rig: BindingsUnderTest;
let app: App;
let x: string;

beforeAll(async () => {
  rig = await BindingsUnderTest.start();
});
afterAll(() => rig.close());
beforeEach(async () => {
  rig.now = START;
  app = await rig.addApp('AXE', { extensionDigits: 1 });
  [x = ''] = await rig.addNumbers(app, 1, '0571');
});

const request = (more: Partial<AxeBindRequest> = {}): AxeBindRequest => ({
  bindNum: rig.person(),
  showsCaller: false,
  recordFlag: false,
  timeUnit: 1,
  bindExpiredTime: 0,
  callbackExpiredTime: 0,
  ...more,
});
const bind = (more: Partial<AxeBindRequest> = {}, node = 0) =>
  (node === 0 ? rig.nodes[0] : rig.nodes[1]).axe.bind(app, request(more));

describe('AxeBindings.bind', () => {
  it('lets exactly one of many A win an extension, over two nodes', async () => {
    const attempts = Array.from({ length: 30 }, (_, index) =>
      bind({ virtualNum: x, extendNum: '7' }, index % 2),
    );
    expect(await outcomesOf(attempts)).toEqual({ made: 1, refused: ['extension-taken'] });
    expect(await rig.loadOf(x)).toBe(1);
  });

  it('gives one A one extension on an X, over two nodes', async () => {
    const bindNum = rig.person();
    const attempts = Array.from({ length: 30 }, (_, index) => bind({ virtualNum: x, bindNum }, index % 2));
    expect(await outcomesOf(attempts)).toEqual({ made: 1, refused: ['binding-exists'] });
  });

  it('gives every extension once, and none to the rest, over two nodes', async () => {
    const attempts = Array.from({ length: 20 }, (_, index) => bind({ virtualNum: x }, index % 2));
    expect(await outcomesOf(attempts)).toEqual({ made: 9, refused: ['no-free-extension'] });
    const { items } = await rig.nodes[0].axe.list(app, { cursor: '0', limit: 20 });
    expect(items.map(({ extendNum }) => extendNum).sort()).toEqual([...'123456789']);
  });

  it('fills the X with the fewest bindings first, past those on which A is already', async () => {
    const numbers = [x, ...(await rig.addNumbers(app, 2, '0571'))];
    const bindNum = rig.person();
    const own = [await bind({ bindNum }), await bind({ bindNum }), await bind({ bindNum })];
    expect(own.map(({ virtualNum }) => virtualNum).sort()).toEqual(numbers);
    await expect(bind({ bindNum })).rejects.toMatchObject({ code: 'no-free-x' });
    const others = [await bind({}), await bind({ areaCode: '0571' }), await bind({})];
    expect(others.map(({ virtualNum }) => virtualNum).sort()).toEqual(numbers);
  });

  it('stores no number of a person in the clear', async () => {
    const [bindNum, callbackNum] = [rig.person(), rig.person()];
    await bind({ virtualNum: x, bindNum, callbackNum });
    const [row] = await rig.sql`SELECT axe_bindings::text AS row FROM axe_bindings WHERE x = ${x}`;
    for (const number of [bindNum, callbackNum]) {
      expect(row?.row).not.toContain(number.slice(4));
      expect(row?.row).not.toContain(Buffer.from(number.slice(4)).toString('hex'));
    }
  });

  it('tells its own node of every change before it answers', async () => {
    const before = rig.told.length;
    const { subscriptionId } = await bind({ virtualNum: x });
    await rig.nodes[0].axe.modify(app, { subscriptionId }, { userData: 'u' });
    await rig.nodes[0].axe.unbind(app, { subscriptionId });
    expect(rig.told.slice(before)).toEqual([x, x, x]);
  });
});

describe('an AXE binding that has expired', () => {
  it('is there until its last millisecond, and for nobody after it', async () => {
    const { subscriptionId } = await bind({ virtualNum: x, bindExpiredTime: 1 });
    const { axe } = rig.nodes[0];
    rig.now = START + MINUTE_MS - 1;
    await axe.query(app, { subscriptionId });
    rig.now = START + MINUTE_MS;
    const attempts = [
      axe.query(app, { subscriptionId }),
      axe.modify(app, { subscriptionId }, { userData: 'u' }),
      axe.unbind(app, { subscriptionId }),
    ];
    expect(await outcomesOf(attempts)).toEqual({ made: 0, refused: ['no-such-binding'] });
    expect((await axe.list(app, { cursor: '0', limit: 10 })).items).toEqual([]);
  });

  it('does not stand in the way of its extension, its A, or its place on a full X', async () => {
    const short = await bind({ virtualNum: x, extendNum: '1', bindExpiredTime: 1 });
    rig.now = START + MINUTE_MS;
    await bind({ virtualNum: x, extendNum: '1', bindNum: short.bindNum });
    expect(await rig.loadOf(x)).toBe(1);
    for (let extension = 2; extension <= 9; extension++) await bind({ bindExpiredTime: 1 });
    await expect(bind()).rejects.toMatchObject({ code: 'no-free-x' });
    await expect(bind({ virtualNum: x })).rejects.toMatchObject({ code: 'no-free-extension' });
    rig.now += MINUTE_MS;
    await bind();
    expect(await rig.loadOf(x)).toBe(2);
  });

  it('takes with it who called; so does an unbind, for its own extension alone', async () => {
    const { subscriptionId } = await bind({ virtualNum: x, extendNum: '1' });
    await bind({ virtualNum: x, extendNum: '2', bindExpiredTime: 1 });
    await rig.remember(app, x, '1');
    await rig.remember(app, x, '2');
    await rig.nodes[0].axe.unbind(app, { subscriptionId });
    expect(await rig.remembered(x)).toBe(1);
    rig.now = START + MINUTE_MS;
    await bind({ virtualNum: x, extendNum: '2' });
    expect(await rig.remembered(x)).toBe(0);
  });

  it('keeps its number from being deleted only until it is out of the way', async () => {
    await bind({ virtualNum: x, extendNum: '1', bindExpiredTime: 1 });
    expect((await deleteNumber(rig.sql, numberWriter, x)).outcome).toBe('in-use');
    rig.now = START + MINUTE_MS;
    const { subscriptionId } = await bind({ virtualNum: x, extendNum: '1' });
    await rig.nodes[0].axe.unbind(app, { subscriptionId });
    expect((await deleteNumber(rig.sql, numberWriter, x)).outcome).toBe('deleted');
  });
});

describe('AxeBindings.modify', () => {
  it('starts the clock again, in the unit of the bind unless another one is given', async () => {
    const { subscriptionId } = await bind({ virtualNum: x, bindExpiredTime: 10 });
    const { axe } = rig.nodes[0];
    rig.now += 9 * MINUTE_MS;
    await axe.modify(app, { subscriptionId }, { bindExpiredTime: 2 });
    rig.now += 2 * MINUTE_MS - 1;
    await axe.modify(app, { subscriptionId }, { bindExpiredTime: 1, timeUnit: 0 });
    rig.now += 60 * MINUTE_MS - 1;
    await axe.modify(app, { subscriptionId }, { userData: 'u' });
    rig.now += 1;
    await expect(axe.query(app, { subscriptionId })).rejects.toMatchObject({ code: 'no-such-binding' });
  });

  it('makes a binding last for ever', async () => {
    const { subscriptionId } = await bind({ virtualNum: x, bindExpiredTime: 10 });
    await rig.nodes[0].axe.modify(app, { subscriptionId }, { bindExpiredTime: 0 });
    rig.now += 1e12;
    await rig.nodes[0].axe.query(app, { subscriptionId });
  });
});
