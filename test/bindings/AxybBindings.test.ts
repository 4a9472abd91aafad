import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AxybBindRequest, AxybRelateRequest } from '../../src/bindings/axybTypes.ts';
import type { App } from '../../src/store/apps.ts';
import { MOST_RELATIONS_ON_Y } from '../../src/store/axybBindings.ts';
import { BindingsUnderTest, outcomesOf, START } from './bindingsUnderTest.ts';

let rig: BindingsUnderTest;
let app: App;

beforeAll(async () => {
  rig = await BindingsUnderTest.start();
});
afterAll(() => rig.close());
beforeEach(async () => {
  rig.now = START;
  app = await rig.addApp('AXYB');
});

const bind = (more: Partial<AxybBindRequest> = {}, node = 0) =>
  (node === 0 ? rig.nodes[0] : rig.nodes[1]).axyb.bind(app, {
    origNum: rig.person(),
    callDirection: 0,
    duration: 0,
    recordFlag: false,
    ...more,
  });
const relate = (subscriptionId: string, more: Partial<AxybRelateRequest> = {}, node = 0) =>
  (node === 0 ? rig.nodes[0] : rig.nodes[1]).axyb.relate(app, {
    subscriptionId,
    origNum: rig.person(),
    ybDuration: 0,
    ...more,
  });

describe('AxybBindings', () => {
  it('gives five X to one A and not one more, over two nodes', async () => {
    await rig.addNumbers(app, 20);
    const origNum = rig.person();
    const attempts = Array.from({ length: 20 }, (_, index) => bind({ origNum }, index % 2));
    expect(await outcomesOf(attempts)).toEqual({ made: 5, refused: ['too-many-x'] });
  });

  it('gives each free X to one A, and none to the rest, over two nodes', async () => {
    await rig.addNumbers(app, 12);
    const attempts = Array.from({ length: 20 }, (_, index) => bind({}, index % 2));
    expect(await outcomesOf(attempts)).toEqual({ made: 12, refused: ['no-free-x'] });
    expect(await rig.isCountedRight(app)).toBe(true);
  });

  it('gives a B one Y for this A, and an A another Y for each B, over two nodes', async () => {
    await rig.addNumbers(app, 5);
    const { subscriptionId } = await bind();
    const origNum = rig.person();
    const same = Array.from({ length: 10 }, (_, index) => relate(subscriptionId, { origNum }, index % 2));
    expect(await outcomesOf(same)).toEqual({ made: 1, refused: ['binding-exists'] });
    const others = Array.from({ length: 10 }, (_, index) => relate(subscriptionId, {}, index % 2));
    expect(await outcomesOf(others)).toEqual({ made: 3, refused: ['no-free-x'] });
    expect(await rig.isCountedRight(app)).toBe(true);
  });

  it('never makes an X a Y, nor a Y an X, when both are asked for at once', async () => {
    await rig.addNumbers(app, 10);
    const bound = [await bind(), await bind()];
    const attempts = Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0 ? bind({}, index % 4) : relate(bound[index % 4 === 1 ? 0 : 1]?.subscriptionId ?? ''),
    );
    await outcomesOf(attempts);
    const both = await rig.sql`SELECT FROM axyb_bindings b JOIN axyb_relations r ON r.y = b.x`;
    expect(both).toHaveLength(0);
    expect(await rig.isCountedRight(app)).toBe(true);
  });

  it('puts 1000 relations on one Y and not one more', async () => {
    const numbers = await rig.addNumbers(app, 5);
    const bound = [await bind(), await bind(), await bind()];
    const [first = '', second = '', third = ''] = bound.map(({ subscriptionId }) => subscriptionId);
    const y = await relate(first);
    await rig.sql`UPDATE numbers SET bindings = ${MOST_RELATIONS_ON_Y - 1} WHERE number = ${y}`;
    expect(await relate(second)).toBe(y);
    const further = await relate(third);
    expect(further).not.toBe(y);
    expect(numbers).toContain(further);
  });

  it('takes the Y with the fewest relations', async () => {
    await rig.addNumbers(app, 10, '010');
    const ids: string[] = [];
    for (let count = 0; count < 4; count++) ids.push((await bind()).subscriptionId);
    const [first = '', second = '', third = '', fourth = ''] = ids;
    const ys = [await relate(first), await relate(first)];
    const [used, spare] = [await relate(second), await relate(third)];
    expect([used, spare].sort()).toEqual([...ys].sort());
    await rig.nodes[0].axyb.unrelate(app, third, { yNum: spare });
    expect(await relate(fourth, { areaCode: '010' })).toBe(spare);
  });

  it('tells its own node of both numbers of a change before it answers', async () => {
    await rig.addNumbers(app, 2);
    const before = rig.told.length;
    const { subscriptionId, x } = await bind();
    const y = await relate(subscriptionId);
    await rig.nodes[0].axyb.unrelate(app, subscriptionId, { yNum: y });
    const again = await relate(subscriptionId);
    await rig.nodes[0].axyb.unbind(app, subscriptionId);
    expect(rig.told.slice(before)).toEqual([x, x, y, x, y, x, again, x, again]);
  });

  it('stores no number of a person in the clear', async () => {
    await rig.addNumbers(app, 2);
    const [a, b] = [rig.person(), rig.person()];
    const { subscriptionId } = await bind({ origNum: a });
    await relate(subscriptionId, { origNum: b });
    const rows = await rig.sql`
      SELECT b::text || r::text AS row FROM axyb_bindings b JOIN axyb_relations r USING (subscription_id)
      WHERE b.subscription_id = ${subscriptionId}`;
    for (const number of [a, b]) {
      expect(rows[0]?.row).not.toContain(number.slice(4));
      expect(rows[0]?.row).not.toContain(Buffer.from(number.slice(4)).toString('hex'));
    }
  });
});

