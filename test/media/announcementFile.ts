import { writeFile } from 'node:fs/promises';
import { aLawHeader } from '../../media/wavHeader.ts';
import { linearToALaw } from './RtpParty.ts';

/**
 * Writes an announcement that sounds like nothing else in the test: a tone that glides up.
 * @returns its samples
 */
export async function writeAnnouncement(path: string, seconds: number, hertz = 300): Promise<Uint8Array> {
  const samples = Uint8Array.from({ length: Math.round(seconds * 8000) }, (_, at) => {
    const time = at / 8000;
    return linearToALaw(9000 * Math.sin(2 * Math.PI * (hertz * time + 150 * time * time)));
  });
  await writeFile(path, Buffer.concat([aLawHeader(samples.length), samples]));
  return samples;
}
