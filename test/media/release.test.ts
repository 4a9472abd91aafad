import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { AnchoredMedia } from '../../media/index.ts';
import { eventually } from '../kit/eventually.ts';
import { writeAnnouncement } from './announcementFile.ts';
import { CALLEE_VOICE, hears, mediaUnderTest } from './MediaUnderTest.ts';
import { askFreeSwitch } from './servers.ts';

const test = mediaUnderTest();

describe('the end', () => {
  it('comes from the media server at the limit, without this application', async () => {
    const media = await test().connect();
    const lost = once(media, 'lost');
    const startedAt = performance.now();
    await media.hangUpAfter(1);
    expect(await lost).toEqual(['limit']);
    expect(performance.now() - startedAt).toBeGreaterThan(300);
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });

  it('comes at the last limit that was set, and not at an earlier one', async () => {
    const media = await test().connect();
    const lost = once(media, 'lost');
    const startedAt = performance.now();
    await media.hangUpAfter(1);
    await media.hangUpAfter(3600);
    await media.hangUpAfter(3);
    expect(await lost).toEqual(['limit']);
    expect(performance.now() - startedAt).toBeGreaterThan(1900);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  it('is told once when a channel is killed', async () => {
    const media = await test().connect();
    const reasons: string[] = [];
    media.on('lost', (reason) => reasons.push(reason));
    await askFreeSwitch(test().servers.freeswitch, 'hupall normal_clearing');
    await expect.poll(() => reasons).toEqual(['channel']);
    await expect(media.playToCaller(test().pathOf('any.wav'))).rejects.toMatchObject({ code: 'ended' });
  });

  it('does not come because a listener breaks', async () => {
    const media = await test().connect();
    media.on('digit', () => {
      throw new Error('a fault in the application');
    });
    test().caller.press(1);
    await expect.poll(() => test().log.error.mock.calls.length).toBe(1);
    await hears(test().caller, CALLEE_VOICE);
  });

  it('comes quickly, once, and as often as it is asked for', async () => {
    const media = await test().connect();
    const startedAt = performance.now();
    await Promise.all([media.release(), media.release()]);
    await media.release();
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(test().log.warn.mock.calls).toEqual([]);
  });

  it('leaves nothing of fifty calls at once, whatever each of them was doing', async () => {
    const { caller, callee, pool } = test();
    const path = test().pathOf('fifty.wav');
    await writeAnnouncement(path, 5);
    const calls: AnchoredMedia[] = [];
    while (calls.length < 50) {
      const batch = Array.from({ length: 5 }, () => pool.create({ callerOffer: caller.sdp() }));
      calls.push(...(await Promise.all(batch)));
    }
    await Promise.all(
      calls.map(async (call, index) => {
        if (index % 5 === 0) return;
        if (index % 5 === 1) return call.ringbackToCaller();
        if (index % 5 === 2) return void call.playToCaller(path).catch(() => undefined);
        await call.calleeAnswered(callee.sdp());
        await call.bridge();
        if (index % 5 === 3) await call.announceDuringCall(path);
      }),
    );
    await Promise.all(calls.map((call) => call.release()));
    // FreeSWITCH counts a channel until its end has come through, and is asked every two seconds.
    await eventually('no channel', () => pool.servers.every(({ channels }) => channels === 0));
  });
});

describe('after all these calls', () => {
  it('the servers hold nothing but the connection to them', async ({ skip }) => {
    const { held } = test().servers;
    if (held === undefined) return skip('servers that were given do not tell');
    const kept = async () => Object.entries(await held()).filter(([, count]) => count > 0);
    await expect.poll(kept, { timeout: 10_000 }).toEqual([['eslClients', 1]]);
  });
});