describe('an AXYB binding that has expired', () => {
  it('is there until its last millisecond, and for nobody after it, with all its relations', async () => {
    await rig.addNumbers(app, 3);
    const { subscriptionId, x } = await bind({ duration: 60 });
    const y = await relate(subscriptionId);
    const { axyb } = rig.nodes[0];
    rig.now = START + 59_999;
    expect(await axyb.query(app, { relationNum: y })).toHaveLength(1);
    rig.now = START + 60_000;
    const attempts = [
      axyb.query(app, { subscriptionId }),
      axyb.query(app, { relationNum: x }),
      axyb.query(app, { relationNum: y }),
      axyb.unrelate(app, subscriptionId, { yNum: y }),
      axyb.unbind(app, subscriptionId),
      relate(subscriptionId),
    ];
    expect(await outcomesOf(attempts)).toEqual({ made: 0, refused: ['no-such-binding'] });
  });

  it('does not stand in the way of its X, its Y, or another X of its A', async () => {
    await rig.addNumbers(app, 6);
    const origNum = rig.person();
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) {
      ids.push((await bind({ origNum, duration: 60 })).subscriptionId);
    }
    await relate(ids[0] ?? '');
    await expect(bind({ origNum })).rejects.toMatchObject({ code: 'too-many-x' });
    await expect(bind()).rejects.toMatchObject({ code: 'no-free-x' });
    rig.now = START + 60_000;
    for (let count = 0; count < 5; count++) await bind({ origNum });
    expect((await bind()).x).toBeDefined();
    expect(await rig.isCountedRight(app)).toBe(true);
  });
});

describe('an AXYB relation that has expired', () => {
  it('is gone, and its binding stands', async () => {
    await rig.addNumbers(app, 2);
    const { subscriptionId, x } = await bind();
    const y = await relate(subscriptionId, { ybDuration: 60 });
    const { axyb } = rig.nodes[0];
    rig.now = START + 60_000;
    const found = await axyb.query(app, { subscriptionId });
    expect(found).toMatchObject([{ numX: x }]);
    expect(found[0]?.relation).toBeUndefined();
    await expect(axyb.query(app, { relationNum: y })).rejects.toMatchObject({ code: 'no-such-binding' });
    const unrelate = axyb.unrelate(app, subscriptionId, { yNum: y });
    await expect(unrelate).rejects.toMatchObject({ code: 'no-such-binding' });
  });

  it('does not stand in the way of its B, its Y, or of a new X', async () => {
    await rig.addNumbers(app, 2);
    const { subscriptionId } = await bind();
    const origNum = rig.person();
    const y = await relate(subscriptionId, { origNum, ybDuration: 60 });
    rig.now = START + 60_000;
    expect(await relate(subscriptionId, { origNum, ybDuration: 60 })).toBe(y);
    rig.now += 60_000;
    expect((await bind()).x).toBe(y);
    expect(await rig.isCountedRight(app)).toBe(true);
  });
});
