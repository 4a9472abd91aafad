/** How far Created may be from now (facts 1.2, "Age check"). */
export const CREATED_WINDOW_MS = 5 * 60_000;
/** Beijing time, which many clients send with a literal Z. */
const BEIJING_OFFSET_MS = 8 * 3_600_000;

const FORM = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/;

/** A Created that is near enough to now. */
export interface Fresh {
  readonly kind: 'fresh';
  /** The last moment at which it could be fresh, however it is read; milliseconds since the epoch. */
  readonly freshUntil: number;
  /** Whether it was fresh hours ago, too, read as Beijing time. */
  readonly wasFreshBefore: boolean;
}

export type Freshness = Fresh | { readonly kind: 'too-far' | 'malformed' };

/**
 * Judges the `Created` of a request: `yyyy-MM-dd'T'HH:mm:ss'Z'`.
 *
 * The documents say UTC in one place and UTC+8 in another, both with Z (facts 11, C1), and the Java, Go and Python
 * samples send local time with a literal Z. The customers of this API stand in China or run their servers on UTC, so
 * these two readings cover them; every further offset would give a captured header ten more minutes of life.
 * A fraction of a second and an explicit offset (`+08:00`) are understood as what they say.
 * @param now milliseconds since the epoch
 */
export function freshnessOf(created: string, now: number): Freshness {
  const match = FORM.exec(created);
  if (match?.[1] === undefined) return { kind: 'malformed' };
  const offset = match[2] ?? 'Z';
  const explicit = offset !== 'Z';
  const instant = Date.parse(
    match[1] + (explicit && !offset.includes(':') ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset),
  );
  if (Number.isNaN(instant)) return { kind: 'malformed' };
  const isNear = (reading: number) => Math.abs(now - reading) <= CREATED_WINDOW_MS;
  const freshUntil = instant + CREATED_WINDOW_MS;
  if (isNear(instant)) return { kind: 'fresh', freshUntil, wasFreshBefore: !explicit };
  if (!explicit && isNear(instant - BEIJING_OFFSET_MS))
    return { kind: 'fresh', freshUntil, wasFreshBefore: false };
  return { kind: 'too-far' };
}
