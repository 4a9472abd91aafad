import type { Reason } from './because.ts';
import { DIRECTION, mayCall } from './direction.ts';
import { callFromA, callToA } from './lines.ts';
import { refuse } from './refusals.ts';
import { STATE_CODE } from './stateCodes.ts';
import type { AxRelation, Connect, Decision, Found, Refuse, RouteCall } from './types.ts';

/** As long as the binding lives. */
const ALWAYS = 0;

/**
 * AX: anyone who dials X reaches A. A who dials X reaches the temporary callee, once; without one, and where the
 * application remembers callers, the last of them. One call at a time on an X, whoever makes it.
 */
export function decideAx(call: RouteCall, found: Found): Decision {
  const { relation, app } = found;
  if (relation?.mode !== 'AX') {
    return refuse(found, STATE_CODE.noPermission, 'no-permission', [['no-binding-on-x']]);
  }
  const callerIsA = call.caller === relation.a;
  const because: readonly Reason[] = [
    [callerIsA ? 'caller-is-a' : 'caller-is-not-a', relation.subscriptionId],
    relation.callDirection === 2 ? ['direction-others-only'] : DIRECTION[relation.callDirection],
  ];
  if (!mayCall(relation.callDirection, callerIsA)) {
    return refuse(found, STATE_CODE.directionNotAllowed, undefined, because, relation);
  }
  if (callerIsA) return decideA(call, found, relation, because);
  return callToA(call.caller, found, relation, {
    ringback: relation.calleeHintTone,
    extension: '',
    rememberedSeconds: app.callBackMemory ? ALWAYS : undefined,
    because,
  });
}

/** A calls: the temporary callee comes before the last caller. */
function decideA(call: RouteCall, found: Found, relation: AxRelation, because: readonly Reason[]): Decision {
  const { temporaryCallee } = relation;
  if (temporaryCallee === undefined) {
    return callBack(call, found, relation, [...because, ['no-temporary-callee']]);
  }
  const { id, number, expiresAt, userData } = temporaryCallee;
  if (expiresAt <= call.now) {
    return callBack(call, found, relation, [...because, ['temporary-callee-expired', expiresAt]]);
  }
  return callFromA(found, relation, {
    callee: number,
    ringback: relation.callerHintTone,
    extension: '',
    temporaryCallee: id,
    userData,
    because: [...because, ['temporary-callee', expiresAt]],
  });
}

function callBack(
  call: RouteCall,
  found: Found,
  relation: AxRelation,
  because: readonly Reason[],
): Connect | Refuse {
  const { callBackMemory, appKey } = found.app;
  if (!callBackMemory) {
    const reasons: Reason[] = [...because, ['memory-off', appKey]];
    return refuse(found, STATE_CODE.noTemporaryCallee, undefined, reasons, relation);
  }
  const { lastCaller } = relation;
  if (lastCaller === undefined || lastCaller.expiresAt <= call.now) {
    const reason: Reason =
      lastCaller === undefined ? ['no-last-caller'] : ['last-caller-expired', lastCaller.expiresAt];
    return refuse(found, STATE_CODE.noCallBackRecord, 'no-call-back-record', [...because, reason], relation);
  }
  return callFromA(found, relation, {
    callee: lastCaller.number,
    ringback: relation.callerHintTone,
    extension: '',
    because: [...because, ['last-caller']],
  });
}
