import type { Reason } from './because.ts';
import type { CallDirection } from './types.ts';

/** What a binding of A and B says of who may start a call. */
export const DIRECTION: Readonly<Record<CallDirection, Reason>> = {
  0: ['direction-both'],
  1: ['direction-a-only'],
  2: ['direction-b-only'],
};

/** Whether a binding lets this side start a call (facts 2.1, 3.1, 5.1). */
export function mayCall(direction: CallDirection, callerIsA: boolean): boolean {
  return direction === 0 || direction === (callerIsA ? 1 : 2);
}
