import { type Static, type TSchema, Type } from 'typebox';
import type { AppGuards } from '../../routing/types.ts';
import type { AppChanges } from '../store/apps.ts';
import type { StoredGuards } from '../store/guards.ts';
import { Hours, readHours, writeHours } from './callHours.ts';

const MOST_CALLS = 1_000_000;
const SECONDS_PER_DAY = 86_400;
const MOST_PARTS_OF_THE_DAY = 24;

const Allowed = Type.Boolean({ description: 'true or false' });
const HoursList = Type.Array(Hours, {
  maxItems: MOST_PARTS_OF_THE_DAY,
  description: `an array of at most ${MOST_PARTS_OF_THE_DAY} parts of the day like "08:00-21:30"; [] for always`,
});
const MaxCalls = Type.Integer({ minimum: 1, maximum: MOST_CALLS });
const FREQUENCY_FORM = `an object like {"calls":100,"seconds":60} with calls from 1 to ${MOST_CALLS} and seconds from 1 to ${SECONDS_PER_DAY}`;

/** At most so many calls in so many seconds. */
export const FrequencyLimit = Type.Object(
  { calls: MaxCalls, seconds: Type.Integer({ minimum: 1, maximum: SECONDS_PER_DAY }) },
  { additionalProperties: false, description: FREQUENCY_FORM },
);

/** Null takes a limit away. */
const MaxCallsOrNull = Type.Union([MaxCalls, Type.Null()], {
  description: `a number of calls from 1 to ${MOST_CALLS}, or null`,
});
export const FrequencyOrNull = Type.Union([FrequencyLimit, Type.Null()], {
  description: `${FREQUENCY_FORM}, or null`,
});

const members = {
  callsFromAbroad: Type.Optional(Allowed),
  callsAbroad: Type.Optional(Allowed),
  hours: Type.Optional(HoursList),
  maxCalls: Type.Optional(MaxCallsOrNull),
  applicationFrequency: Type.Optional(FrequencyOrNull),
  shownFrequency: Type.Optional(FrequencyOrNull),
  callerFrequency: Type.Optional(FrequencyOrNull),
  calleeFrequency: Type.Optional(FrequencyOrNull),
  xFrequency: Type.Optional(FrequencyOrNull),
} satisfies Record<keyof AppGuards, TSchema>;

/** What calls may not exceed. Of a new application as of a change: null for no limit, and what is absent stays as it is. */
export const Guards = Type.Object(members, {
  additionalProperties: false,
  description: 'an object of guards',
});

/** Guards as the store takes them. */
export function readGuardFields({
  hours,
  ...rest
}: Static<typeof Guards>): NonNullable<AppChanges['guards']> {
  if (hours === undefined) return rest;
  return { ...rest, hours: hours.map(readHours).filter((part) => part !== undefined) };
}

/** Guards as an answer shows them; a limit that is not set is absent. */
export function writeGuardFields({ hours, ...rest }: AppGuards): object {
  return { ...rest, hours: hours.map(writeHours) };
}

/** The guards of a new application: a limit that is null is not set. */
export function firstGuards(given: Static<typeof Guards> = {}): StoredGuards {
  return Object.fromEntries(Object.entries(readGuardFields(given)).filter(([, guard]) => guard !== null));
}
