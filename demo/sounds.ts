import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { soundsHeard } from '../test/kit/hearing.ts';
import type { PhoneMedia } from '../test/kit/PhoneMedia.ts';
import { type Sound, soundOf } from '../test/kit/signature.ts';

/** Language of what the people of the demo hear from the product. */
export const LANGUAGE = 'en';

/** Packets of 20 ms between two looks. */
const LOOK_EVERY_PACKETS = 10;

/** The file of one of the product's own announcements. */
export function productFile(scene: string): Buffer {
  return readFileSync(join(import.meta.dirname, '..', 'freeswitch-conf', 'sounds', LANGUAGE, `${scene}.wav`));
}

/** One of the product's own announcements, to be recognised. */
export function productSound(scene: string): Sound {
  return soundOf(scene, productFile(scene));
}

/** Whether this phone has heard the sound from its beginning to its end. */
export function hasHeard(media: PhoneMedia | undefined, sound: Sound): boolean {
  return media !== undefined && soundsHeard(media, [sound]).some(({ whole }) => whole);
}

/** Waits until a phone has heard the whole sound. @throws PatienceError when nothing is played to it any more */
export async function untilHeard(media: PhoneMedia, sound: Sound): Promise<void> {
  while (!hasHeard(media, sound)) await media.hearsPackets(LOOK_EVERY_PACKETS);
}
