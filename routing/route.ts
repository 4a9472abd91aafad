import { decideAx } from './ax.ts';
import { decideAxb } from './axb.ts';
import { decideAxe } from './axe.ts';
import { decideAxyb } from './axyb.ts';
import { guardCaller, guardConnect } from './guards.ts';
import { isMainlandLandline } from './numbers.ts';
import { refuse } from './refusals.ts';
import { STATE_CODE } from './stateCodes.ts';
import type { Decision, Found, Platform, Refuse, RouteCall, RoutingTable, XNumberState } from './types.ts';
import { decideX } from './xMode.ts';

/** States of an X in which nobody can call it. */
const OUT_OF_SERVICE: ReadonlySet<XNumberState> = new Set<XNumberState>([
  'suspended',
  'unavailable',
  'returned',
]);

/**
 * Decides what happens to a call.
 * @returns without a promise when the table has the answer at hand
 * @throws what the table throws (as a rejection, or at once)
 */
export function route(
  call: RouteCall,
  table: RoutingTable,
  platform: Platform,
): Decision | Promise<Decision> {
  // Nothing typed is no extension that the table could look for.
  const found = call.digits ? table.find(call.x, call.caller, call.digits) : table.find(call.x, call.caller);
  return found instanceof Promise
    ? found.then((later) => decide(call, later, platform))
    : decide(call, found, platform);
}

/**
 * The rules of ARCHITECTURE.md, section 3, in their order: a fixed line may not call; the X must be known and in
 * service; neither its application nor the customer's account may be frozen; then the guards of the caller, the application's mode, and, for a call
 * that would go out, the guards of the callee.
 * @param found what is known of X and caller; undefined when the X is unknown
 */
export function decide(call: RouteCall, found: Found | undefined, platform: Platform): Decision {
  if (isMainlandLandline(call.caller)) return refuseLandline(call, found);
  if (found === undefined) return refuseUnknown(call);
  const { app, number } = found;
  if (OUT_OF_SERVICE.has(number.state)) {
    return refuse(found, STATE_CODE.xUnavailable, undefined, [['x-state', number.state]]);
  }
  if (app.state === 'frozen') {
    return refuse(found, STATE_CODE.userFrozen, undefined, [['application-frozen', app.appKey]]);
  }
  if (app.account.state === 'frozen') {
    return refuse(found, STATE_CODE.userFrozen, undefined, [['account-frozen', app.account.accountId]]);
  }
  const refused = guardCaller(call, found, platform);
  if (refused !== undefined) return refused;
  const decision = decideByMode(call, found);
  return decision.kind === 'connect' ? guardConnect(call, decision, platform) : decision;
}

function decideByMode(call: RouteCall, found: Found): Decision {
  switch (found.app.mode) {
    case 'AXB':
      return decideAxb(call, found);
    case 'AX':
      return decideAx(call, found);
    case 'AXE':
      return decideAxe(call, found);
    case 'AXYB':
      return decideAxyb(call, found);
    case 'X':
      return decideX(found);
  }
}

function refuseLandline(call: RouteCall, found: Found | undefined): Refuse {
  return {
    kind: 'refuse',
    stateCode: STATE_CODE.landlineMayNotCall,
    announcement: undefined,
    ...(found && { app: found.app, number: found.number }),
    because: [['caller-is-landline', call.caller]],
  };
}

/**
 * Whose an unknown X was nobody knows, except where the caller was asked for an extension: only an AXE application asks,
 * and it has lost the number since (8025). That caller listens.
 */
function refuseUnknown({ x, digits }: RouteCall): Refuse {
  const [stateCode, announcement, why] =
    digits === undefined
      ? ([STATE_CODE.noPermission, undefined, 'x-unknown'] as const)
      : ([STATE_CODE.xGone, 'no-permission', 'x-gone'] as const);
  return { kind: 'refuse', stateCode, announcement, because: [[why, x]] };
}
