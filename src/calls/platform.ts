import { isMainlandService } from '../../routing/numbers.ts';
import type { Platform } from '../../routing/types.ts';
import type { BlackList } from '../store/BlackList.ts';

export interface PlatformOptions {
  /** AXBRIDGE_REAL_CALLERS. */
  readonly showsRealCallers: boolean;
  /** AXBRIDGE_TIME_ZONE, of the IANA database. */
  readonly timeZone: string;
  /** AXBRIDGE_BARRED: the first digits of numbers that no call may go to, as `+` and digits; absent for none. */
  readonly barred?: readonly string[];
  readonly blackList: Pick<BlackList, 'isBlockedCaller' | 'isBlockedCallee'>;
}

const MAINLAND = '+86';
const MS_PER_MINUTE = 60_000;
const MINUTES_PER_HOUR = 60;

/** What this deployment allows and forbids, as routing asks for it. */
export function createPlatform({
  showsRealCallers,
  timeZone,
  barred = [],
  blackList,
}: PlatformOptions): Platform {
  return {
    showsRealCallers,
    isBlockedCaller: (appKey, number) => blackList.isBlockedCaller(appKey, number),
    isBlockedCallee: (appKey, number) => blackList.isBlockedCallee(appKey, number),
    isBarred: bars(barred),
    minuteOfDay: localMinutes(timeZone),
  };
}

/** Nearly all callees are mobile numbers of the mainland: they are not compared with prefixes of the rest of the world. */
function bars(prefixes: readonly string[]): (number: string) => boolean {
  const mainland = prefixes.filter((prefix) => prefix.startsWith(MAINLAND));
  const abroad = prefixes.filter((prefix) => !prefix.startsWith(MAINLAND));
  return (number) =>
    number.startsWith(MAINLAND)
      ? isMainlandService(number) || mainland.some((prefix) => number.startsWith(prefix))
      : abroad.some((prefix) => number.startsWith(prefix));
}

/** Intl takes microseconds, and calls ask for the same minute: the last answer is kept. */
function localMinutes(timeZone: string): (now: number) => number {
  const clock = new Intl.DateTimeFormat('en', {
    timeZone,
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
  });
  let knownMinute: number | undefined;
  let answer = 0;
  return (now) => {
    const minute = Math.floor(now / MS_PER_MINUTE);
    if (minute === knownMinute) return answer;
    const parts = clock.formatToParts(minute * MS_PER_MINUTE);
    const part = (type: 'hour' | 'minute') => Number(parts.find((each) => each.type === type)?.value);
    answer = part('hour') * MINUTES_PER_HOUR + part('minute');
    knownMinute = minute;
    return answer;
  };
}
