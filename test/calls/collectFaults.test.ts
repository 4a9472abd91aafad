import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CallerMedia, MediaError } from '../../media/index.ts';
import type { OutgoingCall } from '../kit/OutgoingCall.ts';
import { Phone } from '../kit/Phone.ts';
import { BEN } from './axeBinding.ts';
import { CallsWithMedia } from './CallsWithMedia.ts';
import { type CallsUnderTest, STRANGER, X } from './callsUnderTest.ts';

const PROMPT_HZ = 1200;
const FAULT_HZ = 1300;
const WRONG_HZ = 1400;

let rig: CallsWithMedia;
let calls: CallsUnderTest;
let alice: Phone;
let bob: Phone;

beforeAll(async () => {
  rig = await CallsWithMedia.start();
  calls = rig.calls;
  await rig.uploadTone('prompt.wav', PROMPT_HZ, 5);
  await rig.uploadTone('fault.wav', FAULT_HZ, 1);
  await rig.uploadTone('wrong.wav', WRONG_HZ, 5);
});

afterAll(() => rig.stop());

beforeEach(async () => {
  const server = calls.sipAddress;
  alice = (await Phone.start({ name: 'alice' })).dialVia(server);
  bob = (await Phone.start({ name: 'bob' })).dialVia(server);
  calls.trunks.replace([calls.trunk('carrier', bob.port)]);
  calls.journal.messages.items.length = 0;
  calls.journal.closed.length = 0;
  calls.lines.freed.length = 0;
  calls.lines.requests.items.length = 0;
  calls.logged.length = 0;
  const announcements = {
    'enter-extension': 'prompt.wav',
    'wrong-extension': 'wrong.wav',
    'business-fault': 'fault.wav',
  };
  calls.serve('AXE', { announcements }, (_caller, digits) => (digits === '1207' ? BEN : undefined));
});

afterEach(async () => {
  rig.hooks.reset();
  await rig.expectNothingLeft();
  await alice.close();
  await bob.close();
  expect(calls.journal.records.length).toBe(calls.journal.closed.length);
  const errors = calls.logged.filter(({ message }) => message === 'a call failed');
  expect(errors).toEqual([]);
});

async function asked(): Promise<OutgoingCall> {
  const call = await alice.call(X, { from: STRANGER });
  await call.answered;
  await call.media?.hears(PROMPT_HZ);
  return call;
}

async function stop(): Promise<void> {
  const { sessionId } = await calls.journal.messages.when();
  calls.calls.stop(sessionId);
}

const BYE = { how: 'other-hung-up' };

describe('a caller who cannot be asked', () => {
  it.each([
    ['no media server is there', 'no-server', 8020],
    ['the media server makes no channel', 'set-up-failed', 8008],
  ] as const)('is refused when %s', async (_when, code, stateCode) => {
    rig.hooks.beforeCreate = () => {
      throw new MediaError(code, 'none');
    };
    const call = await alice.call(X, { from: STRANGER });
    expect(await call.end()).toMatchObject({ status: 500 });
    expect(await calls.journal.call()).toMatchObject({ events: ['callin', 'disconnect'], stateCode });
  });

  it('is refused with 488 when his sound cannot be understood', async () => {
    const offer =
      'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 18\r\n';
    const call = await alice.call(X, { from: STRANGER, offer });
    expect(await call.end()).toMatchObject({ status: 488, reason: 'Q.850;cause=65' });
    expect((await calls.journal.call()).stateCode).toBe(7505);
  });

  it('is not answered as long as his call is not durable, and refused when that takes too long', async () => {
    const away = Promise.withResolvers<void>();
    calls.journal.away = away.promise;
    const call = await alice.call(X, { from: STRANGER });
    expect(await call.end()).toMatchObject({ how: 'refused', status: 500 });
    expect((await calls.journal.call()).stateCode).toBe(8020);
    away.resolve();
    calls.journal.away = undefined;
  });

  it('hears of the fault when the prompt cannot be played, and is sent away with 8008', async () => {
    rig.hooks.onMade = (media) => {
      const play = media.playToCaller.bind(media);
      media.playToCaller = async (file) => {
        if (file.includes('prompt')) throw new MediaError('file-not-found', 'no sound');
        return play(file);
      };
    };
    const call = await alice.call(X, { from: STRANGER });
    await call.answered;
    await call.media?.hears(FAULT_HZ);
    expect(await call.end()).toMatchObject(BYE);
    expect((await calls.journal.call()).stateCode).toBe(8008);
    expect(calls.journal.closed[0]?.because.at(-1)).toContain('prompt');
  });

  it('is sent away with 8008 when his channel ends', async () => {
    const made = Promise.withResolvers<CallerMedia>();
    rig.hooks.onMade = made.resolve;
    const call = await asked();
    (await made.promise).lose('channel');
    expect(await call.end()).toMatchObject(BYE);
    expect((await calls.journal.call()).stateCode).toBe(8008);
  });
});

