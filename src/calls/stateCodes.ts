import { Q850 } from '../sip/reason.ts';

/** What a stateCode means to each who is told of it. */
export interface StateCode {
  /** `stateCode` of the disconnect event (facts, Appendix A). */
  readonly stateCode: number;
  /** `stateDesc` of the disconnect event. */
  readonly description: string;
  /** The word that stands for it in metrics. */
  readonly outcome: string;
  /** Final SIP status for a caller who has no answer yet. */
  readonly sipStatus: number;
  /** Q.850 cause that goes with it in the caller's Reason header. */
  readonly q850: number;
}

const row = (
  stateCode: number,
  outcome: string,
  sipStatus: number,
  q850: number,
  description: string,
): StateCode => ({ stateCode, outcome, sipStatus, q850, description });

/**
 * The hang-up causes that this application gives, one table for all who need them.
 * SIP status and Q.850 cause of a row agree by RFC 3398 (7.2.4.1 or 8.2.6.1), so that an exchange at the far end
 * comes to the same announcement from either.
 */
export const STATE_CODES: readonly StateCode[] = [
  row(0, 'completed', 480, Q850.normalClearing, 'The user releases the call.'),
  row(522, 'no-trunk-free', 503, Q850.resourceUnavailable, 'The platform has no free line.'),
  row(7108, 'application-frozen', 403, Q850.callRejected, 'The application is frozen.'),
  row(7501, 'caller-gave-up', 487, Q850.normalClearing, 'The caller hangs up before the callee rings.'),
  row(
    7502,
    'caller-gave-up-ringing',
    487,
    Q850.normalClearing,
    'The caller hangs up while the callee rings.',
  ),
  row(7503, 'rejected', 603, Q850.callRejected, 'The callee rejects the call.'),
  row(7504, 'rejected', 403, Q850.callRejected, 'The call is rejected on the side of the callee.'),
  row(7505, 'caller-network', 503, Q850.networkOutOfOrder, 'Network fault on the side of the caller.'),
  row(7506, 'callee-network', 503, Q850.networkOutOfOrder, 'Network fault on the side of the callee.'),
  row(7508, 'no-route', 404, Q850.noRouteToDestination, 'There is no route to the callee.'),
  row(8010, 'duration-limit', 480, Q850.normalClearing, 'The call reaches its maximum duration.'),
  row(8014, 'no-binding', 403, Q850.callRejected, 'There is no binding between the caller and X.'),
  row(8016, 'direction', 403, Q850.callRejected, 'The binding does not allow this direction.'),
  row(8018, 'no-permission', 404, Q850.unallocatedNumber, 'X is not in service.'),
  row(8020, 'internal', 500, Q850.temporaryFailure, 'Internal fault.'),
  row(8023, 'landline-caller', 403, Q850.callRejected, 'A fixed-line number may not be the caller.'),
  row(8025, 'no-permission', 404, Q850.unallocatedNumber, 'X does not exist.'),
  row(8035, 'ring-limit', 408, Q850.recoveryOnTimerExpiry, 'The platform gives up ringing.'),
  row(8055, 'x-unavailable', 403, Q850.callRejected, 'X may not be used for calls.'),
  row(8100, 'no-such-number', 404, Q850.unallocatedNumber, 'The number of the callee does not exist.'),
  row(8101, 'no-answer', 480, Q850.noAnswer, 'The callee does not answer.'),
  row(8102, 'busy', 486, Q850.userBusy, 'The callee is busy.'),
  row(8103, 'unreachable', 480, Q850.subscriberAbsent, 'The callee cannot be reached at the moment.'),
  row(8104, 'switched-off', 480, Q850.subscriberAbsent, 'The phone of the callee is switched off.'),
  row(8105, 'out-of-service', 502, Q850.destinationOutOfOrder, 'The callee is out of service.'),
];

const BY_CODE = new Map(STATE_CODES.map((each) => [each.stateCode, each]));
const REFUSED: Omit<StateCode, 'stateCode'> = row(
  -1,
  'refused',
  403,
  Q850.callRejected,
  'The call is refused.',
);

/** The row of a stateCode; a code that has none reads as a refusal without further reason. */
export function stateCodeOf(stateCode: number): StateCode {
  return BY_CODE.get(stateCode) ?? { ...REFUSED, stateCode };
}
