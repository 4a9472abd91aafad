import { STATE_CODE } from './stateCodes.ts';
import type { AxbRelation, CallDirection, Decision, Found, Reason, RouteCall } from './types.ts';

const SECONDS_PER_MINUTE = 60;

const DIRECTION: Record<CallDirection, Reason> = {
  0: ['direction-both'],
  1: ['direction-a-only'],
  2: ['direction-b-only'],
};

/** AXB: whoever of A and B dials X reaches the other one, if the binding lets that side call. */
export function decideAxb(call: RouteCall, found: Found): Decision {
  const { relation } = found;
  if (relation === undefined || (call.caller !== relation.a && call.caller !== relation.b)) {
    return refuseStranger(found, [
      call.caller === '' ? ['caller-withheld'] : ['no-binding-for-caller', call.caller],
    ]);
  }
  if (relation.expiresAt <= call.now) {
    const expiredAt = new Date(relation.expiresAt).toISOString();
    return refuseStranger(found, [
      ['no-binding-for-caller', call.caller],
      ['binding-expired', expiredAt],
    ]);
  }
  const callerIsA = call.caller === relation.a;
  const allowed = relation.callDirection === 0 || relation.callDirection === (callerIsA ? 1 : 2);
  return allowed ? connect(found, relation, callerIsA) : refuseDirection(found, relation, callerIsA);
}

function connect(found: Found, relation: AxbRelation, callerIsA: boolean): Decision {
  const { app, number } = found;
  const callee = callerIsA ? relation.b : relation.a;
  const record = relation.recordFlag && app.recording;
  // In one piece: this runs for every call, and a list that grows costs more than the rest of the decision.
  const because: Reason[] =
    relation.recordFlag && !record
      ? [...reasons(found, relation, callerIsA, callee), ['recording-not-enabled', app.appKey]]
      : reasons(found, relation, callerIsA, callee);
  return {
    kind: 'connect',
    app,
    number,
    subscriptionId: relation.subscriptionId,
    callee,
    shown: number.number,
    ringback: callerIsA ? relation.callerHintTone : relation.calleeHintTone,
    record,
    recordHintTone: record ? relation.recordHintTone : undefined,
    maxDurationSeconds: relation.maxDurationMinutes * SECONDS_PER_MINUTE,
    lastMinVoice: relation.maxDurationMinutes === 0 ? undefined : relation.lastMinVoice,
    userData: relation.userData,
    because,
  };
}

function reasons({ app }: Found, relation: AxbRelation, callerIsA: boolean, callee: string): Reason[] {
  return [
    ['x-of-application', app.appKey],
    [callerIsA ? 'caller-is-a' : 'caller-is-b', relation.subscriptionId],
    DIRECTION[relation.callDirection],
    ['callee-is', callee],
  ];
}

function refuseDirection(found: Found, relation: AxbRelation, callerIsA: boolean): Decision {
  return {
    kind: 'refuse',
    stateCode: STATE_CODE.directionNotAllowed,
    announcement: undefined,
    app: found.app,
    number: found.number,
    subscriptionId: relation.subscriptionId,
    ...(relation.userData === undefined ? {} : { userData: relation.userData }),
    because: [
      ['x-of-application', found.app.appKey],
      [callerIsA ? 'caller-is-a' : 'caller-is-b', relation.subscriptionId],
      DIRECTION[relation.callDirection],
    ],
  };
}

/** To someone without a live binding on this X the platform does not even tell that it is in use. */
function refuseStranger({ app, number }: Found, because: readonly Reason[]): Decision {
  return {
    kind: 'refuse',
    stateCode: STATE_CODE.noBindingForCaller,
    announcement: 'no-binding',
    app,
    number,
    because: [['x-of-application', app.appKey], ...because],
  };
}
