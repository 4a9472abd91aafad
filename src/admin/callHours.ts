import { Type } from 'typebox';
import type { CallHours } from '../../routing/types.ts';

const MINUTES_PER_HOUR = 60;
const MINUTES_PER_DAY = 24 * MINUTES_PER_HOUR;
const PATTERN = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/;

/** A part of the day as people write it. */
export const Hours = Type.Refine(
  Type.String({
    description:
      'a part of the day like 08:00-21:30 or, over midnight, 22:00-06:00; 00:00-24:00 for all of it',
  }),
  (value) => readHours(value) !== undefined,
);

/** @returns undefined for a text that is no part of the day */
export function readHours(text: string): CallHours | undefined {
  const [, ...parts] = PATTERN.exec(text) ?? [];
  const [fromHour, fromMinute, untilHour, untilMinute] = parts.map(Number);
  const from = minuteOf(fromHour, fromMinute);
  const until = minuteOf(untilHour, untilMinute);
  if (from === undefined || until === undefined || from === MINUTES_PER_DAY || from === until)
    return undefined;
  return { from, until: until === 0 ? MINUTES_PER_DAY : until };
}

/** As `readHours` reads it. */
export function writeHours({ from, until }: CallHours): string {
  return `${clockTime(from)}-${clockTime(until)}`;
}

function minuteOf(hour = Number.NaN, minute = Number.NaN): number | undefined {
  const sum = hour * MINUTES_PER_HOUR + minute;
  return minute < MINUTES_PER_HOUR && sum <= MINUTES_PER_DAY ? sum : undefined;
}

function clockTime(minutes: number): string {
  const parts = [Math.trunc(minutes / MINUTES_PER_HOUR), minutes % MINUTES_PER_HOUR];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
