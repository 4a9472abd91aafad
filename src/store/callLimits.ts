import { STATE_CODE } from '../../routing/stateCodes.ts';
import type { AppRoute, Connect, Frequency } from '../../routing/types.ts';

/** One limit that a call has to keep. */
export interface CallLimit {
  /** What the call ends with when it would exceed the limit (facts, Appendix A). */
  readonly stateCode: number;
  /** Whose calls are counted: a number, an account, or '' for all calls of the application. */
  readonly subject: string;
  /** Application whose calls are counted; '' for those of an account. */
  readonly appKey: string;
  /** Calls; within `seconds`, or at the same time. */
  readonly most: number;
  /** 0 for calls at the same time. */
  readonly seconds: number;
}

/** A call that is about to go out. */
export interface OutgoingCall {
  readonly connect: Connect;
  /** E.164, or '' when withheld. */
  readonly caller: string;
  /** The dialled X, E.164. */
  readonly x: string;
}

/** Whether calls of an application have limits that are counted: most have none, and must not pay for it. */
export function hasLimits({ account, guards }: AppRoute): boolean {
  return (
    account.callFrequency !== undefined ||
    guards.maxCalls !== undefined ||
    guards.applicationFrequency !== undefined ||
    guards.shownFrequency !== undefined ||
    guards.callerFrequency !== undefined ||
    guards.calleeFrequency !== undefined ||
    guards.xFrequency !== undefined
  );
}

/**
 * The limits of a call that are counted over all processes, in the order in which the first one that is exceeded is
 * told: the ports of the application, then what counts the calls of most people first. A withheld number is nobody's:
 * it has no limit as a caller.
 * @param accountFrequency of a customer's account that has none of its own
 */
export function limitsOf(
  { connect, caller, x }: OutgoingCall,
  accountFrequency: Frequency | undefined,
): readonly CallLimit[] {
  const { appKey, account, guards } = connect.app;
  const limits: CallLimit[] = [];
  const add = (stateCode: number, limit: Frequency | undefined, subject: string, of = appKey) => {
    if (limit === undefined) return;
    limits.push({ stateCode, subject, appKey: of, most: limit.calls, seconds: limit.seconds });
  };
  if (guards.maxCalls !== undefined)
    add(STATE_CODE.applicationFull, { calls: guards.maxCalls, seconds: 0 }, '');
  add(STATE_CODE.customerFrequency, account.callFrequency ?? accountFrequency, account.accountId, '');
  add(STATE_CODE.applicationFrequency, guards.applicationFrequency, '');
  add(STATE_CODE.shownFrequency, guards.shownFrequency, connect.shown);
  if (caller !== '') add(STATE_CODE.callerFrequency, guards.callerFrequency, caller);
  add(STATE_CODE.calleeFrequency, guards.calleeFrequency, connect.callee);
  add(STATE_CODE.xFrequency, guards.xFrequency, x);
  return limits;
}
