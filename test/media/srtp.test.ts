import { describe, expect, it } from 'vitest';
import { CALLEE_VOICE, CALLER_VOICE, hears, mediaUnderTest } from './MediaUnderTest.ts';

const test = mediaUnderTest();
/** The embedded media server does no SRTP. */
const onRealServers = process.env.AXBRIDGE_FREESWITCH !== undefined;

describe.runIf(onRealServers)('a caller who speaks SRTP, on FreeSWITCH', () => {
  it('talks to a callee who speaks RTP', async () => {
    const { pool, caller, keep } = test();
    const media = keep(await pool.create({ callerOffer: caller.secureSdp() }));
    expect(media.callerAnswer).toMatch(/^m=audio \d+ RTP\/SAVP 8 101\r$/m);
    expect(media.calleeOffer).toMatch(/^m=audio \d+ RTP\/AVP 8 0 101\r$/m);
    expect(media.calleeOffer).not.toMatch(/SAVP|crypto/);
    caller.talkTo(media.callerAnswer);
    await test().answerCallee(media);
    await media.bridge();
    await test().hearEachOther();
  });

  it('can hold, take back and change his key', async () => {
    const { pool, caller, callee, keep } = test();
    const media = keep(await pool.create({ callerOffer: caller.secureSdp() }));
    caller.talkTo(media.callerAnswer);
    await test().answerCallee(media);
    await media.bridge();
    await test().hearEachOther();
    expect(await media.modifyCaller(caller.secureSdp({ direction: 'sendonly' }))).toMatch(/ RTP\/SAVP /);
    caller.changeKey();
    caller.talkTo(await media.modifyCaller(caller.secureSdp()));
    await hears(caller, CALLEE_VOICE);
    await hears(callee, CALLER_VOICE);
  });

  it('cannot go over to RTP', async () => {
    const { pool, caller, keep } = test();
    const media = keep(await pool.create({ callerOffer: caller.secureSdp() }));
    await expect(media.modifyCaller(caller.sdp())).rejects.toMatchObject({ code: 'not-acceptable' });
  });

  it('is refused with a cipher that FreeSWITCH does not know', async () => {
    const { pool, caller } = test();
    const offer = caller.secureSdp().replace('AES_CM_128_HMAC_SHA1_80', 'F8_128_HMAC_SHA1_80');
    await expect(pool.create({ callerOffer: offer })).rejects.toMatchObject({ code: 'not-acceptable' });
  });
});

describe('a caller who speaks RTP', () => {
  it('is not refused for a key that he offers beside', async () => {
    const { pool, caller, callee, keep } = test();
    const offer = `${caller.sdp()}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${'A'.repeat(40)}\r\n`;
    const media = keep(await pool.create({ callerOffer: offer }));
    expect(media.callerAnswer).toMatch(/^m=audio \d+ RTP\/AVP 8 101\r$/m);
    expect(media.callerAnswer).not.toContain('crypto');
    caller.talkTo(media.callerAnswer);
    await media.calleeAnswered(callee.sdp());
    callee.talkTo(media.calleeOffer);
    await media.bridge();
    await test().hearEachOther();
  });

  it('cannot go over to SRTP, and nor can the callee', async () => {
    const { caller, callee } = test();
    const media = await test().connect();
    await expect(media.modifyCaller(caller.secureSdp())).rejects.toMatchObject({ code: 'not-acceptable' });
    await expect(media.modifyCallee(callee.secureSdp())).rejects.toMatchObject({ code: 'not-acceptable' });
  });
});
