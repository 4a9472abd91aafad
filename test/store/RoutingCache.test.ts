import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import type {
  AxbRelation,
  AxeRelation,
  AxRelation,
  AxybRelation,
  Found,
  Mode,
  Relation,
  RoutingTable,
} from '../../routing/types.ts';
import { Changes } from '../../src/store/changes.ts';
import { ExtensionOwners } from '../../src/store/ExtensionOwners.ts';
import { DEFAULT_GUARDS } from '../../src/store/guards.ts';
import { type AnswerTable, RoutingCache } from '../../src/store/RoutingCache.ts';
import { Sealer } from '../../src/store/sealing.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: console.error };
const X = '+8617000005001';
const A = '+8613800000001';

/** Changes that are trusted without a database. */
class TrustedChanges extends Changes {
  isTrusted = true;
  constructor() {
    super({ url: '', log });
  }
  override get trusted(): boolean {
    return this.isTrusted;
  }
}

const relationOf = (a: string, subscriptionId: string): AxbRelation => ({
  mode: 'AXB',
  subscriptionId,
  a,
  b: '+8613900000002',
  callDirection: 0,
  expiresAt: Number.POSITIVE_INFINITY,
  recordFlag: false,
  recordHintTone: undefined,
  maxDurationMinutes: 0,
  lastMinVoice: undefined,
  callerHintTone: undefined,
  calleeHintTone: undefined,
  userData: undefined,
});

const foundOf = (x: string, appKey: string, relation: Relation | undefined, mode: Mode = 'AXB'): Found => ({
  number: { number: x, areaCode: '', state: 'normal' },
  app: {
    ...{ appKey, mode, state: 'normal', recording: false, announcements: {} },
    ...{ callBackMemory: false, extensionDigits: 4, collectRepeats: 0, callBackNumber: undefined },
    account: { accountId: 'axbridge', state: 'normal', callFrequency: undefined },
    guards: DEFAULT_GUARDS,
  },
  relation,
});

/** A table whose answers come when the test says so. */
class SlowTable implements RoutingTable {
  readonly asked: {
    x: string;
    caller: string;
    answer: (found: Found | undefined) => void;
    fail: () => void;
  }[] = [];
  find(x: string, caller: string): Promise<Found | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Found | undefined>();
    this.asked.push({ x, caller, answer: resolve, fail: () => reject(new Error('away')) });
    return promise;
  }
}

function setUp(table: AnswerTable, more: { maxNumbers?: number; maxParties?: number } = {}) {
  const changes = new TrustedChanges();
  return { changes, cache: new RoutingCache({ table, changes, maxNumbers: 100, ...more }) };
}

