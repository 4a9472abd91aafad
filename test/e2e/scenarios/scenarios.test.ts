import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STATE_CODES } from '../../../src/calls/stateCodes.ts';
import { toldCalls } from '../../kit/customer.ts';
import { ax } from './ax.ts';
import { axb } from './axb.ts';
import { axe } from './axe.ts';
import { axyb } from './axyb.ts';
import { check } from './check.ts';
import { guards } from './guards.ts';
import { PlayedCall } from './PlayedCall.ts';
import { platform } from './platform.ts';
import { Report } from './Report.ts';
import type { Row, Table } from './Row.ts';
import { World } from './World.ts';
import { x } from './x.ts';

const ROW_PATIENCE_MS = 60_000;

/** Those that are played at the same time, on one application. */
const SHARED: readonly Table[] = [axb, ax, axe, axyb, x, guards];
const TABLES = [...SHARED, ...platform];

const report = new Report();

afterAll(() => {
  console.log(report.text(TABLES));
});

/** Starts the application of the tests in this block, and looks afterwards that nothing is left of their calls. */
function useWorld(settings: Readonly<Record<string, string>> = {}): () => World {
  let world: World | undefined;
  beforeAll(async () => {
    world = await World.start({ env: settings });
  });
  afterAll(() => world?.close());
  return () => {
    if (world === undefined) throw new Error('the application has not started');
    return world;
  };
}

function addRows(table: Table, world: () => World): void {
  for (const row of table.rows) {
    const title = `${row.name}: ${row.stateCode}`;
    it(title, { timeout: row.patienceMs ?? ROW_PATIENCE_MS }, async () => {
      let passed = false;
      try {
        await play(world(), table, row);
        passed = true;
      } finally {
        report.add(row, passed);
      }
    });
  }
}

async function play(world: World, table: Table, row: Row): Promise<void> {
  const tenant = await world.tenant(row.mode ?? table.mode, row);
  const dialled = await row.given({ tenant, world });
  if (row.events === '') world.untold.push(dialled.x);
  try {
    const call = await PlayedCall.dial(world, tenant, dialled);
    await row.play?.(call);
    await check(row, call);
  } finally {
    await dialled.afterwards?.();
  }
}

describe('on one application', () => {
  const world = useWorld();

  describe.concurrent.each(SHARED)('$title', (table) => addRows(table, world));

  describe('all of them', () => {
    it('tell of every call once: one disconnect event, one record', async () => {
      const ends = () =>
        toldCalls(world().scenario.sink).map(({ events, records }) => [
          events.filter(({ eventType }) => eventType === 'disconnect').length,
          records.length,
        ]);
      const others = () => ends().filter((counts) => String(counts) !== '1,1');
      await expect.poll(others, { timeout: 5000 }).toEqual([]);
    });

    it('tell nobody of calls to a number that belongs to nobody', () => {
      const bodies = world().scenario.sink.requests.map(({ body }) => body);
      for (const number of world().untold) expect(bodies.join('\n')).not.toContain(number);
    });

    it('leave neither a call nor a media session', async () => {
      const { anna, ben, application } = world().scenario;
      await expect.poll(() => [anna.activeCalls.length, ben.activeCalls.length]).toEqual([0, 0]);
      const sessions = () => application.metric('axbridge_media_sessions');
      await expect.poll(sessions, { timeout: 10_000 }).toBe(0);
      expect(await application.callsInProgress()).toBe(0);
    });
  });
});

describe.each(platform)('on one with $settings', (table) => {
  const world = useWorld(table.settings);
  addRows(table, world);
});

describe('the scenarios', () => {
  it('show every stateCode that a call can end with', () => {
    const shown = new Set(TABLES.flatMap(({ rows }) => rows.map(({ stateCode }) => stateCode)));
    const given = STATE_CODES.filter(({ isGiven }) => isGiven).map(({ stateCode }) => stateCode);
    expect(given.filter((stateCode) => !shown.has(stateCode))).toEqual([]);
  });
});
