import { fromALaw, shareOfTone } from '../test/kit/audio.ts';
import { fetchRecording } from '../test/kit/fetchRecording.ts';
import type { PartnerClient } from '../test/kit/PartnerClient.ts';
import type { Person } from './people.ts';

const HERTZ = 8000;
/** Half of the stretch in which voices are looked for, in samples. */
const NEAR_MIDDLE = 2000;

/** A recording, as a customer gets it. */
export interface FoundRecording {
  readonly seconds: number;
  readonly isALaw: boolean;
  /** How much of its middle is each of these voices, from 0 to 1. */
  readonly voices: readonly number[];
}

/** The recording that a call record names; undefined where none comes. */
export async function findRecording(
  partner: PartnerClient,
  record: Readonly<Record<string, unknown>>,
  people: readonly Person[],
): Promise<FoundRecording | undefined> {
  const wav = await fetchRecording(partner, record).catch(() => undefined);
  if (wav === undefined) return undefined;
  const { format, channels, hertz, data } = wav;
  const middle = Math.floor(data.length / 2);
  const stretch = fromALaw(data.subarray(middle - NEAR_MIDDLE, middle + NEAR_MIDDLE));
  return {
    seconds: data.length / HERTZ,
    isALaw: format === 6 && channels === 1 && hertz === HERTZ,
    voices: people.map((person) => shareOfTone(stretch, person.hertz)),
  };
}
