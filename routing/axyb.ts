import type { Reason } from './because.ts';
import { connect } from './connect.ts';
import { DIRECTION, mayCall } from './direction.ts';
import { refuse } from './refusals.ts';
import { STATE_CODE } from './stateCodes.ts';
import type { AxybRelation, Decision, Found, Refuse, RouteCall } from './types.ts';

/** AXYB: A dials Y and reaches B, who sees X; B dials X and reaches A, who sees Y. */
export function decideAxyb(call: RouteCall, found: Found): Decision {
  const { relation } = found;
  const { caller, now } = call;
  if (relation?.mode !== 'AXYB') return refuseStranger(call, found);
  if (relation.expiresAt <= now) return refuseStranger(call, found, ['binding-expired', relation.expiresAt]);
  const dialled = found.number.number;
  const { a, b, x, y } = relation;
  if (b === undefined || y === undefined) return refuseOwn(found, relation);
  if (caller === a)
    return dialled === y ? decideWay(found, relation, true, b, x) : refuseOwn(found, relation);
  if (caller === b)
    return dialled === x ? decideWay(found, relation, false, a, y) : refuseOwn(found, relation);
  return refuseStranger(call, found);
}

function refuseStranger({ caller }: RouteCall, found: Found, ...more: Reason[]): Refuse {
  const stranger: Reason = caller === '' ? ['caller-withheld'] : ['no-relation', caller];
  return refuse(found, STATE_CODE.noRelation, 'no-binding', [stranger, ...more]);
}

/** A dialled X, or B his Y. */
function refuseOwn(found: Found, relation: AxybRelation): Refuse {
  return refuse(found, STATE_CODE.ownNumber, undefined, [['own-number']], relation);
}

/** @param shown the number behind which the callee finds the caller */
function decideWay(
  found: Found,
  relation: AxybRelation,
  callerIsA: boolean,
  callee: string,
  shown: string,
): Decision {
  const { subscriptionId, callDirection } = relation;
  const because: Reason[] = [
    [callerIsA ? 'caller-is-a' : 'caller-is-b', subscriptionId],
    DIRECTION[callDirection],
  ];
  if (!mayCall(callDirection, callerIsA)) {
    return refuse(found, STATE_CODE.directionNotAllowed, undefined, because, relation);
  }
  return connect(found, relation, {
    callee,
    shown,
    ringback: callerIsA ? relation.preVoiceY : relation.preVoiceX,
    because: [
      ['x-of-application', found.app.appKey],
      ...because,
      [callerIsA ? 'callee-sees-x-of-caller' : 'callee-sees-y-of-caller', callee],
    ],
  });
}
