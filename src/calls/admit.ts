import { refuseExceeded } from '../../routing/guards.ts';
import type { Connect, Decision } from '../../routing/types.ts';
import type { CallerSide } from './CallerSide.ts';

/**
 * Counts a call that would go out against the limits of its application and of the platform.
 * @returns the decision as it was, or the refusal that a limit makes of it; without a promise where nothing is limited
 * @throws only as a rejection: what the counting throws
 */
export function admit(side: CallerSide, decision: Decision): Decision | Promise<Decision> {
  if (decision.kind !== 'connect') return decision;
  const { invite, services, sessionId } = side;
  const { caller, x } = invite;
  try {
    const request = { connect: decision, caller, x, sessionId, now: services.clock() };
    const exceeded = services.admission.check(request);
    if (exceeded instanceof Promise) return exceeded.then((stateCode) => limited(decision, stateCode));
    return limited(decision, exceeded);
  } catch (error) {
    return Promise.reject(error);
  }
}

function limited(connect: Connect, exceeded: number | undefined): Decision {
  return exceeded === undefined ? connect : refuseExceeded(connect, exceeded);
}