describe('a caller who has typed', () => {
  it('hears of the fault when the callee gets no channel', async () => {
    rig.hooks.beforeCallee = () => {
      throw new MediaError('no-server', 'full');
    };
    const call = await asked();
    await call.media?.press('1207');
    await call.media?.hears(FAULT_HZ);
    expect(await call.end()).toMatchObject(BYE);
    expect((await calls.journal.call()).stateCode).toBe(8020);
    expect(calls.journal.closed[0]).toMatchObject({ line: true });
    expect(bob.calls.items).toHaveLength(0);
  });

  it('hears of the fault when routing has no answer any more', async () => {
    calls.serve(
      'AXE',
      { announcements: { 'enter-extension': 'prompt.wav', 'business-fault': 'fault.wav' } },
      (_, digits) => {
        if (digits !== undefined) throw new Error('the database is away');
        return undefined;
      },
    );
    const call = await asked();
    await call.media?.press('1207');
    await call.media?.hears(FAULT_HZ);
    expect(await call.end()).toMatchObject(BYE);
    expect(await calls.journal.call()).toMatchObject({
      events: ['callin', 'collectInfo', 'disconnect'],
      stateCode: 8020,
    });
  });

  it.each([
    ['is taken', 'before'],
    ['was taken', 'after'],
  ] as const)('and hangs up while the line %s, has it no longer', async (_what, when) => {
    const held = Promise.withResolvers<void>();
    calls.lines[when] = held.promise;
    const call = await asked();
    await call.media?.press('1207');
    await calls.lines.requests.count(1);
    await call.hangUp();
    expect((await calls.journal.call()).stateCode).toBe(7516);
    held.resolve();
    calls.lines[when] = Promise.resolve();
    await expect.poll(() => calls.lines.freed).toHaveLength(1);
  });

  it("and hangs up while the callee's channel is made, leaves none", async () => {
    const held = Promise.withResolvers<void>();
    const asking = Promise.withResolvers<void>();
    rig.hooks.beforeCallee = () => {
      asking.resolve();
      return held.promise;
    };
    const call = await asked();
    await call.media?.press('1207');
    await asking.promise;
    await call.hangUp();
    expect((await calls.journal.call()).stateCode).toBe(7516);
    held.resolve();
  });
});

describe('a caller who is asked', () => {
  it('is hung up on when the customer stops the call', async () => {
    const call = await asked();
    await stop();
    expect(await call.end()).toMatchObject({ ...BYE, reason: 'Q.850;cause=16' });
    expect(await calls.journal.call()).toMatchObject({ events: ['callin', 'disconnect'], stateCode: 8017 });
  });

  it('is hung up on when the customer stops the call while an announcement ends it', async () => {
    const call = await asked();
    await call.media?.press('9#');
    await call.media?.hears(WRONG_HZ);
    await stop();
    expect(await call.end()).toMatchObject(BYE);
    expect((await calls.journal.call()).stateCode).toBe(8017);
  });

  it('is hung up on at the end of a drain', async () => {
    const call = await asked();
    await calls.calls.drain(0);
    expect(await call.end()).toMatchObject(BYE);
    expect((await calls.journal.call()).stateCode).toBe(8020);
  });

  it('is hung up on when the connection to the SIP server was lost, once it is back', async () => {
    const call = await asked();
    const down = new Promise((resolve) => calls.frontEnd.once('down', () => resolve(undefined)));
    calls.cutConnection();
    await down;
    expect((await calls.journal.call()).stateCode).toBe(8020);
    expect(await call.end()).toMatchObject(BYE);
    await expect.poll(() => calls.frontEnd.isConnected).toBe(true);
  });

  it('costs nothing when he hangs up at any moment', async () => {
    const made = await Promise.all(Array.from({ length: 12 }, () => alice.call(X, { from: STRANGER })));
    for (const [index, call] of made.entries()) {
      setTimeout(() => {
        call.cancel();
        // Who cancels too late is answered all the same, and hangs up.
        call.answered.then(() => call.hangUp()).catch(() => {});
      }, index * 15);
    }
    for (const call of made) expect(['i-hung-up', 'cancelled']).toContain((await call.end()).how);
    await calls.journal.messages.when(() => calls.journal.records.length === made.length);
    expect(new Set(calls.journal.closed.map(({ stateCode }) => stateCode))).toEqual(new Set([7516]));
  });
});
