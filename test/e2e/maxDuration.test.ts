import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SOUNDS_DIR } from '../../src/servers.ts';
import { aLawWav, fromALaw, readWav, SAMPLES_PER_PACKET, shareOfTone } from '../kit/audio.ts';
import { type Ears, soundsHeard, stretchesOf } from '../kit/hearing.ts';
import type { PhoneCall } from '../kit/PhoneCall.ts';
import { ANNA_HZ, BEN_HZ, Scenario, type TalkingPair } from '../kit/Scenario.ts';
import { type Sound, signature, soundOf } from '../kit/signature.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

/** maxDuration of the calls: one minute, the shortest that there is. */
const LIMIT_MS = 60_000;
const own = signature('last minute', 1500);
const ofProduct = soundOf('default', readFileSync(join(SOUNDS_DIR, 'zh', 'last-minute.wav')));

let scenario: Scenario;

beforeAll(async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  scenario = await Scenario.start({ database: database.url, app: { recording: true } });
  await scenario.admin.addAnnouncement('minute.wav', aLawWav(own.codes));
});

afterAll(async () => {
  await scenario?.close();
});

/** A call that has been answered, and when. */
interface TimedCall extends Omit<TalkingPair, 'pair'> {
  readonly x: string;
  readonly answeredAt: number;
}

/** A caller dials X, and Ben answers. */
async function talk(x: string, from: string): Promise<TimedCall> {
  const atAnna = await scenario.anna.call(x, { from });
  const atBen = await scenario.ben.nextCall();
  atBen.ring();
  await atAnna.progress.next();
  const answeredAt = Date.now();
  await Promise.all([atBen.answer(), atAnna.answered]);
  return { x, atAnna, atBen, answeredAt };
}

/** What one side heard: the announcement once, at once and whole, and before the end nothing but the other side. */
function expectHeard(call: PhoneCall, sound: Sound, otherHz: number, answeredAt: number): void {
  const { media } = call;
  if (media === undefined) throw new Error('a phone without sound');
  const heard = soundsHeard(media, [own, ofProduct]);
  expect(heard.map(({ name, whole }) => [name, whole])).toEqual([[sound.name, true]]);
  const [{ from = 0, until = 0 } = {}] = heard;
  expect(from - answeredAt).toBeLessThan(2500);
  const talk = heardBetween(media, until + 1000, answeredAt + LIMIT_MS - 1000);
  expect(talk.length / 8).toBeGreaterThan(LIMIT_MS - 10_000);
  expect(meanShareOfTone(talk, otherHz)).toBeGreaterThan(0.9);
}

/** How much of a talk was a voice: the mean over its tenths of a second, so that a lost packet costs one of them only. */
function meanShareOfTone(samples: Float64Array, hertz: number): number {
  const tenths = Math.floor(samples.length / 800);
  let sum = 0;
  for (let tenth = 0; tenth < tenths; tenth++) {
    sum += shareOfTone(samples.subarray(tenth * 800, tenth * 800 + 800), hertz);
  }
  return sum / tenths;
}

/** The sound that came between two times, milliseconds since the epoch. */
function heardBetween(media: Ears, from: number, until: number): Float64Array {
  const parts = stretchesOf(media).map(({ startedAt, samples }) =>
    samples.subarray(Math.max(0, Math.round((from - startedAt) * 8)), Math.max(0, (until - startedAt) * 8)),
  );
  return Float64Array.from(parts.flatMap((part) => [...part]));
}

/** The recording of this name as soon as it is there: it is converted when the call has ended. */
async function recording(name: string): Promise<Buffer> {
  const folder = join(scenario.application.dataDir, 'recordings');
  const find = () =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((each) => each.endsWith(name));
  await expect.poll(find, { timeout: 10_000 }).toBeDefined();
  return readFileSync(join(folder, find() ?? ''));
}

/** A recording, as if a phone had heard it. */
function earsOf(codes: Buffer): Ears {
  const received = [];
  for (let at = 0; at + SAMPLES_PER_PACKET <= codes.length; at += SAMPLES_PER_PACKET) {
    const header = Buffer.from([0x80, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt32BE(at, 4);
    const bytes = Buffer.concat([header, codes.subarray(at, at + SAMPLES_PER_PACKET)]);
    received.push({ at: at / 8, control: false, bytes });
  }
  return { received, payloadTypes: { audio: 8, digits: 101 } };
}

/** The end of a call by its limit, on both sides and at the customer. */
async function expectEnded(call: TimedCall): Promise<Readonly<Record<string, unknown>>> {
  const { x, atAnna, atBen, answeredAt } = call;
  const ends = await Promise.all([atAnna.end(LIMIT_MS + 10_000), atBen.end(LIMIT_MS + 10_000)]);
  for (const { how, at } of ends) {
    expect(how).toBe('other-hung-up');
    expect(at - answeredAt).toBeGreaterThan(LIMIT_MS - 500);
    expect(at - answeredAt).toBeLessThan(LIMIT_MS + 2000);
  }
  const [told] = await scenario.told(x);
  expect(told?.events.map(({ eventType }) => eventType)).toEqual([
    'callin',
    'callout',
    'alerting',
    'answer',
    'disconnect',
  ]);
  expect(told?.events.at(-1)?.statusInfo.stateCode).toBe(8010);
  expect(told?.records).toHaveLength(1);
  const fields = told?.records[0]?.fields ?? {};
  expect(fields.ulFailReason).toBe(8010);
  expect(Math.abs(Number(fields.callDuration) - 60)).toBeLessThanOrEqual(1);
  return fields;
}

describe('calls that may last one minute', () => {
  it('hear so at once while they go on, and end after it to the second: recorded with an announcement of their own, and with the product’s', {
    timeout: LIMIT_MS + 60_000,
  }, async () => {
    const recorded = await scenario.bind({
      maxDuration: 1,
      lastMinVoice: 'minute.wav',
      recordFlag: 'true',
    });
    const plain = await (await scenario.tenant('AX')).bindAx({ maxDuration: 1 });
    const one = await talk(recorded.x, recorded.a);
    const other = await talk(plain.x, plain.stranger);
    const [fields] = await Promise.all([expectEnded(one), expectEnded(other)]);

    for (const [call, sound] of [
      [one, own],
      [other, ofProduct],
    ] as const) {
      expectHeard(call.atAnna, sound, BEN_HZ, call.answeredAt);
      expectHeard(call.atBen, sound, ANNA_HZ, call.answeredAt);
    }

    expect(fields.recordFlag).toBe(1);
    const wav = readWav(await recording(String(fields.recordObjectName)));
    expect(wav).toMatchObject({ format: 6, channels: 1, hertz: 8000 });
    expect(wav.data.length / 8).toBeGreaterThan(LIMIT_MS - 2000);
    expect(wav.data.length / 8).toBeLessThan(LIMIT_MS + 2000);
    const talkOfBoth = fromALaw(wav.data.subarray(10 * 8000, 50 * 8000));
    expect(meanShareOfTone(talkOfBoth, ANNA_HZ)).toBeGreaterThan(0.4);
    expect(meanShareOfTone(talkOfBoth, BEN_HZ)).toBeGreaterThan(0.4);
    // What the caller heard is in it too, beneath what he said.
    expect(soundsHeard(earsOf(wav.data), [own]).map(({ name }) => name)).toEqual(['last minute']);
  });
});
