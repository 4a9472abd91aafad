import type { AxybRow, NewAxybRow, NewRelationRow } from '../store/axybBindings.ts';
import type { Sealer } from '../store/sealing.ts';
import type { WantedPlace } from '../store/wantedX.ts';
import type { AxybBinding, AxybBindRequest, AxybRelateRequest } from './axybTypes.ts';
import { endOf } from './bindingRules.ts';

/** The row of a new binding of A. */
export function newRowOf(
  appKey: string,
  subscriptionId: string,
  request: AxybBindRequest,
  place: WantedPlace,
  at: Date,
  sealer: Sealer,
): NewAxybRow {
  return {
    place,
    app_key: appKey,
    subscription_id: subscriptionId,
    a_digest: sealer.digest(request.origNum),
    a_sealed: sealer.seal(request.origNum),
    call_direction: request.callDirection,
    duration_seconds: request.duration,
    expires_at: endOf(request.duration, at),
    record_flag: request.recordFlag,
    record_hint_tone: request.recordHintTone,
    pre_voice_x: request.preVoiceX,
    user_data: request.userData,
    subscribed_at: at,
  };
}

/** The row of a new relation of B. */
export function relationRowOf(
  appKey: string,
  subscriptionId: string,
  request: AxybRelateRequest,
  place: WantedPlace,
  at: Date,
  sealer: Sealer,
): NewRelationRow {
  return {
    place,
    app_key: appKey,
    subscription_id: subscriptionId,
    b_digest: sealer.digest(request.origNum),
    b_sealed: sealer.seal(request.origNum),
    duration_seconds: request.ybDuration,
    expires_at: endOf(request.ybDuration, at),
    pre_voice_y: request.preVoiceY,
    user_data: request.userData,
    bound_at: at,
  };
}

/**
 * A binding as the API shows it.
 * @throws SealError
 */
export function bindingOf(row: AxybRow, sealer: Sealer): AxybBinding {
  return {
    subscriptionId: row.subscription_id,
    numA: sealer.open(row.a_sealed),
    numX: row.x,
    callDirection: row.call_direction,
    duration: row.duration_seconds,
    recordFlag: row.record_flag,
    ...(row.record_hint_tone === null ? {} : { recordHintTone: row.record_hint_tone }),
    ...(row.pre_voice_x === null ? {} : { preVoiceX: row.pre_voice_x }),
    ...(row.user_data === null ? {} : { userData: row.user_data }),
    boundAt: row.bound_at,
    ...(row.y === null || row.b_sealed === null
      ? {}
      : {
          relation: {
            numY: row.y,
            numB: sealer.open(row.b_sealed),
            ybDuration: row.yb_duration_seconds ?? 0,
            ...(row.pre_voice_y === null ? {} : { preVoiceY: row.pre_voice_y }),
          },
        }),
  };
}
