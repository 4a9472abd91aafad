import { describe, expect, it } from 'vitest';
import type { SipResponse } from '../../embedded/sip/index.ts';
import { shareOfTone } from '../kit/audio.ts';
import { loudestBetween, stretchesOf } from '../kit/hearing.ts';
import type { IncomingCall } from '../kit/IncomingCall.ts';
import type { OutgoingCall } from '../kit/OutgoingCall.ts';
import type { PhoneMedia } from '../kit/PhoneMedia.ts';
import { signature } from '../kit/signature.ts';

import { BEN } from './axeBinding.ts';
import { A, STRANGER, X } from './callsUnderTest.ts';
import { ALICE_HZ, BOB_HZ, phonesAndMedia } from './phonesAndMedia.ts';

const RINGBACK_HZ = 450;
/** What the callee's network says: the number is not in service, for instance. */
const failure = signature('failure', 1200);
const file = signature('file', 1000);
const hint = signature('hint', 1000);

const test = phonesAndMedia([file, hint, failure]);

interface Rung {
  readonly call: OutgoingCall;
  readonly incoming: IncomingCall;
}

/** Anna's call has reached the callee's network. */
async function ring(): Promise<Rung> {
  const { alice, bob } = test();
  const call = await alice.call(X, { from: A });
  return { call, incoming: await bob.nextCall() };
}

/** The callee's network says that it failed, as early media, and then ends the call. */
async function fail({ call, incoming }: Rung, status: number): Promise<void> {
  incoming.ring(183);
  // Through a media server its first tenth of a second is lost: so long it takes FreeSWITCH to connect them.
  await call.media?.hears(BOB_HZ);
  incoming.media?.say(failure.codes);
  await heardWhole(call, 'failure');
  incoming.reject(status);
}

/** Waits until a phone has heard an announcement to its end. */
async function heardWhole(call: OutgoingCall | IncomingCall, name: string): Promise<void> {
  const names = () => test().namesHeard(call);
  await expect.poll(names, { timeout: 5000, interval: 100 }).toContain(name);
}

function info(call: OutgoingCall | IncomingCall, key: string): Promise<SipResponse> {
  const relay = { 'Content-Type': 'application/dtmf-relay' };
  return call.request('INFO', relay, `Signal=${key}\r\nDuration=160\r\n`);
}

/** The largest part of any tenth of a second between two times that was a tone. */
function clearestTone(media: PhoneMedia, hertz: number, from: number, until: number): number {
  let clearest = 0;
  for (const { startedAt, samples } of stretchesOf(media)) {
    for (let at = 0; at + 800 <= samples.length; at += 160) {
      const time = startedAt + at / 8;
      if (time < from || time + 100 > until) continue;
      clearest = Math.max(clearest, shareOfTone(samples.subarray(at, at + 800), hertz));
    }
  }
  return clearest;
}

async function talk({ call, incoming }: Rung): Promise<void> {
  await call.answered;
  await Promise.all([call.media?.hears(BOB_HZ), incoming.media?.hears(ALICE_HZ)]);
  expect(await call.hangUp()).toBe(200);
  await incoming.end();
}

describe('an announcement of the callee’s network reaches the caller', () => {
  it('without a media server of ours in between', async () => {
    test().calls.bind();
    const rung = await ring();
    await fail(rung, 404);
    expect((await rung.call.end()).status).toBe(404);
    expect(test().namesHeard(rung.call)).toEqual(['failure']);
  });

  it('through a media server, also where a record hint would come', async () => {
    for (const recordHintTone of [undefined, 'hint.wav']) {
      test().calls.bind({ recordFlag: true, recordHintTone });
      const rung = await ring();
      await fail(rung, 480);
      expect((await rung.call.end()).status).toBe(480);
      expect(test().namesHeard(rung.call)).toEqual(['failure']);
    }
  });

  it('after the ringback file and the ringback tone', async () => {
    test().calls.bind({ callerHintTone: 'file.wav' });
    const rung = await ring();
    rung.incoming.ring(180);
    await rung.call.media?.hears(RINGBACK_HZ);
    await fail(rung, 486);
    expect((await rung.call.end()).status).toBe(486);
    expect(test().namesHeard(rung.call)).toEqual(['file', 'failure']);
  });

  it('from where the ringback file ends, when it began meanwhile', async () => {
    test().calls.bind({ callerHintTone: 'file.wav' });
    const rung = await ring();
    rung.incoming.ring(183);
    await rung.call.progress.next();
    await heardWhole(rung.call, 'file');
    await rung.call.media?.hears(BOB_HZ);
    rung.incoming.media?.say(failure.codes);
    await heardWhole(rung.call, 'failure');
    rung.incoming.reject(603);
    expect((await rung.call.end()).status).toBe(603);
    expect(test().namesHeard(rung.call)).toEqual(['file', 'failure']);
    expect(rung.call.progress.items.map(({ status }) => status)).toEqual([183]);
  });
});

