import { describe, expect, it } from 'vitest';
import { A_LAW_SILENCE, fromALaw, SAMPLES_PER_PACKET, toALaw, toneSecond } from './audio.ts';
import { type Ears, loudestBetween, soundsHeard } from './hearing.ts';
import { signature } from './signature.ts';

const one = signature('one');
const other = signature('other', 600);
const long = signature('long', 3000);
const sounds = [one, other, long];

const silence = (ms: number): Uint8Array => new Uint8Array(ms * 8).fill(A_LAW_SILENCE);
const codesOf = (samples: Float64Array): Uint8Array => toALaw(samples);

/** A phone that got these codes in packets of 20 ms, from the time 0. */
function earsThatGot(...parts: readonly Uint8Array[]): Ears {
  const codes = Buffer.concat(parts);
  const received = [];
  for (let at = 0; at < codes.length; at += SAMPLES_PER_PACKET) {
    const header = Buffer.alloc(12);
    header[0] = 0x80;
    header[1] = 8;
    header.writeUInt32BE((0xffff_ff00 + at) >>> 0, 4);
    const bytes = Buffer.concat([header, codes.subarray(at, at + SAMPLES_PER_PACKET)]);
    received.push({ at: at / 8, control: false, bytes });
  }
  return { received, payloadTypes: { audio: 8, digits: 101 } };
}

describe('a phone that hears announcements', () => {
  it('tells which they were, when each began and ended, and that it was whole', () => {
    const ears = earsThatGot(silence(500), codesOf(one.samples), silence(300), codesOf(other.samples));
    expect(soundsHeard(ears, sounds)).toEqual([
      { name: 'one', from: 500, until: 1300, whole: true },
      { name: 'other', from: 1600, until: 2200, whole: true },
    ]);
  });

  it('finds one that does not begin with a packet, and one that is played again at once', () => {
    const ears = earsThatGot(silence(110), codesOf(one.samples), codesOf(one.samples), silence(50));
    const heard = soundsHeard(ears, sounds);
    expect(heard.map(({ name, whole }) => [name, whole])).toEqual([
      ['one', true],
      ['one', true],
    ]);
    expect(heard.map(({ from }) => from)).toEqual([110, 910]);
  });

  it('tells where one was cut', () => {
    const ears = earsThatGot(silence(200), codesOf(long.samples.subarray(0, 8 * 1000)), silence(2500));
    expect(soundsHeard(ears, sounds)).toEqual([{ name: 'long', from: 200, until: 1200, whole: false }]);
  });

  it('finds one beneath a voice as loud', () => {
    const voice = fromALaw(toneSecond(660));
    const mixed = one.samples.map((sample, index) => sample + (voice[index] ?? 0));
    const ears = earsThatGot(toneSecond(660), codesOf(mixed), toneSecond(660));
    expect(soundsHeard(ears, sounds).map(({ name, from }) => [name, from])).toEqual([['one', 1000]]);
  });

  it('hears none of them in silence, in voices and in other announcements', () => {
    const stranger = signature('stranger', 2000);
    const ears = earsThatGot(silence(1000), toneSecond(440), codesOf(stranger.samples), toneSecond(1000));
    expect(soundsHeard(ears, sounds)).toEqual([]);
    expect(loudestBetween(ears, 0, 1000)).toBeLessThan(20);
    expect(loudestBetween(ears, 1000, 2000)).toBeGreaterThan(5000);
  });

  it('goes on with another stream after a pause', () => {
    const before = earsThatGot(codesOf(one.samples));
    const after = earsThatGot(codesOf(other.samples));
    const later = after.received.map((packet) => {
      const bytes = Buffer.from(packet.bytes);
      bytes.writeUInt32BE(77, 8);
      return { ...packet, at: packet.at + 5000, bytes };
    });
    const ears = { received: [...before.received, ...later], payloadTypes: before.payloadTypes };
    expect(soundsHeard(ears, sounds)).toEqual([
      { name: 'one', from: 0, until: 800, whole: true },
      { name: 'other', from: 5000, until: 5600, whole: true },
    ]);
  });

  it('is not put off by a sender whose clock skips a tick', () => {
    const { received, payloadTypes } = earsThatGot(silence(500), codesOf(one.samples), silence(300));
    const skipping = received.map((packet, index) => {
      const bytes = Buffer.from(packet.bytes);
      const skipped = index > 40 ? 2 * SAMPLES_PER_PACKET : 0;
      bytes.writeUInt32BE((bytes.readUInt32BE(4) + skipped) >>> 0, 4);
      return { ...packet, at: packet.at + skipped / 8, bytes };
    });
    expect(soundsHeard({ received: skipping, payloadTypes }, sounds)).toEqual([
      { name: 'one', from: 500, until: 1300, whole: true },
    ]);
  });
});
