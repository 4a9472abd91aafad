import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AxBindRequest } from '../../src/bindings/axTypes.ts';
import type { App } from '../../src/store/apps.ts';
import { PATIENT } from '../kit/patience.ts';
import { BindingsUnderTest, outcomesOf } from './bindingsUnderTest.ts';

let rig: BindingsUnderTest;
let app: App;

beforeAll(async () => {
  rig = await BindingsUnderTest.start();
});
afterAll(() => rig.close());
beforeEach(async () => {
  app = await rig.addApp('AX');
});

const request = (more: Partial<AxBindRequest> = {}): AxBindRequest => ({
  origNum: rig.person(),
  showsCaller: false,
  recordFlag: false,
  maxDuration: 0,
  privateSms: true,
  preVoice: {},
  ...more,
});
const bind = (more: Partial<AxBindRequest> = {}, node = 0) =>
  (node === 0 ? rig.nodes[0] : rig.nodes[1]).ax.bind(app, request(more));

describe('AxBindings', () => {
  it('lets exactly one of many A win an X, over two nodes', async () => {
    const [privateNum = ''] = await rig.addNumbers(app, 1);
    const attempts = Array.from({ length: 40 }, (_, index) => bind({ privateNum }, index % 2));
    expect(await outcomesOf(attempts)).toEqual({ made: 1, refused: ['x-taken'] });
    expect(await rig.loadOf(privateNum)).toBe(1);
  });

  it('gives each free X to one A, and none to the rest, over two nodes', async () => {
    await rig.addNumbers(app, 12);
    const attempts = Array.from({ length: 20 }, (_, index) => bind({}, index % 2));
    expect(await outcomesOf(attempts)).toEqual({ made: 12, refused: ['no-free-x'] });
    expect(await rig.isCountedRight(app)).toBe(true);
  });

  it('gives five X to one A and not one more, over two nodes', async () => {
    await rig.addNumbers(app, 20);
    const origNum = rig.person();
    const attempts = Array.from({ length: 20 }, (_, index) => bind({ origNum }, index % 2));
    expect(await outcomesOf(attempts)).toEqual({ made: 5, refused: ['too-many-x'] });
    expect(await rig.nodes[0].ax.query(app, { origNum })).toHaveLength(5);
  });

  it('refuses one that a key of the database forbids, and makes those that came with it', async () => {
    const [privateNum = ''] = await rig.addNumbers(app, 4);
    await bind({ privateNum });
    // As if a count had been lost: what makes many together takes the number for free.
    await rig.sql`UPDATE numbers SET bindings = 0, released_at = now() WHERE number = ${privateNum}`;
    const attempts = [bind({ privateNum }), ...Array.from({ length: 3 }, () => bind())];
    expect(await outcomesOf(attempts)).toEqual({ made: 3, refused: ['x-taken'] });
  });

  it('tells its own node of a change before it answers, and says nothing of a temporary callee', async () => {
    const [privateNum = ''] = await rig.addNumbers(app, 1);
    const { ax } = rig.nodes[0];
    const before = rig.told.length;
    await bind({ privateNum });
    await ax.modify(app, { privateNum }, { userData: 'u' });
    await ax.setTemporaryCallee(app, { privateNum }, { calleeNum: rig.person(), duration: 60 });
    await ax.unbind(app, { privateNum });
    expect(rig.told.slice(before)).toEqual([privateNum, privateNum, privateNum]);
  });

  it('stores no number of a person in the clear', async () => {
    const [privateNum = ''] = await rig.addNumbers(app, 1);
    const [origNum, calleeNum] = [rig.person(), rig.person()];
    await bind({ privateNum, origNum });
    await rig.nodes[0].ax.setTemporaryCallee(app, { privateNum }, { calleeNum, duration: 60 });
    const [row] = await rig.sql`SELECT ax_bindings::text AS row FROM ax_bindings WHERE x = ${privateNum}`;
    for (const number of [origNum, calleeNum]) {
      expect(row?.row).not.toContain(number.slice(4));
      expect(row?.row).not.toContain(Buffer.from(number.slice(4)).toString('hex'));
    }
  });

  it('forgets with a binding who called, and whom A was to reach', async () => {
    const [privateNum = ''] = await rig.addNumbers(app, 1);
    const { ax } = rig.nodes[0];
    await bind({ privateNum });
    await ax.setTemporaryCallee(app, { privateNum }, { calleeNum: rig.person(), duration: 60 });
    await rig.remember(app, privateNum);
    await ax.unbind(app, { privateNum });
    expect(await rig.remembered(privateNum)).toBe(0);
    await bind({ privateNum });
    const [row] = await rig.sql`SELECT callee_id FROM ax_bindings WHERE x = ${privateNum}`;
    expect(row).toEqual({ callee_id: null });
  });

  it('never expires', async () => {
    const [privateNum = ''] = await rig.addNumbers(app, 1);
    await bind({ privateNum });
    rig.now += 1e12;
    expect(await rig.nodes[0].ax.query(app, { privateNum })).toHaveLength(1);
  });

  it('leaves the connections to others while many wait for their turn', async () => {
    await rig.addNumbers(app, 30);
    const holder = await rig.sql.reserve();
    try {
      await holder`BEGIN`;
      await holder`SELECT lock_bindings(${[app.appKey]})`;
      const attempts = Array.from({ length: 30 }, () => bind());
      const waiting = async () => {
        const [row] = await holder<{ count: number }[]>`
          SELECT count(*)::int FROM pg_locks JOIN pg_database d ON d.oid = database
          WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted`;
        return row?.count ?? 0;
      };
      await vi.waitFor(async () => expect(await waiting()).toBeGreaterThan(0), PATIENT);
      // The pool has 8 connections: were each of those to wait with one, this would not be answered.
      expect(await rig.sql`SELECT 1 AS answered`).toEqual([{ answered: 1 }]);
      expect(await waiting()).toBe(1);
      await holder`COMMIT`;
      expect(await outcomesOf(attempts)).toEqual({ made: 30, refused: [] });
    } finally {
      holder.release();
    }
  });

  it('goes on with the next in turn when one fails', async () => {
    const [privateNum = ''] = await rig.addNumbers(app, 1);
    // NUL is not text for PostgreSQL.
    const attempts = [bind({ userData: '\0' }), bind({ privateNum })];
    expect(await outcomesOf(attempts)).toEqual({ made: 1, refused: ['DATABASE_FAILED'] });
  });
});
