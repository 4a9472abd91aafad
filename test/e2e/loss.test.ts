import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type EmbeddedMedia,
  type EmbeddedSip,
  startEmbeddedMedia,
  startEmbeddedSip,
} from '../../embedded/index.ts';
import type { TimerValues } from '../../embedded/sip/index.ts';
import type { IncomingCall } from '../kit/IncomingCall.ts';
import { LossyLink } from '../kit/LossyLink.ts';
import { Scenario } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

const LOSS = 0.3;
const PLAIN_CALLS = 20;
const ANCHORED_CALLS = 6;
/** A fifth of the standard timers: the same number of repetitions in a fifth of the time. */
const timers: Partial<TimerValues> = { t1Ms: 100, t2Ms: 800, t4Ms: 1000, timerDMs: 6400 };

/*
 * The counts of what is left are the embedded servers' own. On the real ones this file does not run: their timers
 * cannot be shortened to a test's length, and they do not tell their transactions.
 */
const onRealServers = process.env.AXBRIDGE_DRACHTIO !== undefined;

describe.skipIf(onRealServers)(`${LOSS * 100} % of the packets lost in both directions`, () => {
  let sip: EmbeddedSip;
  let media: EmbeddedMedia;
  let scenario: Scenario;
  const lines: LossyLink[] = [];

  beforeAll(async () => {
    [sip, media] = await Promise.all([
      startEmbeddedSip({ sipPort: 0, adminPort: 0, timers }),
      startEmbeddedMedia({ eslPort: 0, sipPort: 0, rtpFirstPort: 0 }),
    ]);
    const database = await createTestDatabase({ max: 1 });
    await database.close();
    const server = { host: sip.sipHost, port: sip.sipPort };
    scenario = await Scenario.start({
      database: database.url,
      sip: server,
      app: { recording: true },
      anna: { timers },
      ben: { timers },
      trunk: false,
      env: {
        AXBRIDGE_DRACHTIO: `${sip.adminHost}:${sip.adminPort},${sip.secret}`,
        AXBRIDGE_FREESWITCH: `${media.eslHost}:${media.eslPort},${media.password}`,
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
    await Promise.all([sip?.stop(), media?.stop()]);
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

    const sipLeft = async () => {
      const { dialogs, inviteServerTransactions, otherTransactions, unansweredRequests, pendingInvites } =
        await sip.stats();
      return { dialogs, inviteServerTransactions, otherTransactions, unansweredRequests, pendingInvites };
    };
    await expect.poll(sipLeft, { timeout: 30_000, interval: 250 }).toEqual({
      dialogs: 0,
      inviteServerTransactions: 0,
      otherTransactions: 0,
      unansweredRequests: 0,
      pendingInvites: 0,
    });
    const mediaLeft = async () => {
      const { channels, bridges, recordings, rtpPorts, sipDialogs } = await media.stats();
      return { channels, bridges, recordings, rtpPorts, sipDialogs };
    };
    await expect
      .poll(mediaLeft, { timeout: 30_000, interval: 250 })
      .toEqual({ channels: 0, bridges: 0, recordings: 0, rtpPorts: 0, sipDialogs: 0 });
    const metrics = await scenario.application.metrics();
    expect(metrics).toMatch(/^axbridge_media_sessions 0$/m);
    expect(metrics.match(/^axbridge_calls_active\{.*\} [^0].*$/m)).toBeNull();
  }, 120_000);
});
