import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TimerValues } from '../../embedded/sip/index.ts';
import { EmbeddedServers } from '../kit/EmbeddedServers.ts';
import type { IncomingCall } from '../kit/IncomingCall.ts';
import { LossyLink } from '../kit/LossyLink.ts';
import { Scenario } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

const LOSS = 0.3;
const PLAIN_CALLS = 20;
const ANCHORED_CALLS = 6;
/**
 * A fifth of the standard timers, and BYE repeated twice as often: at 30 % both ways half of its attempts come to nothing,
 * and ten in a row do for one BYE in a thousand.
 */
const timers: Partial<TimerValues> = { t1Ms: 100, t2Ms: 400, t4Ms: 1000, timerDMs: 6400 };

/*
 * The counts of what is left are the embedded servers' own. On the real ones this file does not run: their timers
 * cannot be shortened to a test's length, and they do not tell their transactions.
 */
const onRealServers = process.env.AXBRIDGE_DRACHTIO !== undefined;

describe.skipIf(onRealServers)(`${LOSS * 100} % of the packets lost in both directions`, () => {
  let servers: EmbeddedServers;
  let scenario: Scenario;
  const lines: LossyLink[] = [];

  beforeAll(async () => {
    servers = await EmbeddedServers.start(timers);
    const database = await createTestDatabase({ max: 1 });
    await database.close();
    const server = servers.sip;
    scenario = await Scenario.start({
      database: database.url,
      sip: server,
      app: { recording: true },
      anna: { timers },
      ben: { timers },
      trunk: false,
      env: {
        ...servers.settings,
        AXBRIDGE_TRUNK_OPTIONS_SECONDS: '0',
      },
    });
    const { anna, ben, admin } = scenario;
    const annasLine = await LossyLink.open({ loss: LOSS, seed: 11, phone: anna, server });
    const bensLine = await LossyLink.open({ loss: LOSS, seed: 23, phone: ben, server });
    lines.push(annasLine, bensLine);
    anna.behind(annasLine);
    ben.behind(bensLine);
    await admin.addTrunk({
      name: 'bad-line',
      ...bensLine.far,
      transport: 'udp',
      sources: ['127.0.0.0/8'],
    });
  });

  afterAll(async () => {
    await scenario?.close();
    for (const line of lines) line.close();
    await servers?.stop();
  });

  it('calls of both kinds are set up and end cleanly, and no server keeps anything', async () => {
    const { anna, ben } = scenario;
    ben.onCall = (call: IncomingCall) => {
      call.ring();
      call.answer().catch(() => undefined);
    };
    const terms = [
      ...Array.from({ length: PLAIN_CALLS }, () => ({})),
      ...Array.from({ length: ANCHORED_CALLS }, () => ({ recordFlag: 'true' })),
    ];
    const pairs = [];
    for (const each of terms) pairs.push(await scenario.bind(each));
    await Promise.all(
      pairs.map(async (pair, index) => {
        const call = await scenario.dial(pair);
        await call.answered;
        if (index % 2 === 0) {
          expect(await call.hangUp()).toBe(200);
          return;
        }
        const atBen = ben.calls.items.find(({ wantedNumber }) => wantedNumber === pair.b);
        expect(await atBen?.hangUp()).toBe(200);
        expect(await call.end(30_000)).toMatchObject({ how: 'other-hung-up' });
      }),
    );
    for (const pair of pairs) {
      const [told] = await scenario.told(pair.x, { patienceMs: 40_000 });
      expect(told?.records).toHaveLength(1);
      expect(told?.events.at(-1)?.statusInfo.stateCode).toBe(0);
    }
    for (const { counts } of lines) {
      const share = counts.lost / (counts.lost + counts.passed);
      expect(share).toBeGreaterThan(0.2);
      expect(share).toBeLessThan(0.4);
    }
    await expect
      .poll(() => [anna.activeCalls.length, ben.activeCalls.length], { timeout: 10_000 })
      .toEqual([0, 0]);

    await expect.poll(() => servers.left(), { timeout: 30_000, interval: 250 }).toEqual({});
    expect(await scenario.application.metric('axbridge_media_sessions')).toBe(0);
    expect(await scenario.application.callsInProgress()).toBe(0);
  }, 120_000);
});
