import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import type { AxeRelation, AxRelation, AxybRelation, Found } from '../../routing/types.ts';
import { ExtensionOwners } from '../../src/store/ExtensionOwners.ts';
import type { AnswerTable } from '../../src/store/RoutingCache.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { PATIENT } from '../kit/patience.ts';
import { A, foundOf, SlowTable, setUp, X } from './routingCacheUnderTest.ts';

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
    await vi.waitFor(() => expect(table.asked).toHaveLength(2), PATIENT);
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