describe('RoutingCache', () => {
  it('asks the table once and answers at once from then on', async () => {
    let asked = 0;
    const { cache } = setUp({
      find: (x, caller) => {
        asked++;
        return foundOf(x, 'ride', relationOf(caller, 's'));
      },
    });
    const first = await cache.find(X, A);
    expect(cache.find(X, A)).toEqual(first);
    expect({ asked, hits: cache.hits, misses: cache.misses, size: cache.size }).toEqual({
      asked: 1,
      hits: 1,
      misses: 1,
      size: 1,
    });
  });

  it('asks once for calls that come together', async () => {
    const table = new SlowTable();
    const { cache } = setUp(table);
    const answers = [cache.find(X, A), cache.find(X, A), cache.find(X, A)];
    expect(table.asked).toHaveLength(1);
    const found = foundOf(X, 'ride', relationOf(A, 's'));
    table.asked[0]?.answer(found);
    expect(await Promise.all(answers)).toEqual([found, found, found]);
  });

  it('remembers strangers and unknown numbers, too', async () => {
    let asked = 0;
    const { cache } = setUp({
      find: (x) => {
        asked++;
        return x === X ? foundOf(x, 'ride', undefined) : undefined;
      },
    });
    for (let i = 0; i < 3; i++) {
      expect(await cache.find(X, A)).toMatchObject({ relation: undefined });
      expect(await cache.find('+8617000009999', A)).toBeUndefined();
    }
    expect(asked).toBe(2);
  });

  it('keeps nothing that was asked before a change, and does not let later calls wait for it', async () => {
    const table = new SlowTable();
    const { cache, changes } = setUp(table);
    const before = cache.find(X, A);
    changes.publish({ numbers: [X] });
    const after = cache.find(X, A);
    expect(table.asked).toHaveLength(2);
    table.asked[1]?.answer(foundOf(X, 'ride', relationOf(A, 'new')));
    expect(await after).toMatchObject({ relation: { subscriptionId: 'new' } });
    table.asked[0]?.answer(foundOf(X, 'ride', relationOf(A, 'old')));
    expect(await before).toMatchObject({ relation: { subscriptionId: 'old' } });
    expect(cache.find(X, A)).toMatchObject({ relation: { subscriptionId: 'new' } });
  });

  it.each([{ apps: ['ride'] }, { everything: true as const }, { numbers: [X] }])(
    'forgets what was kept and what is under way when the news are %j',
    async (change) => {
      const table = new SlowTable();
      const { cache, changes } = setUp(table);
      const kept = cache.find(X, A);
      table.asked[0]?.answer(foundOf(X, 'ride', relationOf(A, 'old')));
      await kept;
      const underWay = cache.find(X, 'other');
      changes.publish(change);
      table.asked[1]?.answer(foundOf(X, 'ride', relationOf('other', 'old')));
      await underWay;
      expect(cache.find(X, A)).toBeInstanceOf(Promise);
      expect(cache.find(X, 'other')).toBeInstanceOf(Promise);
      expect(table.asked).toHaveLength(4);
      for (const { answer } of table.asked) answer(undefined);
    },
  );

  it("leaves other applications' numbers alone when one application changes", async () => {
    const { cache, changes } = setUp({ find: (x, caller) => foundOf(x, x, relationOf(caller, 's')) });
    await cache.find('x1', A);
    await cache.find('x2', A);
    changes.publish({ apps: ['x1'] });
    expect(cache.find('x1', A)).toBeInstanceOf(Promise);
    expect(cache.find('x2', A)).not.toBeInstanceOf(Promise);
  });

  it('is passed by while changes are not heard', async () => {
    let asked = 0;
    const { cache, changes } = setUp({
      find: (x, caller) => {
        asked++;
        return foundOf(x, 'ride', relationOf(caller, 's'));
      },
    });
    await cache.find(X, A);
    changes.isTrusted = false;
    await cache.find(X, A);
    await cache.find(X, A);
    expect(asked).toBe(3);
  });

  it('does not keep what was asked while changes were not heard', async () => {
    const table = new SlowTable();
    const { cache, changes } = setUp(table);
    const before = cache.find(X, A);
    changes.isTrusted = false;
    changes.isTrusted = true;
    changes.publish({ everything: true });
    table.asked[0]?.answer(foundOf(X, 'ride', relationOf(A, 'old')));
    await before;
    expect(cache.find(X, A)).toBeInstanceOf(Promise);
    table.asked[1]?.answer(undefined);
  });

  it('hands on an error and asks again next time', async () => {
    const table = new SlowTable();
    const { cache } = setUp(table);
    const failed = cache.find(X, A);
    table.asked[0]?.fail();
    await expect(failed).rejects.toThrow('away');
    const again = cache.find(X, A);
    table.asked[1]?.answer(undefined);
    expect(await again).toBeUndefined();
  });

  it('lets a scan with random callers, or of random numbers, push out no party and fill no memory', async () => {
    const { cache } = setUp({
      find: (x, caller) => {
        if (!x.startsWith('x')) return undefined;
        return foundOf(x, 'ride', caller === A ? relationOf(A, 's') : undefined);
      },
    });
    for (let i = 0; i < 100; i++) await cache.find(`x${i}`, A);
    for (let i = 0; i < 20_000; i++) await cache.find(`x${i % 100}`, `stranger${i}`);
    for (let i = 0; i < 20_000; i++) await cache.find(`random${i}`, A);
    expect(cache.size).toBeLessThanOrEqual(100 + 100 * 32 + 10_000);
    for (let i = 0; i < 100; i++) expect(cache.find(`x${i}`, A)).not.toBeInstanceOf(Promise);
  });

  it('keeps no more parties than it may, on however many numbers', async () => {
    const { cache } = setUp(
      { find: (x, caller) => foundOf(x, 'ride', relationOf(caller, 's')) },
      { maxNumbers: 10, maxParties: 20 },
    );
    for (let i = 0; i < 50; i++) await cache.find(`x${i}`, `party${i}`);
    expect(cache.size).toBe(20);
    for (let i = 0; i < 50; i++) await cache.find(`x${i % 10}`, `party${i}`);
    expect(cache.size).toBeLessThanOrEqual(20);
  });

  it('tells the X numbers of one caller apart, and forgets each by itself', async () => {
    const { cache } = setUp({ find: (x, caller) => foundOf(x, 'ride', relationOf(caller, x)) });
    for (const x of ['x1', 'x2', 'x3']) await cache.find(x, A);
    cache.forget('x1');
    expect(cache.size).toBe(2);
    expect(cache.find('x2', A)).toMatchObject({ relation: { subscriptionId: 'x2' } });
    expect(cache.find('x3', A)).toMatchObject({ relation: { subscriptionId: 'x3' } });
    expect(await cache.find('x1', A)).toMatchObject({ relation: { subscriptionId: 'x1' } });
    cache.forget('x3');
    expect(cache.find('x1', A)).not.toBeInstanceOf(Promise);
    expect(cache.find('x3', A)).toBeInstanceOf(Promise);
    expect(cache.size).toBe(2);
  });

  it('holds a binding once for A and B, on each X of theirs, and not beyond its next change', async () => {
    const B = '+8613900000002';
    let recordFlag = false;
    const { cache } = setUp({ find: (x) => foundOf(x, 'ride', { ...relationOf(A, x), recordFlag }) });
    const relationAt = async (x: string, caller: string) => {
      await cache.find(x, caller);
      return (await cache.find(x, caller))?.relation;
    };
    for (const x of ['x1', 'x2']) {
      const known = await relationAt(x, A);
      expect(known).toMatchObject({ subscriptionId: x });
      expect(await relationAt(x, B)).toBe(known);
    }
    recordFlag = true;
    cache.forget('x1');
    expect(await relationAt('x1', B)).toMatchObject({ subscriptionId: 'x1', recordFlag: true });
    expect(await relationAt('x1', A)).toMatchObject({ subscriptionId: 'x1', recordFlag: true });
    expect(await relationAt('x2', A)).toMatchObject({ subscriptionId: 'x2', recordFlag: false });
    expect(cache.size).toBe(4);
  });
});

