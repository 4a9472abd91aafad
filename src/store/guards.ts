import type { AppGuards } from '../../routing/types.ts';

/** `apps.guards` as it is stored: an object of those guards that the operator set. */
export type StoredGuards = Partial<AppGuards>;

/** What holds for an application whose operator has set nothing: no calls from or to abroad, no other limit. */
export const DEFAULT_GUARDS: AppGuards = {
  callsFromAbroad: false,
  callsAbroad: false,
  hours: [],
  maxCalls: undefined,
  applicationFrequency: undefined,
  shownFrequency: undefined,
  callerFrequency: undefined,
  calleeFrequency: undefined,
  xFrequency: undefined,
};

/** Reads `apps.guards`: what is absent there has its default. */
export function readGuards(stored: StoredGuards): AppGuards {
  return { ...DEFAULT_GUARDS, ...stored };
}
