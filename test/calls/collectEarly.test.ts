import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Phone } from '../kit/Phone.ts';
import { BEN } from './axeBinding.ts';
import { CallsWithMedia } from './CallsWithMedia.ts';
import { type CallsUnderTest, STRANGER, X } from './callsUnderTest.ts';

const ALICE_HZ = 600;
const BOB_HZ = 900;
const PROMPT_HZ = 1200;
const WRONG_HZ = 1400;

let rig: CallsWithMedia;
let calls: CallsUnderTest;
let alice: Phone;
let bob: Phone;

beforeAll(async () => {
  rig = await CallsWithMedia.start({ settings: { collect: 'early' } });
  calls = rig.calls;
  await rig.uploadTone('prompt.wav', PROMPT_HZ, 1);
  await rig.uploadTone('wrong.wav', WRONG_HZ, 1);
});

afterAll(() => rig.stop());

beforeEach(async () => {
  alice = (await Phone.start({ name: 'alice', toneHz: ALICE_HZ })).dialVia(calls.sipAddress);
  bob = (await Phone.start({ name: 'bob', toneHz: BOB_HZ })).dialVia(calls.sipAddress);
  calls.trunks.replace([calls.trunk('carrier', bob.port)]);
  calls.journal.messages.items.length = 0;
  const announcements = { 'enter-extension': 'prompt.wav', 'wrong-extension': 'wrong.wav' };
  calls.serve('AXE', { announcements }, (_caller, digits) => (digits === '1207' ? BEN : undefined));
});

afterEach(async () => {
  await rig.expectNothingLeft();
  await alice.close();
  await bob.close();
});

async function asked() {
  const call = await alice.call(X, { from: STRANGER });
  expect((await call.progress.next()).status).toBe(183);
  await call.media?.hears(PROMPT_HZ);
  return call;
}

describe('where carriers pass digits before the answer', () => {
  it('a caller is asked by early media, and answered when the callee answers', async () => {
    const call = await asked();
    await call.media?.press('1207');
    const incoming = await bob.nextCall();
    incoming.ring();
    await incoming.answer();
    await call.answered;
    await Promise.all([call.media?.hears(BOB_HZ), incoming.media?.hears(ALICE_HZ)]);
    await call.hangUp();
    await incoming.end();
    expect((await calls.journal.call()).stateCode).toBe(0);
  });

  it('one whose callee is busy gets the status, and was never answered', async () => {
    const call = await asked();
    await call.media?.press('1207');
    (await bob.nextCall()).reject(486);
    expect(await call.end()).toMatchObject({ how: 'refused', status: 486, reason: 'Q.850;cause=17' });
    expect((await calls.journal.call()).stateCode).toBe(8102);
  });

  it('one who types a wrong extension hears so, and gets the status', async () => {
    const call = await asked();
    await call.media?.press('9#');
    await call.media?.hears(WRONG_HZ);
    expect(await call.end()).toMatchObject({ how: 'refused', status: 404, reason: 'Q.850;cause=1' });
    expect((await calls.journal.call()).stateCode).toBe(8022);
  });

  it('one who gives up while he is asked ends the call with 7516', async () => {
    const call = await asked();
    call.cancel();
    expect(await call.end()).toMatchObject({ how: 'cancelled' });
    expect((await calls.journal.call()).stateCode).toBe(7516);
  });
});
