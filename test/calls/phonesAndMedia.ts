import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { SAMPLES_PER_SECOND } from '../kit/audio.ts';
import { type HeardSound, soundsHeard } from '../kit/hearing.ts';
import { Phone } from '../kit/Phone.ts';
import type { PhoneCall } from '../kit/PhoneCall.ts';
import type { Announcement } from '../kit/signature.ts';
import { CallsWithMedia } from './CallsWithMedia.ts';
import type { CallsUnderTest } from './callsUnderTest.ts';

const END_TOLERANCE_MS = 100;

/** Voices of the two phones. */
export const ALICE_HZ = 600;
export const BOB_HZ = 900;

/** Calls with a media server, and a phone on either side. */
export interface PhonesAndMedia {
  readonly calls: CallsUnderTest;
  readonly alice: Phone;
  readonly bob: Phone;
  /** Which announcements a side of a call has heard. */
  heard(call: PhoneCall): HeardSound[];
  /** Their names; `part of …` where the end was not heard. A media server that is short of time loses packets in between. */
  namesHeard(call: PhoneCall): string[];
}

/**
 * Starts what the tests of a file need, and two phones for each test; after each test nothing is left of its calls.
 * @param sounds announcements that are uploaded: `<name>.wav` is their file
 * @returns gives what belongs to the test that runs
 */
export function phonesAndMedia(sounds: readonly Announcement[]): () => PhonesAndMedia {
  let rig: CallsWithMedia;
  let alice: Phone;
  let bob: Phone;

  beforeAll(async () => {
    rig = await CallsWithMedia.start();
    const folder = join(rig.calls.folder, 'announcements');
    await mkdir(folder, { recursive: true });
    for (const { name, wav } of sounds) await writeFile(join(folder, `${name}.wav`), wav);
  });

  afterAll(() => rig.stop());

  beforeEach(async () => {
    const { calls } = rig;
    alice = (await Phone.start({ name: 'alice', toneHz: ALICE_HZ })).dialVia(calls.sipAddress);
    bob = (await Phone.start({ name: 'bob', toneHz: BOB_HZ })).dialVia(calls.sipAddress);
    calls.trunks.replace([calls.trunk('carrier', bob.port)]);
    calls.journal.messages.items.length = 0;
    calls.logged.length = 0;
  });

  afterEach(async () => {
    await alice.close();
    await bob.close();
    await rig.expectNothingLeft();
  });

  const heard = ({ media }: PhoneCall) => (media ? soundsHeard(media, sounds) : []);
  const lengths = new Map(
    sounds.map(({ name, samples }) => [name, (samples.length * 1000) / SAMPLES_PER_SECOND]),
  );
  const isToEnd = ({ name, from, until }: HeardSound) =>
    until - from > (lengths.get(name) ?? 0) - END_TOLERANCE_MS;
  return () => ({
    calls: rig.calls,
    alice,
    bob,
    heard,
    namesHeard: (call) => heard(call).map((sound) => (isToEnd(sound) ? sound.name : `part of ${sound.name}`)),
  });
}
