import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Phone } from '../kit/Phone.ts';
import { BEN } from './axeBinding.ts';
import { CallsWithMedia } from './CallsWithMedia.ts';
import { type CallsUnderTest, STRANGER, X } from './callsUnderTest.ts';
import { OfferlessCaller, sdpOfPhone } from './OfferlessCaller.ts';

/** A SIP server with the timers of RFC 3261 waits 32 s for an ACK. */
const ACK_TIMEOUT_MS = 45_000;

let rig: CallsWithMedia;
let calls: CallsUnderTest;
let caller: OfferlessCaller;
let bob: Phone;

beforeAll(async () => {
  rig = await CallsWithMedia.start({ sip: { timers: { t1Ms: 50, t4Ms: 100 } } });
  calls = rig.calls;
});

afterAll(() => rig.stop());

beforeEach(async () => {
  caller = new OfferlessCaller(calls.sipAddress);
  await caller.start();
  bob = await Phone.start({ name: 'bob' });
  calls.trunks.replace([calls.trunk('carrier', bob.port)]);
  calls.journal.messages.items.length = 0;
  calls.serve('AXE', {}, (_caller, digits) => (digits === '1207' ? BEN : undefined));
});

afterEach(async () => {
  rig.hooks.reset();
  await rig.expectNothingLeft();
  await caller.close();
  await bob.close();
});

describe('a caller who is asked for an extension and whose INVITE holds no offer', () => {
  it('answers ours in his ACK, and goes on', async () => {
    const agreed = Promise.withResolvers<void>();
    rig.hooks.onMade = (media) => {
      const modify = media.modifyCaller.bind(media);
      media.modifyCaller = async (sdp) => {
        const answer = await modify(sdp);
        agreed.resolve();
        return answer;
      };
    };
    const { response, request } = await caller.call(X, STRANGER, sdpOfPhone(40_000));
    expect(response.body).toContain('m=audio');
    await agreed.promise;
    const relay = { 'Content-Type': 'application/dtmf-relay' };
    for (const key of '1207') expect((await request('INFO', relay, `Signal=${key}\r\n`))?.status).toBe(200);
    const incoming = await bob.nextCall();
    await incoming.answer();
    await calls.journal.messages.when(({ body }) => body.eventType === 'answer');
    await request('BYE');
    expect((await incoming.end()).how).toBe('other-hung-up');
    expect((await calls.journal.call()).stateCode).toBe(0);
  });

  it('is hung up on when his ACK holds no answer', async () => {
    await caller.call(X, STRANGER, '');
    await caller.requests.when(({ method }) => method === 'BYE');
    expect((await calls.journal.call()).stateCode).toBe(7505);
  });

  it('is given up by the stack when no ACK comes', async () => {
    await caller.call(X, STRANGER, undefined);
    expect((await calls.journal.call(1, ACK_TIMEOUT_MS)).stateCode).toBe(7505);
  }, 60_000);
});
