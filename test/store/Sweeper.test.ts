import { describe, expect, it } from 'vitest';
import { Sweeper } from '../../src/store/Sweeper.ts';
import { silent } from '../push/pushUnderTest.ts';

const HOUR = 3_600_000;

describe('Sweeper', () => {
  it('goes on at once while there is more, and then waits', async () => {
    const left = [true, true, false, false];
    const swept = Promise.withResolvers<void>();
    const sweeper = new Sweeper({
      name: 'rows',
      sweep: async () => {
        const more = left.shift() ?? false;
        if (!more) swept.resolve();
        return more;
      },
      everyMs: HOUR,
      log: silent,
    });
    sweeper.start();
    await swept.promise;
    await sweeper.stop();
    expect(left).toEqual([false]);
  });

  it('says what failed, without numbers, and tries again', async () => {
    const said: unknown[] = [];
    const again = Promise.withResolvers<void>();
    let sweeps = 0;
    const sweeper = new Sweeper({
      name: 'rows',
      sweep: async () => {
        sweeps += 1;
        if (sweeps === 1) throw new Error('no room for +8613900001001');
        again.resolve();
        return false;
      },
      everyMs: 1,
      log: { ...silent, warn: (fields, message) => said.push([message, fields]) },
    });
    sweeper.start();
    await again.promise;
    await sweeper.stop();
    expect(said).toMatchObject([
      ['rows could not be swept; will be tried again', { message: 'no room for +86139****1001' }],
    ]);
  });

  it('stops when the sweep under way has ended, and sweeps no more', async () => {
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<boolean>();
    let sweeps = 0;
    const sweeper = new Sweeper({
      name: 'rows',
      sweep: () => {
        sweeps += 1;
        begun.resolve();
        return end.promise;
      },
      everyMs: 1,
      log: silent,
    });
    sweeper.start();
    await begun.promise;
    let stopped = false;
    const stopping = sweeper.stop().then(() => {
      stopped = true;
    });
    await new Promise((turned) => setImmediate(turned));
    expect(stopped).toBe(false);
    end.resolve(true);
    await stopping;
    expect(sweeps).toBe(1);
  });
});
