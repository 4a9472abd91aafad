import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/bindings/Bindings.ts';
import type { WantedArea } from '../../src/bindings/PlaceSearch.ts';
import type { App } from '../../src/store/apps.ts';
import { BindingsUnderTest, outcomesOf } from './bindingsUnderTest.ts';

/** Of Hangzhou (0571); Ningbo (0574) is in the same province, Shanghai (021) is not. */
const OF_HANGZHOU = '+8613857100001';
const PLAIN = { recordFlag: false, callDirection: 0, duration: 0 } as const;
const TERMS = { maxDuration: 0, privateSms: true, preVoice: {} };

let rig: BindingsUnderTest;

beforeAll(async () => {
  rig = await BindingsUnderTest.start();
});
afterAll(() => rig.close());

/** One way of being given a number: a new binding for a person, of which the number comes back. */
interface Way {
  readonly mode: App['mode'];
  readonly bind: (bindings: Bindings, app: App, person: string, area: WantedArea) => Promise<string>;
  readonly unbind: (bindings: Bindings, app: App, number: string) => Promise<void>;
}

const idOf = async (table: string, number: string): Promise<string> => {
  const [row] = await rig.sql<{ subscription_id: string }[]>`
    SELECT subscription_id FROM ${rig.sql(table)} WHERE x = ${number} LIMIT 1`;
  return row?.subscription_id ?? '';
};

const WAYS: Record<string, Way> = {
  'X in AXB': {
    mode: 'AXB',
    bind: async ({ axb }, app, callerNum, area) =>
      (await axb.bind(app, { callerNum, calleeNum: rig.person(), ...area, ...PLAIN, ...TERMS })).relationNum,
    unbind: async ({ axb }, app, x) => axb.unbind(app, { subscriptionId: await idOf('bindings', x) }),
  },
  'X in AX': {
    mode: 'AX',
    bind: async ({ ax }, app, origNum, area) =>
      (await ax.bind(app, { origNum, ...area, showsCaller: false, recordFlag: false, ...TERMS })).privateNum,
    unbind: ({ ax }, app, privateNum) => ax.unbind(app, { privateNum }),
  },
  'X in AXE': {
    mode: 'AXE',
    bind: async ({ axe }, app, bindNum, area) => {
      const times = { timeUnit: 0, bindExpiredTime: 0, callbackExpiredTime: 0 } as const;
      const made = { bindNum, ...area, showsCaller: false, recordFlag: false, ...times };
      return (await axe.bind(app, made)).virtualNum;
    },
    unbind: async ({ axe }, app, x) => axe.unbind(app, { subscriptionId: await idOf('axe_bindings', x) }),
  },
  'X in AXYB': {
    mode: 'AXYB',
    bind: async ({ axyb }, app, origNum, area) => (await axyb.bind(app, { origNum, ...area, ...PLAIN })).x,
    unbind: async ({ axyb }, app, x) => axyb.unbind(app, await idOf('axyb_bindings', x)),
  },
};

