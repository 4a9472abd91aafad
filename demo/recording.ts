import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromALaw, readWav, shareOfTone } from '../test/kit/audio.ts';
import type { Person } from './people.ts';

const PATIENCE_MS = 5000;
const LOOK_EVERY_MS = 50;

/** A recording on disk. */
export interface FoundRecording {
  readonly seconds: number;
  readonly isALaw: boolean;
  /** How much of its middle is each of these voices, from 0 to 1. */
  readonly voices: readonly number[];
}

/** The recording of this name, as soon as it is converted; undefined where that does not come. */
export async function findRecording(
  dataDir: string,
  name: string,
  people: readonly Person[],
): Promise<FoundRecording | undefined> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = readRecording(dataDir, name, people);
    if (found !== undefined || Date.now() > until) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function readRecording(dataDir: string, name: string, people: readonly Person[]): FoundRecording | undefined {
  const folder = join(dataDir, 'recordings');
  const entry = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((each) =>
    each.endsWith(name),
  );
  if (entry === undefined) return undefined;
  const { format, channels, hertz, data } = readWav(readFileSync(join(folder, entry)));
  const middle = Math.floor(data.length / 2);
  const stretch = fromALaw(data.subarray(middle - 2000, middle + 2000));
  return {
    seconds: data.length / 8000,
    isALaw: format === 6 && channels === 1 && hertz === 8000,
    voices: people.map((person) => shareOfTone(stretch, person.hertz)),
  };
}
