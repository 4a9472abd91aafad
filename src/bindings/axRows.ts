import type { AxRow, AxTermColumns, NewAxRow } from '../store/axBindings.ts';
import type { Sealer } from '../store/sealing.ts';
import type { WantedX } from '../store/wantedX.ts';
import type { AxBinding, AxBindRequest, AxChanges } from './axTypes.ts';

/** The row of a new binding. */
export function newRowOf(
  appKey: string,
  subscriptionId: string,
  request: AxBindRequest,
  wanted: WantedX,
  at: Date,
  sealer: Sealer,
): NewAxRow {
  return {
    wanted,
    app_key: appKey,
    subscription_id: subscriptionId,
    a_digest: sealer.digest(request.origNum),
    a_sealed: sealer.seal(request.origNum),
    shows_caller: request.showsCaller,
    ...termColumnsOf(request, at),
  };
}

/** The columns of the terms that are given. */
export function termColumnsOf(terms: AxChanges, at: Date): AxTermColumns {
  return {
    call_direction: terms.callDirection,
    max_duration_minutes: terms.maxDuration,
    record_flag: terms.recordFlag,
    record_hint_tone: terms.recordHintTone,
    last_min_voice: terms.lastMinVoice,
    private_sms: terms.privateSms,
    caller_hint_tone: terms.preVoice?.callerHintTone,
    callee_hint_tone: terms.preVoice?.calleeHintTone,
    user_data: terms.userData,
    subscribed_at: at,
  };
}

/**
 * A binding as the API shows it.
 * @throws SealError
 */
export function bindingOf(row: AxRow, sealer: Sealer): AxBinding {
  return {
    subscriptionId: row.subscription_id,
    origNum: sealer.open(row.a_sealed),
    privateNum: row.x,
    showsCaller: row.shows_caller,
    ...(row.call_direction === null ? {} : { callDirection: row.call_direction }),
    recordFlag: row.record_flag,
    ...(row.record_hint_tone === null ? {} : { recordHintTone: row.record_hint_tone }),
    maxDuration: row.max_duration_minutes,
    ...(row.last_min_voice === null ? {} : { lastMinVoice: row.last_min_voice }),
    privateSms: row.private_sms,
    preVoice: {
      ...(row.caller_hint_tone === null ? {} : { callerHintTone: row.caller_hint_tone }),
      ...(row.callee_hint_tone === null ? {} : { calleeHintTone: row.callee_hint_tone }),
    },
    ...(row.user_data === null ? {} : { userData: row.user_data }),
  };
}