describe.each(Object.entries(WAYS))('an %s', (_, { mode, bind, unbind }) => {
  const setUp = async (...cities: string[]) => {
    const app = await rig.addApp(mode, { extensionDigits: 1 });
    const numbers: string[] = [];
    for (const city of cities) numbers.push(...(await rig.addNumbers(app, 1, city)));
    // A city is full when all its numbers carry what they may; here: when they are taken out of service.
    const fill = async (number: string | undefined) =>
      rig.sql`UPDATE numbers SET state = 'bind-frozen' WHERE number = ${number ?? ''}`;
    return { app, numbers, fill };
  };

  it('loose: is of the city, then of the province, then any', async () => {
    const { app, numbers, fill } = await setUp('021', '0574', '0571');
    const [far, near, here] = numbers;
    const area = { areaCode: '0571', areaMatchMode: '1' } as const;
    expect(await bind(rig.nodes[0], app, rig.person(), area)).toBe(here);
    await fill(here);
    expect(await bind(rig.nodes[0], app, rig.person(), area)).toBe(near);
    await fill(near);
    expect(await bind(rig.nodes[0], app, rig.person(), area)).toBe(far);
    await fill(far);
    expect(await outcomesOf([bind(rig.nodes[0], app, rig.person(), area)])).toMatchObject({ made: 0 });
  });

  it('strict: is of the city, or there is none', async () => {
    const { app, numbers } = await setUp('0574', '021', '');
    const bound = bind(rig.nodes[0], app, rig.person(), { areaCode: '0571' });
    expect(await outcomesOf([bound])).toEqual({ made: 0, refused: ['no-free-x'] });
    expect(await bind(rig.nodes[0], app, rig.person(), { areaCode: '021' })).toBe(numbers[1]);
  });

  it("is of A's own city, then of its province, then any, when nobody names a city", async () => {
    const { app, numbers, fill } = await setUp('', '021', '0574', '0571');
    const [unknown, far, near, here] = numbers;
    expect(await bind(rig.nodes[0], app, OF_HANGZHOU, {})).toBe(here);
    await fill(here);
    expect(await bind(rig.nodes[0], app, OF_HANGZHOU, {})).toBe(near);
    await fill(near);
    expect([unknown, far]).toContain(await bind(rig.nodes[0], app, OF_HANGZHOU, {}));
  });

  it("is of A's own city, or of none that is told, when that is to be strict", async () => {
    const { app, numbers, fill } = await setUp('021', '', '0571');
    expect(await bind(rig.nodes[0], app, OF_HANGZHOU, { areaMatchMode: '0' })).toBe(numbers[2]);
    await fill(numbers[2]);
    expect(await bind(rig.nodes[0], app, OF_HANGZHOU, { areaMatchMode: '0' })).toBe(numbers[1]);
    await fill(numbers[1]);
    const bound = bind(rig.nodes[0], app, OF_HANGZHOU, { areaMatchMode: '0' });
    expect(await outcomesOf([bound])).toEqual({ made: 0, refused: ['no-free-x'] });
  });

  it('is given out again last when it was released last', async () => {
    const { app, numbers } = await setUp('0571', '0571', '0571');
    const area = { areaCode: '0571' };
    const order: string[] = [];
    for (let round = 0; round < 7; round++) {
      const x = await bind(rig.nodes[round % 2 === 0 ? 0 : 1], app, rig.person(), area);
      order.push(x);
      await unbind(rig.nodes[0], app, x);
    }
    expect(new Set(order.slice(0, 3))).toEqual(new Set(numbers));
    expect(order.slice(3)).toEqual([...order.slice(0, 3), order[0]]);
  });

  it('is shared evenly by those who ask at the same moment, over two nodes', async () => {
    const { app, numbers } = await setUp('0571', '0571', '0571', '0571');
    const most = mode === 'AXB' || mode === 'AXE' ? 20 : 4;
    const asked = Array.from({ length: most }, (_, index) =>
      bind(index % 2 === 0 ? rig.nodes[0] : rig.nodes[1], app, rig.person(), {
        areaCode: '0572',
        areaMatchMode: '1',
      }),
    );
    const given = Map.groupBy(await Promise.all(asked), (x) => x);
    expect([...given.values()].map((each) => each.length)).toEqual(numbers.map(() => most / 4));
  });
});

describe('a Y in AXYB', () => {
  it('is of the city, then of the province, then any: one that serves already before one that does not', async () => {
    const app = await rig.addApp('AXYB');
    const { axyb } = rig.nodes[0];
    await rig.addNumbers(app, 2, '010');
    const a = { areaCode: '010', ...PLAIN };
    const first = await axyb.bind(app, { origNum: rig.person(), ...a });
    const second = await axyb.bind(app, { origNum: rig.person(), ...a });
    const [far] = await rig.addNumbers(app, 1, '021');
    const [near] = await rig.addNumbers(app, 1, '0574');
    const loose = { areaCode: '0571', areaMatchMode: '1', ybDuration: 0 } as const;
    const relate = ({ subscriptionId }: { subscriptionId: string }) =>
      axyb.relate(app, { subscriptionId, origNum: rig.person(), ...loose });
    expect([await relate(first), await relate(second)]).toEqual([near, near]);
    const [here] = await rig.addNumbers(app, 1, '0571');
    expect([await relate(first), await relate(second)]).toEqual([here, here]);
    expect([await relate(first), await relate(second)]).toEqual([far, far]);
    expect(await outcomesOf([relate(first)])).toEqual({ made: 0, refused: ['no-free-x'] });
    expect(await rig.isCountedRight(app)).toBe(true);
  });

  it("is of B's own city when nobody names one, and of any other when that has none", async () => {
    const app = await rig.addApp('AXYB');
    const { axyb } = rig.nodes[0];
    await rig.addNumbers(app, 1, '010');
    const { subscriptionId } = await axyb.bind(app, { origNum: rig.person(), areaCode: '010', ...PLAIN });
    const [far] = await rig.addNumbers(app, 1, '021');
    const [here] = await rig.addNumbers(app, 1, '0571');
    const terms = { subscriptionId, areaMatchMode: '0', ybDuration: 0 } as const;
    expect(await axyb.relate(app, { origNum: OF_HANGZHOU, ...terms })).toBe(here);
    expect(await axyb.relate(app, { origNum: '+8613857100002', ...terms })).toBe(far);
  });
});

it('is found without compiling a statement, which PostgreSQL 17 and older would do for the plans that are ruled out', async () => {
  const compiled = await rig.sql`
    SELECT proname FROM pg_proc
    WHERE 'enable_hashjoin=off' = ANY(proconfig) AND NOT 'jit=off' = ANY(proconfig)`;
  expect(compiled).toEqual([]);
});