describe('a callee who answers after his network was heard', () => {
  it('is connected', async () => {
    test().calls.bind({ callerHintTone: 'file.wav' });
    const rung = await ring();
    rung.incoming.ring(183);
    await heardWhole(rung.call, 'file');
    await rung.call.media?.hears(BOB_HZ);
    await rung.incoming.answer();
    await talk(rung);
  });

  it('talks only after both have heard the record hint whole', async () => {
    const { calls } = test();
    calls.bind({ recordFlag: true, recordHintTone: 'hint.wav' });
    const rung = await ring();
    const { call, incoming } = rung;
    incoming.ring(183);
    await call.media?.hears(BOB_HZ);
    await incoming.answer();
    const answeredAt = Date.now();
    await call.answered;
    await Promise.all([heardWhole(call, 'hint'), heardWhole(incoming, 'hint')]);
    await Promise.all([call.media?.hears(BOB_HZ), incoming.media?.hears(ALICE_HZ)]);
    for (const [side, voice] of [
      [call, BOB_HZ],
      [incoming, ALICE_HZ],
    ] as const) {
      const [played] = test().heard(side);
      expect(played?.name).toBe('hint');
      if (!played || !side.media) continue;
      // Nothing from the answer, once what was on its way has arrived, to the hint; and no voice beneath the hint.
      expect(loudestBetween(side.media, answeredAt + 150, played.from - 20)).toBeLessThan(200);
      expect(clearestTone(side.media, voice, played.from, played.until)).toBeLessThan(0.5);
    }
    await call.hangUp();
    await incoming.end();
    expect(calls.logged.filter(({ level }) => level === 'warn')).toEqual([]);
  });
});

describe('a caller who was asked for an extension', () => {
  /** Anna has typed it, and her call has reached Ben's network. */
  async function type(wait?: string): Promise<Rung> {
    const { calls, alice, bob } = test();
    const announcements = { 'enter-extension': 'hint.wav', ...(wait !== undefined && { wait }) };
    calls.serve('AXE', { announcements }, (_, digits) => (digits === BEN.extension ? BEN : undefined));
    const call = await alice.call(X, { from: STRANGER });
    await call.answered;
    await heardWhole(call, 'hint');
    await call.media?.press(BEN.extension);
    return { call, incoming: await bob.nextCall() };
  }

  it('hears the waiting announcement as soon as the call goes out, then the ringback tone, then the callee', async () => {
    const rung = await type('file.wav');
    await heardWhole(rung.call, 'file');
    rung.incoming.ring(180);
    await rung.call.media?.hears(RINGBACK_HZ);
    await rung.incoming.answer();
    await talk(rung);
    expect(test().namesHeard(rung.call)).toEqual(['hint', 'file']);
    expect(rung.call.progress.items).toEqual([]);
  });

  it('hears nothing before it rings where there is no such announcement', async () => {
    const rung = await type();
    const typedAt = Date.now();
    await rung.call.media?.hearsPackets(25);
    expect(rung.call.media && loudestBetween(rung.call.media, typedAt, Date.now())).toBeLessThan(200);
    rung.incoming.ring(180);
    await rung.call.media?.hears(RINGBACK_HZ);
    await rung.incoming.answer();
    await talk(rung);
  });

  it('hears the product’s own waiting announcement where the application wants that', async () => {
    const rung = await type('default');
    const { media } = rung.call;
    if (!media) throw new Error('a phone without sound');
    const typedAt = Date.now();
    const loud = () => loudestBetween(media, typedAt, Date.now()) > 500;
    await expect.poll(loud).toBe(true);
    await rung.incoming.answer();
    await talk(rung);
  });

  it('hears an announcement of the callee’s network, and then gets BYE with its cause', async () => {
    const rung = await type('file.wav');
    await heardWhole(rung.call, 'file');
    await fail(rung, 404);
    expect(await rung.call.end()).toMatchObject({ how: 'other-hung-up', reason: 'Q.850;cause=1' });
    expect(test().namesHeard(rung.call)).toEqual(['hint', 'file', 'failure']);
  });

  it('presses keys for the callee once that one has answered: by RFC 4733, told once more by INFO', async () => {
    const rung = await type();
    await rung.incoming.answer();
    await Promise.all([rung.call.media?.hears(BOB_HZ), rung.incoming.media?.hears(ALICE_HZ)]);
    for (const key of ['5', '6']) {
      await rung.call.media?.press(key);
      expect((await info(rung.call, key)).status).toBe(200);
    }
    await rung.incoming.media?.hearsDigits('56');
    await rung.call.media?.press('#');
    await rung.incoming.media?.hearsDigits('56#');
    await rung.call.hangUp();
    await rung.incoming.end();
  });

  it('gets the keys of a callee whose phone tells them by INFO alone', async () => {
    const rung = await type();
    await rung.incoming.answer();
    await Promise.all([rung.call.media?.hears(BOB_HZ), rung.incoming.media?.hears(ALICE_HZ)]);
    expect((await info(rung.incoming, '*')).status).toBe(200);
    expect((await info(rung.incoming, '7')).status).toBe(200);
    await rung.call.media?.hearsDigits('*7');
    await rung.call.hangUp();
    await rung.incoming.end();
  });

  it('holds and takes back, with one description that goes on from that of his answer', async () => {
    const rung = await type();
    await rung.incoming.answer();
    await Promise.all([rung.call.media?.hears(BOB_HZ), rung.incoming.media?.hears(ALICE_HZ)]);
    const originOf = (sdp: string) => /^o=- (\d+) (\d+) /m.exec(sdp)?.slice(1).map(Number) ?? [];
    const [id, version = 0] = originOf((await rung.call.answered).body);
    const held = await rung.call.reinvite('sendonly');
    expect(held.status).toBe(200);
    const [heldId, heldVersion = 0] = originOf(held.body);
    expect(heldId).toBe(id);
    expect(heldVersion).toBeGreaterThan(version);
    const back = await rung.call.reinvite('sendrecv');
    expect(originOf(back.body)[0]).toBe(id);
    await Promise.all([rung.call.media?.hears(BOB_HZ), rung.incoming.media?.hears(ALICE_HZ)]);
    await rung.call.hangUp();
    await rung.incoming.end();
  });
});
