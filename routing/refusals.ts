import type { Reason } from './because.ts';
import type { STATE_CODE } from './stateCodes.ts';
import type { Connect, Decision, Found, RefusalScene, Refuse, Relation } from './types.ts';

type FaultCode = typeof STATE_CODE.collectFailed | typeof STATE_CODE.businessFault;

type OfBinding = Pick<Refuse, 'subscriptionId' | 'userData' | 'extension'>;

/**
 * A refusal on an X that is known.
 * @param scene what the caller hears; undefined for nothing
 * @param because what led to it, after the application
 * @param binding the one that stands behind the refusal
 */
export function refuse(
  { app, number }: Pick<Found, 'app' | 'number'>,
  stateCode: number,
  scene: RefusalScene | undefined,
  because: readonly Reason[],
  binding?: Relation,
): Refuse {
  return {
    kind: 'refuse',
    stateCode,
    announcement: scene,
    app,
    number,
    ...(binding && ofBinding(binding)),
    because: [['x-of-application', app.appKey], ...because],
  };
}

function ofBinding(binding: Relation): OfBinding {
  const { subscriptionId, userData } = binding;
  return {
    subscriptionId,
    ...(userData !== undefined && { userData }),
    ...(binding.mode === 'AXE' && { extension: binding.extension }),
  };
}

/** A refusal in place of what was decided before: the binding stays, and the chain, which one more reason ends. */
export function refuseInstead(
  decided: Decision,
  stateCode: number,
  scene: RefusalScene | undefined,
  reason: Reason,
): Refuse {
  const { app, number, because } = decided;
  return {
    kind: 'refuse',
    stateCode,
    announcement: scene,
    ...(app && { app }),
    ...(number && { number }),
    ...((decided.kind === 'connect' || decided.kind === 'refuse') && ofDecided(decided)),
    because: [...because, reason],
  };
}

function ofDecided({ subscriptionId, userData, extension }: Connect | Refuse): OfBinding {
  return {
    ...(subscriptionId !== undefined && { subscriptionId }),
    ...(userData !== undefined && { userData }),
    ...(extension !== undefined && { extension }),
  };
}

/**
 * The call was taken and cannot go on: no media server, no database, digits that cannot be collected.
 * @param why in plain words
 */
export function refuseFault(decided: Decision, stateCode: FaultCode, why: string): Refuse {
  return refuseInstead(decided, stateCode, 'business-fault', ['fault', why]);
}
