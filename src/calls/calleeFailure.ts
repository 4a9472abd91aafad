import { Q850 } from '../sip/reason.ts';

/** Why the callee was not reached, for the record and for the caller. */
export interface CalleeFailure {
  readonly stateCode: number;
  /** Final status for the caller. */
  readonly sipStatus: number;
  readonly q850: number;
}

const to = (stateCode: number, sipStatus: number, q850: number): CalleeFailure => ({
  stateCode,
  sipStatus,
  q850,
});

const NOT_REACHED = to(7506, 503, Q850.networkOutOfOrder);
const NO_ANSWER = to(8101, 480, Q850.noAnswer);
const UNREACHABLE = to(8103, 480, Q850.subscriberAbsent);
const REJECTED = to(7503, 603, Q850.callRejected);
const FORBIDDEN = to(7504, 403, Q850.callRejected);
const UNSUITABLE = to(7504, 488, Q850.bearerNotImplemented);
const BUSY = to(8102, 486, Q850.userBusy);

/** By the callee's final SIP status, where it carried no Q.850 cause that says more. */
export const FAILURE_BY_STATUS: ReadonlyMap<number, CalleeFailure> = new Map([
  [401, NOT_REACHED],
  [403, FORBIDDEN],
  [404, to(8100, 404, Q850.unallocatedNumber)],
  [407, NOT_REACHED],
  [408, NOT_REACHED],
  [410, to(8100, 410, Q850.numberChanged)],
  [415, UNSUITABLE],
  [433, FORBIDDEN],
  [480, UNREACHABLE],
  [484, to(8100, 484, Q850.invalidNumberFormat)],
  [485, to(8100, 404, Q850.unallocatedNumber)],
  [486, BUSY],
  [487, UNREACHABLE],
  [488, UNSUITABLE],
  [500, to(7506, 500, Q850.temporaryFailure)],
  [501, to(7506, 501, 79)],
  [502, to(7506, 502, Q850.networkOutOfOrder)],
  [503, UNREACHABLE],
  [504, to(7506, 504, Q850.recoveryOnTimerExpiry)],
  [580, to(7506, 503, Q850.resourceUnavailable)],
  [600, BUSY],
  [603, REJECTED],
  [604, to(8100, 404, Q850.unallocatedNumber)],
  [606, UNSUITABLE],
  [607, REJECTED],
  [608, REJECTED],
]);

/** Statuses that mean something else once the phone has rung. */
export const FAILURE_AFTER_RINGING: ReadonlyMap<number, CalleeFailure> = new Map([
  [408, NO_ANSWER],
  [480, NO_ANSWER],
  [487, NO_ANSWER],
  [503, NOT_REACHED],
]);

/** By the Q.850 cause in the callee's Reason header: what his exchange said before SIP flattened it. */
export const FAILURE_BY_CAUSE: ReadonlyMap<number, CalleeFailure> = new Map([
  [1, to(8100, 404, 1)],
  [2, to(7508, 404, 2)],
  [3, to(7508, 404, 3)],
  [17, BUSY],
  [18, to(8101, 480, 18)],
  [19, NO_ANSWER],
  [20, UNREACHABLE],
  [21, to(7503, 403, 21)],
  [22, to(8100, 410, 22)],
  [23, to(8100, 410, 23)],
  [26, to(8100, 404, 26)],
  [27, to(8105, 502, 27)],
  [28, to(8100, 484, 28)],
  [29, to(7504, 501, 29)],
  [34, to(7506, 503, 34)],
  [38, NOT_REACHED],
  [41, to(7506, 503, 41)],
  [42, to(7506, 503, 42)],
  [47, to(7506, 503, 47)],
  [55, to(7504, 403, 55)],
  [57, to(7504, 403, 57)],
  [58, to(7506, 503, 58)],
  [65, UNSUITABLE],
  [70, to(7504, 488, 70)],
  [79, to(7506, 501, 79)],
  [87, to(7504, 403, 87)],
  [88, to(7506, 503, 88)],
  [102, to(7506, 504, 102)],
  [111, to(7506, 500, 111)],
  [127, to(7506, 500, 127)],
]);

const BY_CLASS: readonly (CalleeFailure | undefined)[] = [
  undefined,
  undefined,
  undefined,
  // A redirection is not followed: a call goes to trunks that the operator named and nowhere else.
  to(7508, 404, Q850.noRouteToDestination),
  to(8103, 480, Q850.normalUnspecified),
  to(7506, 500, Q850.temporaryFailure),
  REJECTED,
];

/**
 * What a failed INVITE to the callee means.
 * @param status the last trunk's final SIP status; undefined when no trunk answered
 * @param q850 from the Reason header of that response
 * @param rang whether the callee's phone had been rung
 */
export function calleeFailure(
  status: number | undefined,
  q850: number | undefined,
  rang: boolean,
): CalleeFailure {
  const byCause = q850 === undefined ? undefined : FAILURE_BY_CAUSE.get(q850);
  if (byCause) return byCause;
  if (status === undefined) return NOT_REACHED;
  return (
    (rang ? FAILURE_AFTER_RINGING.get(status) : undefined) ??
    FAILURE_BY_STATUS.get(status) ??
    BY_CLASS[Math.floor(status / 100)] ??
    NOT_REACHED
  );
}
