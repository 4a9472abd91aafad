import type { SceneName } from '../../media/index.ts';
import { Q850 } from '../sip/reason.ts';

/** Whose doing it is that a call ends so: the grouping column of Appendix A. */
export const STATE_GROUPS = [
  'ended',
  'binding',
  'caller',
  'number',
  'callee',
  'tenant',
  'control',
  'platform',
  'network',
] as const;
export type StateGroup = (typeof STATE_GROUPS)[number];

/** What a stateCode means to each who is told of it. */
export interface StateCode {
  /** `stateCode` of the disconnect event (facts, Appendix A). */
  readonly stateCode: number;
  readonly group: StateGroup;
  /** What it means, and `stateDesc` of the disconnect event. */
  readonly description: string;
  /** The word that stands for it in metrics. */
  readonly outcome: string;
  /** Final SIP status for a caller who has no answer yet. */
  readonly sipStatus: number;
  /** Q.850 cause that goes with it in the Reason header of the caller's refusal, and of BYE and CANCEL. */
  readonly q850: number;
  /** `ulFailReason` of the record (facts, Appendix B.1). */
  readonly ulFailReason: number;
  /** The scene that belongs to it. Whether a call hears it depends on how it came to its end. */
  readonly announcement: SceneName | undefined;
  /** Whether a call of this engine can end so; the others stand here for those who read codes of the hosted product. */
  readonly isGiven: boolean;
}

interface More {
  readonly ulFailReason?: number;
  readonly announcement?: SceneName;
}

type Row = readonly [
  stateCode: number,
  outcome: string,
  sipStatus: number,
  q850: number,
  description: string,
  more?: More,
];

const {
  unallocatedNumber: UNALLOCATED,
  normalClearing: CLEARING,
  subscriberAbsent: ABSENT,
  callRejected: REJECTED,
  networkOutOfOrder: OUT_OF_ORDER,
  temporaryFailure: TEMPORARY,
  resourceUnavailable: NO_RESOURCE,
} = Q850;

const heard = (announcement: SceneName): More => ({ announcement });

/**
 * The hang-up causes of the hosted product by group (facts, Appendix A), and 8017, which callStop yields (A.2).
 * SIP status and Q.850 cause of a row agree by RFC 3398 (7.2.4.1 or 8.2.6.1), so that an exchange at the far end comes
 * to the same announcement from either.
 */
