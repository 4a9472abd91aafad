import type { AxbRow, NewAxbRow } from '../store/axbBindings.ts';
import type { AxbColumns } from '../store/changeAxbBindings.ts';
import type { Sealer } from '../store/sealing.ts';
import type { WantedX } from '../store/wantedX.ts';
import type { AxbBinding, AxbBindRequest, AxbChanges } from './axbTypes.ts';
import { endOf } from './bindingRules.ts';

/** The row of a new binding. */
export function newRowOf(
  appKey: string,
  subscriptionId: string,
  request: AxbBindRequest,
  wanted: WantedX,
  at: Date,
  sealer: Sealer,
): NewAxbRow {
  return {
    appKey,
    subscriptionId,
    wanted,
    aDigest: sealer.digest(request.callerNum),
    aSealed: sealer.seal(request.callerNum),
    bDigest: sealer.digest(request.calleeNum),
    bSealed: sealer.seal(request.calleeNum),
    callDirection: request.callDirection,
    durationSeconds: request.duration,
    expiresAt: endOf(request.duration, at),
    maxDurationMinutes: request.maxDuration,
    recordFlag: request.recordFlag,
    recordHintTone: request.recordHintTone ?? null,
    lastMinVoice: request.lastMinVoice ?? null,
    privateSms: request.privateSms,
    callerHintTone: request.preVoice.callerHintTone ?? null,
    calleeHintTone: request.preVoice.calleeHintTone ?? null,
    userData: request.userData ?? null,
    subscribedAt: at,
  };
}

/** What a modify sets. */
export function columnsOf(
  changes: AxbChanges,
  at: Date,
  sealer: Sealer,
): { columns: AxbColumns; expiresAt: Date | null | undefined } {
  const { callerNum, calleeNum, duration } = changes;
  return {
    columns: {
      aDigest: callerNum === undefined ? undefined : sealer.digest(callerNum),
      aSealed: callerNum === undefined ? undefined : sealer.seal(callerNum),
      bDigest: calleeNum === undefined ? undefined : sealer.digest(calleeNum),
      bSealed: calleeNum === undefined ? undefined : sealer.seal(calleeNum),
      callDirection: changes.callDirection,
      durationSeconds: duration,
      maxDurationMinutes: changes.maxDuration,
      recordFlag: changes.recordFlag,
      recordHintTone: changes.recordHintTone,
      lastMinVoice: changes.lastMinVoice,
      privateSms: changes.privateSms,
      callerHintTone: changes.preVoice?.callerHintTone,
      calleeHintTone: changes.preVoice?.calleeHintTone,
      userData: changes.userData,
    },
    expiresAt: duration === undefined ? undefined : (endOf(duration, at) ?? null),
  };
}

/**
 * A binding as the API shows it.
 * @throws SealError
 */
export function bindingOf(row: AxbRow, sealer: Sealer): AxbBinding {
  return {
    subscriptionId: row.subscription_id,
    relationNum: row.x,
    callerNum: sealer.open(row.a_sealed),
    calleeNum: sealer.open(row.b_sealed),
    callDirection: row.call_direction,
    duration: row.duration_seconds,
    maxDuration: row.max_duration_minutes,
    recordFlag: row.record_flag,
    ...(row.record_hint_tone === null ? {} : { recordHintTone: row.record_hint_tone }),
    ...(row.last_min_voice === null ? {} : { lastMinVoice: row.last_min_voice }),
    privateSms: row.private_sms,
    preVoice: {
      ...(row.caller_hint_tone === null ? {} : { callerHintTone: row.caller_hint_tone }),
      ...(row.callee_hint_tone === null ? {} : { calleeHintTone: row.callee_hint_tone }),
    },
    ...(row.user_data === null ? {} : { userData: row.user_data }),
    subscribedAt: row.subscribed_at,
  };
}
