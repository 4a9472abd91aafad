import type { AppGuards, Platform } from '../../routing/types.ts';

const MS_PER_MINUTE = 60_000;
const MINUTES_PER_DAY = 1440;

/** A platform that forbids nothing and keeps UTC: for tests, and for benches of everything else. */
export const OPEN_PLATFORM: Platform = {
  showsRealCallers: true,
  isBlockedCaller: () => false,
  isBlockedCallee: () => false,
  isBarred: () => false,
  minuteOfDay: (now) => Math.floor(now / MS_PER_MINUTE) % MINUTES_PER_DAY,
};

/** An application that nothing is forbidden to, for the same purpose. */
export const OPEN_GUARDS: AppGuards = {
  callsFromAbroad: true,
  callsAbroad: true,
  hours: [],
  maxCalls: undefined,
  applicationFrequency: undefined,
  shownFrequency: undefined,
  callerFrequency: undefined,
  calleeFrequency: undefined,
  xFrequency: undefined,
};