const GROUPS: Readonly<Record<StateGroup, readonly Row[]>> = {
  ended: [
    [0, 'completed', 480, CLEARING, 'The user releases the call.'],
    [8017, 'stopped', 480, CLEARING, 'The customer ends the call (callStop).'],
  ],
  binding: [
    [8013, 'no-temporary-callee', 403, REJECTED, 'The AX binding has no temporary callee.'],
    [8014, 'no-binding', 403, REJECTED, 'There is no binding between the caller and X.', heard('no-binding')],
    [8016, 'direction', 403, REJECTED, 'The binding does not allow this direction.'],
    [8019, 'no-call-back', 404, UNALLOCATED, 'There is no call to return.', heard('no-call-back-record')],
    [8022, 'wrong-extension', 404, UNALLOCATED, 'The extension has no binding.', heard('wrong-extension')],
    [8030, 'no-binding', 403, REJECTED, 'The AXYB binding does not exist.', heard('no-binding')],
    [8031, 'no-free-y', 503, NO_RESOURCE, 'No Y number could be given out during the call.'],
  ],
  caller: [
    [7501, 'caller-gave-up', 487, CLEARING, 'The caller hangs up before the callee rings.'],
    [7502, 'caller-gave-up-ringing', 487, CLEARING, 'The caller hangs up while the callee rings.'],
    [7516, 'caller-gave-up', 487, CLEARING, 'The caller hangs up before the call is forwarded.'],
    [8032, 'own-number', 403, REJECTED, 'The caller dials the privacy number that is bound to himself.'],
    [8033, 'no-extension', 484, Q850.invalidNumberFormat, 'No extension is entered.', heard('no-extension')],
  ],
  number: [[8025, 'no-permission', 404, UNALLOCATED, 'X does not exist.', heard('no-permission')]],
  callee: [
    [7503, 'rejected', 603, REJECTED, 'The callee rejects the call.'],
    [7504, 'rejected', 403, REJECTED, 'The call is rejected on the side of the callee.'],
    [8035, 'ring-limit', 408, Q850.recoveryOnTimerExpiry, 'The platform gives up ringing.'],
    [8100, 'no-such-number', 404, UNALLOCATED, 'The number of the callee does not exist.'],
    [8101, 'no-answer', 480, Q850.noAnswer, 'The callee does not answer.'],
    [8102, 'busy', 486, Q850.userBusy, 'The callee is busy.', heard('busy')],
    [8103, 'unreachable', 480, ABSENT, 'The callee cannot be reached at the moment.'],
    [8104, 'switched-off', 480, ABSENT, 'The phone of the callee is switched off.'],
    [8105, 'out-of-service', 502, Q850.destinationOutOfOrder, 'The callee is out of service.'],
  ],
  tenant: [
    [7100, 'no-application', 404, UNALLOCATED, 'The application does not exist.'],
    [7101, 'no-number', 404, UNALLOCATED, 'The application has no privacy number.'],
    [7105, 'other-business', 403, REJECTED, 'The type of business does not match.'],
    [7106, 'not-enabled', 403, REJECTED, 'The application may not make privacy calls.'],
    [7108, 'application-frozen', 403, REJECTED, 'The application is frozen.'],
    [7507, 'no-announcement', 500, TEMPORARY, 'There is no announcement file.'],
    [
      8006,
      'no-announcement',
      500,
      TEMPORARY,
      'X mode: the announcement file does not exist.',
      heard('business-fault'),
    ],
    [8010, 'duration-limit', 480, CLEARING, 'The call reaches its maximum duration.', heard('last-minute')],
  ],
  control: [
    [7001, 'frequency', 403, REJECTED, 'The customer makes calls too often.'],
    [7002, 'frequency', 403, REJECTED, 'The application makes calls too often.'],
    [7003, 'frequency', 403, REJECTED, 'The displayed number is used too often.'],
    [7004, 'blacklisted', 403, REJECTED, 'The callee is on the blacklist.'],
    [7005, 'blacklisted', 403, REJECTED, 'The caller is on the blacklist.'],
    [7107, 'control-announcement', 500, TEMPORARY, 'The announcement of a safety control cannot be played.'],
    [7109, 'no-port-free', 503, NO_RESOURCE, 'The application has no free voice port.'],
    [7500, 'prefix', 403, REJECTED, 'Calls to this prefix are restricted.'],
    [8018, 'no-permission', 404, UNALLOCATED, 'X is not in service.', heard('no-permission')],
    [8023, 'landline-caller', 403, REJECTED, 'A fixed-line number may not be the caller.'],
    [8024, 'real-number-shown', 403, REJECTED, 'The real number of the caller may not be shown.'],
    [8042, 'call-in-abroad', 403, REJECTED, 'Calls from abroad are restricted.'],
    [8043, 'call-out-abroad', 403, REJECTED, 'Calls abroad are restricted.'],
    [8044, 'duration-control', 403, REJECTED, 'The durations of calls are out of the ordinary.'],
    [8046, 'answer-rate', 403, REJECTED, 'The rate of answered calls is out of the ordinary.'],
    [8047, 'frequency', 403, REJECTED, 'The caller calls too often.'],
    [8048, 'frequency', 403, REJECTED, 'The callee is called too often.'],
    [8049, 'frequency', 403, REJECTED, 'X is used too often.'],
    [8050, 'hours', 403, REJECTED, 'Calls are not allowed at this time of day.'],
    [8051, 'suspended', 403, REJECTED, 'The enterprise of the customer is suspended.'],
    [8055, 'x-unavailable', 403, REJECTED, 'X may not be used for calls.'],
    [8056, 'test-dial', 403, REJECTED, 'The control of numbers for test calls refuses the call.'],
    [8057, 'direction-control', 403, REJECTED, 'The control of call directions refuses the call.'],
  ],
  platform: [
    [522, 'no-trunk-free', 503, NO_RESOURCE, 'The platform has no free line.'],
    [7102, 'internal', 500, TEMPORARY, 'Internal fault of the service.'],
    [8007, 'announcement-failed', 500, TEMPORARY, 'The last-minute announcement cannot be played.'],
    [8008, 'collect-failed', 500, TEMPORARY, 'Digits cannot be collected.', heard('business-fault')],
    [8011, 'internal', 500, TEMPORARY, 'Internal fault.'],
    [8015, 'recording-failed', 500, TEMPORARY, 'The recording fails.'],
    [8020, 'internal', 500, TEMPORARY, 'Internal fault.', heard('business-fault')],
    [8040, 'internal', 500, TEMPORARY, 'Internal fault.'],
    [8041, 'recording-failed', 500, TEMPORARY, 'The recording fails.'],
    [8139, 'internal', 500, TEMPORARY, 'Internal fault.', { ulFailReason: 7102 }],
  ],
  network: [
    [7505, 'caller-network', 503, OUT_OF_ORDER, 'Network fault on the side of the caller.'],
    [7506, 'callee-network', 503, OUT_OF_ORDER, 'Network fault on the side of the callee.'],
    [7508, 'no-route', 404, Q850.noRouteToDestination, 'There is no route to the callee.'],
  ],
};

/** With which of them a call of this engine can end today. */
const GIVEN: ReadonlySet<number> = new Set([
  ...[0, 522, 7001, 7002, 7003, 7004, 7005, 7108, 7109, 7501, 7502, 7503, 7504, 7505, 7506, 7508, 7516],
  ...[8006, 8008, 8010, 8013, 8014, 8016, 8017, 8018, 8019, 8020, 8022, 8023, 8024, 8025, 8030, 8032, 8033],
  ...[8035, 8042, 8043, 8047, 8048, 8049, 8050, 8055, 8100, 8101, 8102, 8103, 8105],
]);

/** Every stateCode, by group. `docs/state-codes.md` is made from it (`npm run docs`). */
export const STATE_CODES: readonly StateCode[] = STATE_GROUPS.flatMap((group) =>
  GROUPS[group].map((row) => stateCodeOfRow(group, row)),
);

/** `ulFailReason` is the stateCode, except where Appendix B.1 does not have that number. */
function stateCodeOfRow(
  group: StateGroup,
  [stateCode, outcome, sipStatus, q850, description, more]: Row,
): StateCode {
  return {
    stateCode,
    group,
    description,
    outcome,
    sipStatus,
    q850,
    ulFailReason: more?.ulFailReason ?? stateCode,
    announcement: more?.announcement,
    isGiven: GIVEN.has(stateCode),
  };
}

const BY_CODE = new Map(STATE_CODES.map((each) => [each.stateCode, each]));

/** The row of a stateCode; a code that has none reads as a refusal without further reason. */
export function stateCodeOf(stateCode: number): StateCode {
  return (
    BY_CODE.get(stateCode) ??
    stateCodeOfRow('control', [stateCode, 'refused', 403, REJECTED, 'The call is refused.'])
  );
}
