import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedServers } from '../kit/EmbeddedServers.ts';
import type { Press } from '../kit/Keypad.ts';
import type { OutgoingCall } from '../kit/OutgoingCall.ts';
import { ANNA_HZ, BEN_HZ, Scenario } from '../kit/Scenario.ts';
import { signature } from '../kit/signature.ts';
import type { Extended, Tenant } from '../kit/Tenant.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';

/** On real servers nobody tells what is left in them. */
const onRealServers = process.env.AXBRIDGE_DRACHTIO !== undefined;
const EXTENSION = '1207';
const CALLERS_WHO_LEAVE = 12;
const PROMPT = signature('prompt.wav', 300);
const TIRED = signature('tired.wav', 300);

let servers: EmbeddedServers | undefined;
let database: TestDatabase;
let scenario: Scenario;
let customer: Tenant;

beforeAll(async () => {
  if (!onRealServers) servers = await EmbeddedServers.start({ t1Ms: 100, t4Ms: 500, timerDMs: 1000 });
  database = await createTestDatabase({ max: 1 });
  scenario = await Scenario.start({
    database: database.url,
    ...(servers && { sip: servers.sip }),
    env: { AXBRIDGE_TRUNK_OPTIONS_SECONDS: '0', ...servers?.settings },
  });
  for (const { name, wav } of [PROMPT, TIRED]) await scenario.admin.addAnnouncement(name, wav);
  customer = await scenario.tenant('AXE', {
    collectRepeats: 2,
    announcements: {
      'enter-extension': PROMPT.name,
      'wrong-extension': TIRED.name,
      'no-extension': TIRED.name,
    },
  });
});

afterAll(async () => {
  await scenario?.close();
  await database?.close();
  await servers?.stop();
});

const withoutZeros = (counts: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));

/** Calls, media sessions and lines that the application still has; empty when there are none. */
async function callsLeft(): Promise<Readonly<Record<string, number>>> {
  const { application, anna, ben } = scenario;
  const [lines] = await database.sql<{ count: number }[]>`SELECT count(*)::integer AS count FROM lines`;
  return withoutZeros({
    calls: await application.callsInProgress(),
    mediaSessions: await application.metric('axbridge_media_sessions'),
    lines: lines?.count ?? 0,
    phones: anna.activeCalls.length + ben.activeCalls.length,
  });
}

/** A way to press keys. */
interface Keys {
  readonly by: string;
  readonly press: (call: OutgoingCall, keys: string, how?: Press) => Promise<void>;
}

const WAYS: readonly Keys[] = [
  { by: 'RFC 4733', press: async ({ media }, keys, how) => media?.press(keys, how) },
  {
    by: 'SIP INFO',
    press: async (call, keys, { gapMs = 0 } = {}) => {
      for (const key of keys) {
        await call.pressByInfo(key);
        if (gapMs > 0) await call.media?.hearsPackets(gapMs / 20);
      }
    },
  },
];

/** A stranger who is asked for the extension. */
interface Asked {
  readonly bound: Extended;
  readonly call: OutgoingCall;
}

/** A stranger has dialled X and was answered: the prompt begins. */
async function asked(): Promise<Asked> {
  const bound = await customer.bindAxe({ extendNum: EXTENSION });
  const call = await scenario.anna.call(bound.x, { from: bound.stranger });
  await call.answered;
  return { bound, call };
}

/** A's phone rings, both talk, the caller hangs up. */
async function reachesA({ bound, call }: Asked): Promise<void> {
  const atA = await scenario.ben.nextCallTo(bound.a);
  await atA.answer();
  await Promise.all([call.media?.hears(BEN_HZ), atA.media?.hears(ANNA_HZ)]);
  await call.hangUp();
  await atA.end();
}

/** What the customer was told the caller typed, each time, and how it ended. */
async function told({ bound }: Asked) {
  const [call] = await scenario.told(bound.x);
  const typed = call?.events.filter(({ eventType }) => eventType === 'collectInfo') ?? [];
  return {
    typed: typed.map(({ statusInfo }) => statusInfo.digitInfo),
    stateCode: call?.events.at(-1)?.statusInfo.stateCode,
    extendNum: call?.records[0]?.fields.extendNum,
    records: call?.records.length,
  };
}

/** What is told of a call that reached A. */
const reached = (...typed: readonly string[]) => ({ typed, stateCode: 0, extendNum: EXTENSION, records: 1 });
/** And of one that did not. */
const failed = (stateCode: number, ...typed: readonly string[]) => ({
  typed,
  stateCode,
  extendNum: undefined,
  records: 1,
});

