import { decideAxb } from './axb.ts';
import { isMainlandLandline } from './numbers.ts';
import { STATE_CODE } from './stateCodes.ts';
import type { Decision, Found, RouteCall, RoutingTable } from './types.ts';

/**
 * Decides what happens to a call.
 * @returns without a promise when the table has the answer at hand
 * @throws what the table throws (as a rejection, or at once)
 */
export function route(call: RouteCall, table: RoutingTable): Decision | Promise<Decision> {
  const found = table.find(call.x, call.caller);
  return found instanceof Promise ? found.then((later) => decide(call, later)) : decide(call, found);
}

/**
 * The rules that stand before those of the application's mode, in the order of ARCHITECTURE.md, section 3:
 * a fixed line may not call; the X must be known and in service; its application must not be frozen.
 * @param found what is known of X and caller; undefined when the X is unknown
 */
export function decide(call: RouteCall, found: Found | undefined): Decision {
  if (isMainlandLandline(call.caller)) {
    return {
      kind: 'refuse',
      stateCode: STATE_CODE.landlineMayNotCall,
      announcement: undefined,
      ...(found && { app: found.app, number: found.number }),
      because: [['caller-is-landline', call.caller]],
    };
  }
  if (found === undefined) {
    return {
      kind: 'refuse',
      stateCode: STATE_CODE.noPermission,
      announcement: undefined,
      because: [['x-unknown', call.x]],
    };
  }
  const { app, number } = found;
  if (number.state === 'suspended' || number.state === 'unavailable') {
    return {
      kind: 'refuse',
      stateCode: STATE_CODE.xUnavailable,
      announcement: undefined,
      app,
      number,
      because: [
        ['x-of-application', app.appKey],
        ['x-state', number.state],
      ],
    };
  }
  if (app.state === 'frozen') {
    return {
      kind: 'refuse',
      stateCode: STATE_CODE.userFrozen,
      announcement: undefined,
      app,
      number,
      because: [
        ['x-of-application', app.appKey],
        ['application-frozen', app.appKey],
      ],
    };
  }
  switch (app.mode) {
    case 'AXB':
      return decideAxb(call, found);
    case 'AXE':
      return refuseMode(found, STATE_CODE.xUnknownInAxe);
    case 'AX':
    case 'AXYB':
    case 'X':
      return refuseMode(found, STATE_CODE.noPermission);
  }
}

/** A mode without rules has no bindings either: the X leads nowhere (8025 in AXE applications, else 8018). */
function refuseMode({ app, number }: Found, stateCode: number): Decision {
  return {
    kind: 'refuse',
    stateCode,
    announcement: 'no-permission',
    app,
    number,
    because: [
      ['x-of-application', app.appKey],
      ['mode-not-served', app.mode],
    ],
  };
}
