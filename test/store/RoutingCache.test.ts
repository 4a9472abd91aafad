import { describe, expect, it } from 'vitest';
import { A, foundOf, relationOf, SlowTable, setUp, X } from './routingCacheUnderTest.ts';

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
