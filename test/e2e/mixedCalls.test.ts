import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toldCalls } from '../kit/customer.ts';
import { EmbeddedServers } from '../kit/EmbeddedServers.ts';
import { areRealServersNamed, RealServers } from '../kit/RealServers.ts';
import type { Tenant, TenantMode } from '../kit/Tenant.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { ax } from './scenarios/ax.ts';
import { axb } from './scenarios/axb.ts';
import { axe } from './scenarios/axe.ts';
import { axyb } from './scenarios/axyb.ts';
import { checkEnd, checkStory } from './scenarios/check.ts';
import { guards } from './scenarios/guards.ts';
import { PlayedCall } from './scenarios/PlayedCall.ts';
import type { Dialled, Row } from './scenarios/Row.ts';
import { World } from './scenarios/World.ts';
import { x } from './scenarios/x.ts';

const TALKS = 100;
const FAILURES = 100;
/** Carriers send their calls one after the other; those that talk wait until all have come. */
const PACE_MS = 40;
/** A machine with two hundred telephones on it may take its time. */
const PATIENCE_MS = 60_000;
/** Calls that are prepared at the same time: their customers, bindings, and other calls that they need. */
const PREPARED_AT_ONCE = 8;

interface Mixed extends Row {
  readonly mode: TenantMode;
}

/**
 * Every scenario that needs no ears, and is told to somebody: the phones make no sound here. One in which a caller is
 * asked twice is left out, because only who hears the second prompt knows when to type again.
 */
const rows: readonly Mixed[] = [axb, ax, axe, axyb, x, guards].flatMap(({ mode, rows }) =>
  rows
    .filter(({ events, recorded, patienceMs, app }) => {
      return events !== '' && !recorded && patienceMs === undefined && app?.collectRepeats === undefined;
    })
    .map((row) => ({ mode, ...row })),
);

/** So many of them, each as often as any other; of every mode among the first ones. */
function some(count: number, wanted: (row: Row) => boolean): Mixed[] {
  const pool = rows.filter(wanted);
  return Array.from({ length: count }, (_, nth) => pool[nth % pool.length]).filter(
    (row) => row !== undefined,
  );
}

interface Prepared {
  readonly row: Mixed;
  readonly tenant: Tenant;
  readonly dialled: Dialled;
}

/*
 * What is left is the servers' own account, so they are the test's own: real ones where AXBRIDGE_TEST_DRACHTIO and
 * AXBRIDGE_TEST_FREESWITCH name their programs. Those tell of dialogs and channels, not of transactions.
 */
describe('200 mixed calls at once', () => {
  let servers: EmbeddedServers | RealServers;
  let database: TestDatabase;
  let world: World;
  let timersBefore: number;

  beforeAll(async () => {
    const timers = { t1Ms: 250, t4Ms: 1000, timerDMs: 4000 };
    servers = areRealServersNamed ? await RealServers.start() : await EmbeddedServers.start(timers);
    database = await createTestDatabase({ max: 1 });
    world = await World.start({
      database: database.url,
      sip: servers.sip,
      anna: { sound: false },
      ben: { sound: false },
      env: {
        AXBRIDGE_TRUNK_OPTIONS_SECONDS: '0',
        // The customers' server is in this process, which has two hundred telephones to look after.
        AXBRIDGE_CONTROL_TIMEOUT_SECONDS: '20',
        AXBRIDGE_RING_SECONDS: '20',
        ...servers.settings,
      },
    });
  });

  afterAll(async () => {
    await world?.close();
    await database?.close();
    await servers?.stop();
  });

  /** Timers of the application that belong to nothing that stays: each connection to the database has one. */
  async function timers(): Promise<number> {
    const of = (type: string) => world.scenario.application.metric(`nodejs_active_resources{type="${type}"}`);
    return (await of('Timeout')) - (await of('TCPSocketWrap'));
  }

  async function prepare(row: Mixed): Promise<Prepared> {
    const tenant = await world.tenant(row.mode, row);
    return { row, tenant, dialled: await row.given({ tenant, world }) };
  }

  async function prepareAll(wanted: readonly Mixed[]): Promise<Prepared[]> {
    const prepared: Prepared[] = [];
    for (let at = 0; at < wanted.length; at += PREPARED_AT_ONCE) {
      prepared.push(...(await Promise.all(wanted.slice(at, at + PREPARED_AT_ONCE).map(prepare))));
    }
    return prepared;
  }

  async function play({ row, tenant, dialled }: Prepared): Promise<void> {
    const call = await PlayedCall.dial(world, tenant, dialled, PATIENCE_MS);
    await row.play?.(call);
    await checkEnd({ patienceMs: PATIENCE_MS, ...row }, call);
    await checkStory({ patienceMs: PATIENCE_MS, ...row }, call);
  }

  it('each end as they should, with one record of the right code', async () => {
    // The first call of all is the one that opens what stays open: connections, their timers.
    for (const each of await prepareAll(some(1, ({ stateCode }) => stateCode === 0))) await play(each);
    timersBefore = await timers();

    const talks = some(TALKS, ({ stateCode }) => stateCode === 0);
    const failures = some(FAILURES, ({ stateCode }) => stateCode !== 0);
    // One that talks, one that fails, and so on.
    const prepared = await prepareAll(
      talks.flatMap((row, nth) => [row, failures[nth]].filter((each) => each !== undefined)),
    );
    expect(prepared).toHaveLength(TALKS + FAILURES);

    const { promise: everybodyTalks, resolve: letThemGo } = Promise.withResolvers<void>();
    let arrived = 0;
    const arrive = (): void => {
      arrived += 1;
      if (arrived === prepared.length) letThemGo();
    };
    world.whileTheyTalk = () => {
      arrive();
      return everybodyTalks;
    };
    const faults: string[] = [];
    await Promise.all(
      prepared.map(async (each, nth) => {
        const talks = each.row.stateCode === 0;
        try {
          await setTimeout(nth * PACE_MS);
          await play(each);
        } catch (error) {
          faults.push(
            `${each.row.mode}, ${each.row.name}: ${error instanceof Error ? error.message : error}`,
          );
          if (talks) arrive();
        } finally {
          if (!talks) arrive();
        }
      }),
    );
    for (const { dialled } of prepared) await dialled.afterwards?.();
    expect(faults).toEqual([]);
  }, 240_000);

  it('are told to their customers once each', async () => {
    const ends = () =>
      toldCalls(world.scenario.sink).map(({ events, records }) => [
        events.filter(({ eventType }) => eventType === 'disconnect').length,
        records.length,
      ]);
    await expect
      .poll(() => ends().filter((counts) => String(counts) !== '1,1'), { timeout: 20_000 })
      .toEqual([]);
    expect(ends().length).toBeGreaterThan(TALKS + FAILURES);
  });

  it('leave nothing: no call, line, dialog, transaction, channel, port or timer', async () => {
    const { application, anna, ben } = world.scenario;
    await expect.poll(() => servers.left(), { timeout: 40_000, interval: 500 }).toEqual({});
    expect(await application.callsInProgress()).toBe(0);
    expect(await application.metric('axbridge_media_sessions')).toBe(0);
    expect([anna.activeCalls.length, ben.activeCalls.length]).toEqual([0, 0]);
    expect(await database.sql`SELECT x FROM lines`).toHaveLength(0);
    await expect.poll(timers, { timeout: 40_000, interval: 500 }).toBeLessThanOrEqual(timersBefore);
  }, 90_000);
});
