import type { Reason } from './because.ts';
import { withoutRecording } from './connect.ts';
import { DIRECTION, mayCall } from './direction.ts';
import { refuse } from './refusals.ts';
import { STATE_CODE } from './stateCodes.ts';
import type { AxbRelation, Decision, Found, Refuse, RouteCall } from './types.ts';

const SECONDS_PER_MINUTE = 60;

/** AXB: whoever of A and B dials X reaches the other one, if the binding lets that side call. */
export function decideAxb(call: RouteCall, found: Found): Decision {
  const { relation } = found;
  if (relation?.mode !== 'AXB' || (call.caller !== relation.a && call.caller !== relation.b)) {
    return refuseStranger(found, [
      call.caller === '' ? ['caller-withheld'] : ['no-binding-for-caller', call.caller],
    ]);
  }
  if (relation.expiresAt <= call.now) {
    return refuseStranger(found, [
      ['no-binding-for-caller', call.caller],
      ['binding-expired', relation.expiresAt],
    ]);
  }
  const callerIsA = call.caller === relation.a;
  return mayCall(relation.callDirection, callerIsA)
    ? connect(found, relation, callerIsA)
    : refuseDirection(found, relation, callerIsA);
}

/** In one piece: this runs for nearly every call of a platform, and parts put together cost more than the decision. */
function connect(found: Found, relation: AxbRelation, callerIsA: boolean): Decision {
  const { app, number } = found;
  const callee = callerIsA ? relation.b : relation.a;
  const record = relation.recordFlag && app.recording;
  const because: Reason[] = [
    ['x-of-application', app.appKey],
    [callerIsA ? 'caller-is-a' : 'caller-is-b', relation.subscriptionId],
    DIRECTION[relation.callDirection],
    ['callee-is', callee],
  ];
  return {
    kind: 'connect',
    app,
    number,
    subscriptionId: relation.subscriptionId,
    callee,
    shown: number.number,
    ringback: callerIsA ? relation.callerHintTone : relation.calleeHintTone,
    record,
    recordHintTone: record ? (relation.recordHintTone ?? app.qualityHintTone) : undefined,
    maxDurationSeconds: relation.maxDurationMinutes * SECONDS_PER_MINUTE,
    lastMinVoice: relation.maxDurationMinutes === 0 ? undefined : relation.lastMinVoice,
    userData: relation.userData,
    because: relation.recordFlag && !record ? withoutRecording(because, app) : because,
  };
}

function refuseDirection(found: Found, relation: AxbRelation, callerIsA: boolean): Refuse {
  return refuse(
    found,
    STATE_CODE.directionNotAllowed,
    undefined,
    [[callerIsA ? 'caller-is-a' : 'caller-is-b', relation.subscriptionId], DIRECTION[relation.callDirection]],
    relation,
  );
}

/** To someone without a live binding on this X the platform does not even tell that it is in use. */
function refuseStranger(found: Found, because: readonly Reason[]): Refuse {
  return refuse(found, STATE_CODE.noBindingForCaller, 'no-binding', because);
}
