import type { AxeRow, AxeTermColumns, NewAxeRow } from '../store/axeBindings.ts';
import type { Sealer } from '../store/sealing.ts';
import type { AxeBinding, AxeBindRequest, AxeChanges, TimeUnit } from './axeTypes.ts';
import { BindingError } from './BindingError.ts';
import { endOf } from './bindingRules.ts';

const SECONDS: Record<TimeUnit, number> = { 0: 3600, 1: 60 };
/** Most of either time: 30 days (facts 4.1). */
const MOST_SECONDS = 720 * 3600;

/** @throws BindingError value-out-of-range */
function secondsOf(field: string, time: number, unit: TimeUnit): number {
  const seconds = time * SECONDS[unit];
  if (seconds <= MOST_SECONDS) return seconds;
  const most = `${MOST_SECONDS / SECONDS[unit]} ${unit === 0 ? 'hours' : 'minutes'}`;
  throw new BindingError('value-out-of-range', `${field}: expected at most ${most}, got ${time}`);
}

/**
 * The row of a new binding.
 * @throws BindingError value-out-of-range
 */
export function newRowOf(
  appKey: string,
  subscriptionId: string,
  request: AxeBindRequest,
  wanted: NewAxeRow['wanted'],
  at: Date,
  sealer: Sealer,
): NewAxeRow {
  const { timeUnit, bindExpiredTime } = request;
  return {
    wanted,
    app_key: appKey,
    subscription_id: subscriptionId,
    a_digest: sealer.digest(request.bindNum),
    a_sealed: sealer.seal(request.bindNum),
    shows_caller: request.showsCaller,
    time_unit: timeUnit,
    bind_expired_time: bindExpiredTime,
    expires_at: endOf(secondsOf('bindExpiredTime', bindExpiredTime, timeUnit), at),
    ...termColumnsOf(request, timeUnit, at, sealer),
  };
}

/**
 * What a modify sets, and the new end of the binding. The clock starts again from now (facts 2.3, by analogy);
 * `timeUnit` and `bindExpiredTime` go on to be shown as they were at the bind (facts 4.4).
 * @param boundUnit the unit of the bind
 * @throws BindingError value-out-of-range
 */
export function changedColumnsOf(
  changes: AxeChanges,
  boundUnit: TimeUnit,
  at: Date,
  sealer: Sealer,
): { columns: AxeTermColumns; expiresAt: Date | null | undefined } {
  const { timeUnit = boundUnit, bindExpiredTime } = changes;
  return {
    columns: termColumnsOf(changes, timeUnit, at, sealer),
    expiresAt:
      bindExpiredTime === undefined
        ? undefined
        : (endOf(secondsOf('bindExpiredTime', bindExpiredTime, timeUnit), at) ?? null),
  };
}

function termColumnsOf(terms: AxeChanges, unit: TimeUnit, at: Date, sealer: Sealer): AxeTermColumns {
  const { callbackNum, callbackExpiredTime } = terms;
  return {
    record_flag: terms.recordFlag,
    record_hint_tone: terms.recordHintTone,
    call_back_tone: terms.callbackTone,
    call_back_number_sealed: callbackNum === undefined ? undefined : sealer.seal(callbackNum),
    call_back_expired_time: callbackExpiredTime,
    call_back_seconds:
      callbackExpiredTime === undefined
        ? undefined
        : secondsOf('callbackExpiredTime', callbackExpiredTime, unit),
    user_data: terms.userData,
    subscribed_at: at,
  };
}

/**
 * A binding as the API shows it.
 * @throws SealError
 */
export function bindingOf(row: AxeRow, sealer: Sealer): AxeBinding {
  return {
    subscriptionId: row.subscription_id,
    bindNum: sealer.open(row.a_sealed),
    virtualNum: row.x,
    extendNum: row.extension,
    showsCaller: row.shows_caller,
    recordFlag: row.record_flag,
    ...(row.record_hint_tone === null ? {} : { recordHintTone: row.record_hint_tone }),
    ...(row.call_back_tone === null ? {} : { callbackTone: row.call_back_tone }),
    ...(row.call_back_number_sealed === null
      ? {}
      : { callbackNum: sealer.open(row.call_back_number_sealed) }),
    timeUnit: row.time_unit,
    bindExpiredTime: row.bind_expired_time,
    callbackExpiredTime: row.call_back_expired_time,
    ...(row.user_data === null ? {} : { userData: row.user_data }),
  };
}