describe.concurrent.each(WAYS)('an extension typed by $by', ({ press }) => {
  it.each([
    ['as people type', '1207', {}],
    ['fast', '1207', { holdMs: 40, gapMs: 40 }],
    ['slowly, each key held for long', '1207', { holdMs: 500, gapMs: 1500 }],
    ['and ended with # although it is complete', '1207#', {}],
    ['with a star in between, which counts for nothing', '12*07', {}],
    ['with more digits than it has', '120799', {}],
  ])('%s reaches its A', async (_how, keys, how) => {
    const stranger = await asked();
    const { call } = stranger;
    await press(call, keys, how);
    await reachesA(stranger);
    expect(await told(stranger)).toEqual(reached('1207'));
  });

  it('with too few digits and # is wrong; the caller is asked again, and may do better', async () => {
    const stranger = await asked();
    const { call } = stranger;
    await press(call, '12#');
    await call.media?.hearsPackets(40);
    await press(call, '1207');
    await reachesA(stranger);
    expect(await told(stranger)).toEqual(reached('12', '1207'));
  });

  it('with too few digits and nothing more is taken as it is after some seconds', async () => {
    const stranger = await asked();
    const { call } = stranger;
    await press(call, '120');
    await call.media?.hearsPackets(290);
    await press(call, '1207');
    await reachesA(stranger);
    expect(await told(stranger)).toEqual(reached('120', '1207'));
  });

  it('wrong three times ends the call: 8022', async () => {
    const stranger = await asked();
    const { call } = stranger;
    for (const wrong of ['9999', '99#', '1208']) {
      await call.media?.hearsPackets(30);
      await press(call, wrong);
    }
    expect(await call.end()).toMatchObject({ how: 'other-hung-up', reason: 'Q.850;cause=1' });
    expect(await told(stranger)).toEqual(failed(8022, '9999', '99', '1208'));
  });

  it('only # each time is nothing typed: 8033', async () => {
    const stranger = await asked();
    const { call } = stranger;
    for (let time = 1; time <= 3; time++) {
      await call.media?.hearsPackets(30);
      await press(call, '#');
    }
    expect(await call.end()).toMatchObject({ how: 'other-hung-up', reason: 'Q.850;cause=28' });
    expect(await told(stranger)).toEqual(failed(8033, '', '', ''));
  });

  it.each(['', '1', '120'])('and left after "%s": 7516', async (keys) => {
    const stranger = await asked();
    const { call } = stranger;
    await press(call, keys);
    await call.hangUp();
    expect(await told(stranger)).toEqual(failed(7516));
  });

  it('whole, and left at once: whatever the moment, one end and nobody rung for ever', async () => {
    const stranger = await asked();
    const { call } = stranger;
    await press(call, EXTENSION, { holdMs: 40, gapMs: 0 });
    await call.hangUp();
    const { typed, stateCode } = await told(stranger);
    expect([7501, 7516]).toContain(stateCode);
    expect(['', EXTENSION]).toContain(typed.join());
  });
});

describe('callers who leave', () => {
  it(`at any moment of being asked: ${CALLERS_WHO_LEAVE} at the same time`, async () => {
    const extended = await customer.bindAxe({ extendNum: EXTENSION });
    const calls = await Promise.all(
      Array.from({ length: CALLERS_WHO_LEAVE }, async (_, nth) => {
        const call = await scenario.anna.call(extended.x, { from: customer.person() });
        // Each a tenth of a second later than the one before, from before the answer to after the last digit.
        await call.media?.hearsPackets(1 + 5 * nth);
        const typing = call.media?.press(EXTENSION);
        await call.media?.hearsPackets(nth % 4);
        await call.leave();
        await typing;
        return call;
      }),
    );
    for (const call of calls) await call.end();
    const all = await scenario.told(extended.x, { count: CALLERS_WHO_LEAVE });
    for (const { records, events } of all) {
      expect(records).toHaveLength(1);
      expect(events.at(-1)?.statusInfo.stateCode).toBe(7516);
    }
  });

  it('without a word are asked as often as the application says, and then let go: 8033', async () => {
    const stranger = await asked();
    const { call } = stranger;
    expect(await call.end(30_000)).toMatchObject({ how: 'other-hung-up', reason: 'Q.850;cause=28' });
    expect(await told(stranger)).toEqual(failed(8033, '', '', ''));
  });
});

describe('of all that', () => {
  it('no call, media session or line is left in the application', async () => {
    await expect.poll(callsLeft, { timeout: 10_000 }).toEqual({});
  });

  it.skipIf(onRealServers)('no dialog, transaction, channel or port is left in the servers', async () => {
    await expect.poll(() => servers?.left(), { timeout: 30_000, interval: 250 }).toEqual({});
  });
});
