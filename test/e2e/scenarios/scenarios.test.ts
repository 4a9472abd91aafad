import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STATE_CODES } from '../../../src/calls/stateCodes.ts';
import { toldCalls } from '../../kit/customer.ts';
import { axb } from './axb.ts';
import { check } from './check.ts';
import { PlayedCall } from './PlayedCall.ts';
import { Report } from './Report.ts';
import type { Row, Table } from './Row.ts';
import { World } from './World.ts';

const ROW_PATIENCE_MS = 60_000;

const TABLES: readonly Table[] = [axb];

const report = new Report();
/** X numbers of whose calls nobody must be told. */
const untold: string[] = [];
let world: World;

beforeAll(async () => {
  world = await World.start();
});

afterAll(async () => {
  console.log(report.text(TABLES));
  await world?.close();
});

async function play(table: Table, row: Row): Promise<void> {
  const tenant = await world.tenant(row.mode ?? table.mode, row);
  const dialled = await row.given({ tenant, world });
  if (row.events === '') untold.push(dialled.x);
  const call = await PlayedCall.dial(world, tenant, dialled);
  await row.play?.(call);
  await check(row, call);
}

describe.concurrent.each(TABLES)('$title', (table) => {
  for (const row of table.rows) {
    const title = `${row.name}: ${row.stateCode}`;
    it(title, { timeout: row.patienceMs ?? ROW_PATIENCE_MS }, async () => {
      let passed = false;
      try {
        await play(table, row);
        passed = true;
      } finally {
        report.add(row, passed);
      }
    });
  }
});

describe('all of them', () => {
  it('tell of every call once: one disconnect event, one record', async () => {
    const ends = () =>
      toldCalls(world.scenario.sink).map(({ events, records }) => [
        events.filter(({ eventType }) => eventType === 'disconnect').length,
        records.length,
      ]);
    await expect
      .poll(() => ends().filter((counts) => String(counts) !== '1,1'), { timeout: 5000 })
      .toEqual([]);
  });

  it('tell nobody of calls to a number that belongs to nobody', () => {
    const bodies = world.scenario.sink.requests.map(({ body }) => body).join('\n');
    for (const x of untold) expect(bodies).not.toContain(x);
  });

  it('leave neither a call nor a media session', async () => {
    const { anna, ben, application } = world.scenario;
    await expect.poll(() => [anna.activeCalls.length, ben.activeCalls.length]).toEqual([0, 0]);
    await expect.poll(() => application.metric('axbridge_media_sessions'), { timeout: 10_000 }).toBe(0);
    expect((await application.metrics()).match(/^axbridge_calls_active\{.*\} [^0].*$/m)).toBeNull();
  });

  it('show every stateCode that a call can end with', () => {
    const shown = new Set(TABLES.flatMap(({ rows }) => rows.map(({ stateCode }) => stateCode)));
    const given = STATE_CODES.filter(({ isGiven }) => isGiven).map(({ stateCode }) => stateCode);
    expect(given.filter((stateCode) => !shown.has(stateCode))).toEqual([]);
  });
});
