import type { Reason, Rule } from './because.ts';
import { isAbroad } from './numbers.ts';
import { refuse, refuseInstead } from './refusals.ts';
import { STATE_CODE } from './stateCodes.ts';
import type {
  AppGuards,
  AppRoute,
  CallHours,
  Connect,
  Found,
  Frequency,
  Platform,
  Refuse,
  RouteCall,
} from './types.ts';

const MINUTES_PER_HOUR = 60;

/**
 * What stands before the rules of the mode: black list (7005), callers from abroad (8042), hours (8050).
 * The first that forbids the call is its stateCode.
 */
export function guardCaller(call: RouteCall, found: Found, platform: Platform): Refuse | undefined {
  const { appKey, guards } = found.app;
  const { caller } = call;
  if (caller !== '' && platform.isBlockedCaller(appKey, caller)) {
    return refuse(found, STATE_CODE.callerBlocked, undefined, [['caller-blocked', caller]]);
  }
  if (!guards.callsFromAbroad && isAbroad(caller)) {
    return refuse(found, STATE_CODE.callFromAbroad, undefined, [['caller-abroad', caller]]);
  }
  if (guards.hours.length > 0) return guardHours(call, found, platform);
  return undefined;
}

function guardHours({ now }: RouteCall, found: Found, platform: Platform): Refuse | undefined {
  const minute = platform.minuteOfDay(now);
  if (found.app.guards.hours.some((hours) => isWithin(hours, minute))) return undefined;
  return refuse(found, STATE_CODE.outsideHours, undefined, [['outside-hours', timeOfDay(minute)]]);
}

/** Hours that end when they begin, or before, go over midnight: `00:00` to `00:00` is the whole day. */
function isWithin({ from, until }: CallHours, minute: number): boolean {
  return from < until ? minute >= from && minute < until : minute >= from || minute < until;
}

function timeOfDay(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minute / MINUTES_PER_HOUR))}:${two(minute % MINUTES_PER_HOUR)}`;
}

/**
 * What stands after the rules of the mode, when it is known whom the call goes to and what he sees: black list and
 * barred numbers (7004), callees abroad (8043), the caller's real number (8024). The first that forbids the call is its
 * stateCode.
 */
export function guardConnect(call: RouteCall, connect: Connect, platform: Platform): Connect | Refuse {
  const { app, callee, shown } = connect;
  if (platform.isBlockedCallee(app.appKey, callee)) {
    return refuseInstead(connect, STATE_CODE.calleeBlocked, undefined, ['callee-blocked', callee]);
  }
  if (platform.isBarred(callee)) {
    return refuseInstead(connect, STATE_CODE.calleeBlocked, undefined, ['callee-barred', callee]);
  }
  if (!app.guards.callsAbroad && isAbroad(callee)) {
    return refuseInstead(connect, STATE_CODE.callAbroad, undefined, ['callee-abroad', callee]);
  }
  if (shown === call.caller && !platform.showsRealCallers) {
    return refuseInstead(connect, STATE_CODE.realNumberShown, undefined, ['real-number-forbidden']);
  }
  return connect;
}

/** Why a call that exceeds a limit is refused, for its application. */
type Exceeded = (app: AppRoute) => Reason;

const inWords = ({ calls, seconds }: Frequency): string => `${calls} in ${seconds} s`;

const frequency =
  (rule: Rule, of: (guards: AppGuards) => Frequency | undefined): Exceeded =>
  ({ guards }) => {
    const limit = of(guards);
    return limit === undefined ? [rule] : [rule, inWords(limit)];
  };

/** The limits that are counted while calls go on (admission), by stateCode. */
const EXCEEDED: ReadonlyMap<number, Exceeded> = new Map<number, Exceeded>([
  [
    STATE_CODE.customerFrequency,
    ({ account: { callFrequency } }) =>
      callFrequency === undefined ? ['customer-frequency'] : ['account-frequency', inWords(callFrequency)],
  ],
  [STATE_CODE.applicationFrequency, frequency('application-frequency', (of) => of.applicationFrequency)],
  [STATE_CODE.shownFrequency, frequency('shown-frequency', (of) => of.shownFrequency)],
  [STATE_CODE.callerFrequency, frequency('caller-frequency', (of) => of.callerFrequency)],
  [STATE_CODE.calleeFrequency, frequency('callee-frequency', (of) => of.calleeFrequency)],
  [STATE_CODE.xFrequency, frequency('x-frequency', (of) => of.xFrequency)],
  [
    STATE_CODE.applicationFull,
    ({ guards: { maxCalls } }) =>
      maxCalls === undefined ? ['application-full'] : ['application-full', String(maxCalls)],
  ],
  [STATE_CODE.platformFull, () => ['platform-full']],
]);

/**
 * The call would have gone out, but a limit is reached.
 * @param stateCode of the limit: 7001 to 7003, 8047 to 8049, 7109 or 522
 */
export function refuseExceeded(connect: Connect, stateCode: number): Refuse {
  const reason = EXCEEDED.get(stateCode)?.(connect.app) ?? ['limit-exceeded', String(stateCode)];
  return refuseInstead(connect, stateCode, undefined, reason);
}
