import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PhoneCall } from '../kit/PhoneCall.ts';
import { ANNA_HZ, BEN_HZ, Scenario } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';
import { channelCount, type MediaServers, startMediaServers } from '../media/servers.ts';

/** maxDuration of the call: one minute, the shortest that there is. */
const LIMIT_MS = 60_000;
/** The media server's own limit stands a little behind the application's. */
const GRACE_MS = 5000;

/** Servers that outlive the application. */
let servers: MediaServers;
let scenario: Scenario;

beforeAll(async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  servers = await startMediaServers();
  const { drachtio, freeswitch, sip } = servers;
  scenario = await Scenario.start({
    database: database.url,
    ...(sip && { sip }),
    env: {
      AXBRIDGE_DRACHTIO: `${drachtio.host}:${drachtio.port},${drachtio.secret}`,
      AXBRIDGE_FREESWITCH: `${freeswitch.host}:${freeswitch.port},${freeswitch.secret}`,
    },
  });
});

afterAll(async () => {
  await scenario?.close();
  await servers?.stop();
});

/** Waits until nothing comes to a phone any more. @returns when the last packet came, milliseconds since the epoch */
async function lastHeard({ media }: PhoneCall): Promise<number> {
  for (;;) {
    const last = media?.received.findLast(({ control }) => !control)?.at ?? 0;
    if (Date.now() - last > 1000) return last;
    await delay(500);
  }
}

describe('an application that is killed in the middle of a call', () => {
  it('leaves it going on, and the media server ends it at its limit', { timeout: 2 * LIMIT_MS }, async () => {
    const { atAnna, atBen } = await scenario.talk({ maxDuration: 1 });
    const answeredAt = Date.now();
    const hear = () => Promise.all([atAnna.media?.hears(BEN_HZ), atBen.media?.hears(ANNA_HZ)]);
    await hear();
    await scenario.application.kill('SIGKILL');
    await hear();
    expect(await channelCount(servers.freeswitch)).toBe(2);
    for (const call of [atAnna, atBen]) {
      const heardMs = (await lastHeard(call)) - answeredAt;
      expect(heardMs).toBeGreaterThan(LIMIT_MS - 1000);
      expect(heardMs).toBeLessThan(LIMIT_MS + GRACE_MS + 2000);
    }
    await expect.poll(() => channelCount(servers.freeswitch), { timeout: 3000 }).toBe(0);
    // Nobody is left to tell the phones; each hangs up by itself, and the SIP server answers for a call that it knows or not.
    for (const call of [atAnna, atBen]) {
      expect(call.isOver).toBe(false);
      expect([200, 481]).toContain(await call.hangUp());
    }
  });
});