const plain = { recordFlag: false, recordHintTone: undefined, userData: undefined };
const ax: AxRelation = {
  ...{ mode: 'AX', subscriptionId: 's', a: A, callDirection: 0, showsCaller: false, ...plain },
  ...{ maxDurationMinutes: 0, lastMinVoice: undefined, callerHintTone: undefined, calleeHintTone: undefined },
  ...{ temporaryCallee: undefined, lastCaller: undefined },
};
const axe: AxeRelation = {
  ...{
    mode: 'AXE',
    subscriptionId: 's',
    a: A,
    extension: '0007',
    expiresAt: Number.POSITIVE_INFINITY,
    ...plain,
  },
  ...{ showsCaller: false, callBackTone: undefined, callBackNumber: undefined, callBackSeconds: 0 },
  lastCaller: undefined,
};
const axyb: AxybRelation = {
  ...{ mode: 'AXYB', subscriptionId: 's', a: A, x: 'x', b: '+8613900000002', y: 'y', callDirection: 0 },
  ...{ expiresAt: Number.POSITIVE_INFINITY, ...plain, preVoiceX: undefined, preVoiceY: undefined },
};
const sealer = new Sealer(randomBytes(32));
const ownersOf = (...numbers: string[]): ExtensionOwners =>
  new ExtensionOwners(Buffer.concat(numbers.map((each) => sealer.digest(each).subarray(0, 4))), sealer);
const STRANGERS = ['+8613700000001', '+8613700000002', ''];

/** A cache whose table answers by caller and counts. */
function counted(answer: (caller: string, digits?: string) => ReturnType<AnswerTable['find']>) {
  const asked: (string | undefined)[][] = [];
  const table: AnswerTable = {
    find: (x, caller, digits) => {
      asked.push(digits === undefined ? [x, caller] : [x, caller, digits]);
      return answer(caller, digits);
    },
  };
  return { asked, ...setUp(table) };
}

describe('what all callers of an X meet alike', () => {
  it('is remembered once in AX, for everyone but A', async () => {
    const { asked, cache } = counted(() => foundOf(X, 'ride', ax, 'AX'));
    const [first = '', ...others] = STRANGERS;
    await cache.find(X, first);
    for (const caller of others) expect(cache.find(X, caller)).toMatchObject({ relation: ax });
    expect({ asked, size: cache.size }).toEqual({ asked: [[X, first]], size: 1 });
  });

  it('never comes from memory for A, and what is his alone is remembered for nobody', async () => {
    let calls = 0;
    const { cache } = counted((caller) => {
      const lastCaller = { number: `caller ${++calls}`, expiresAt: 1 };
      const temporaryCallee = { id: `${calls}`, number: 'b', expiresAt: 1, userData: undefined };
      return foundOf(X, 'ride', caller === A ? { ...ax, lastCaller, temporaryCallee } : ax, 'AX');
    });
    for (const turn of ['1', '2', '3']) {
      expect(await cache.find(X, A)).toMatchObject({
        relation: { lastCaller: { number: `caller ${turn}` }, temporaryCallee: { id: turn } },
      });
    }
    expect(cache.find(X, '+8613700000001')).toMatchObject({ relation: ax });
    expect(calls).toBe(3);
  });

  it('is asked for by A himself, also when another call of his is just asking', async () => {
    const table = new SlowTable();
    const { cache } = setUp(table);
    const [first, second] = [cache.find(X, A), cache.find(X, A)];
    const withCallee = (id: string): Found => {
      const temporaryCallee = { id, number: 'b', expiresAt: 1, userData: undefined };
      return foundOf(X, 'ride', { ...ax, temporaryCallee }, 'AX');
    };
    table.asked[0]?.answer(withCallee('before'));
    expect(await first).toMatchObject({ relation: { temporaryCallee: { id: 'before' } } });
    await vi.waitFor(() => expect(table.asked).toHaveLength(2));
    table.asked[1]?.answer(withCallee('after'));
    expect(await second).toMatchObject({ relation: { temporaryCallee: { id: 'after' } } });
  });

  it('is remembered once in AXE, for all who have no extension', async () => {
    const owners = ownersOf(A, '+8613800000099');
    const { asked, cache } = counted((caller) => {
      if (caller === A) return foundOf(X, 'ride', axe, 'AXE');
      return { ...foundOf(X, 'ride', undefined, 'AXE'), owners };
    });
    for (const caller of STRANGERS)
      expect(await cache.find(X, caller)).toMatchObject({ relation: undefined });
    expect(asked).toHaveLength(1);
    for (let turn = 0; turn < 2; turn += 1) expect(await cache.find(X, A)).toMatchObject({ relation: axe });
    expect(asked).toEqual([
      [X, STRANGERS[0]],
      [X, A],
      [X, A],
    ]);
    expect(cache.size).toBe(1);
  });

  it('is remembered for nobody in AXE when it is not known who has an extension', async () => {
    const { asked, cache } = counted(() => foundOf(X, 'ride', undefined, 'AXE'));
    for (const caller of STRANGERS) await cache.find(X, caller);
    expect({ asked: asked.length, size: cache.size }).toEqual({ asked: 3, size: 0 });
  });

  it('is remembered once in X mode, and where nobody is bound in AX', async () => {
    for (const mode of ['X', 'AX'] as const) {
      const { asked, cache } = counted(() => foundOf(X, 'ride', undefined, mode));
      for (const caller of [A, ...STRANGERS]) await cache.find(X, caller);
      expect(asked).toHaveLength(1);
    }
  });

  it.each([{ apps: ['ride'] }, { everything: true as const }, { numbers: [X] }])(
    'is forgotten when the news are %j',
    async (change) => {
      const { asked, cache, changes } = counted(() => foundOf(X, 'ride', ax, 'AX'));
      await cache.find(X, '');
      changes.publish(change);
      expect(cache.size).toBe(0);
      await cache.find(X, '');
      expect(asked).toHaveLength(2);
    },
  );

  it('is passed by while changes are not heard', async () => {
    const { asked, cache, changes } = counted(() => foundOf(X, 'ride', undefined, 'X'));
    await cache.find(X, '');
    changes.isTrusted = false;
    await cache.find(X, '');
    expect(asked).toHaveLength(2);
  });
});

describe('whose an extension is', () => {
  it('never comes from memory', async () => {
    const { asked, cache } = counted((_, digits) =>
      digits === undefined
        ? { ...foundOf(X, 'ride', undefined, 'AXE'), owners: ownersOf() }
        : foundOf(X, 'ride', axe, 'AXE'),
    );
    await cache.find(X, '');
    for (let turn = 0; turn < 2; turn += 1) {
      expect(await cache.find(X, '', '0007')).toMatchObject({ relation: { extension: '0007' } });
    }
    expect(asked).toEqual([
      [X, ''],
      [X, '', '0007'],
      [X, '', '0007'],
    ]);
  });
});

describe('X and Y of an AXYB binding', () => {
  it('are remembered for A and B, each with what he meets there', async () => {
    const own = { ...axyb, b: undefined, y: undefined };
    let asked = 0;
    const { cache, changes } = setUp({
      find: (number, caller) => {
        asked += 1;
        return foundOf(number, 'ride', (number === 'y') === (caller === A) ? axyb : own, 'AXYB');
      },
    });
    for (let turn = 0; turn < 2; turn += 1) {
      for (const [number, caller, relation] of [
        ['x', A, own],
        ['y', A, axyb],
        ['x', '+8613900000002', axyb],
        ['y', '+8613900000002', own],
      ] as const) {
        expect(await cache.find(number, caller)).toMatchObject({ number: { number }, relation });
      }
    }
    expect(asked).toBe(4);
    changes.publish({ numbers: ['y'] });
    expect(cache.find('x', A)).not.toBeInstanceOf(Promise);
    await cache.find('y', A);
    expect(asked).toBe(5);
  });
});
