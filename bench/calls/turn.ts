import { setTimeout as delay } from 'node:timers/promises';
import type { CallOutcome } from './CallLoad.ts';
import type { CallSide, CpuParts } from './sides.ts';
import type { RunningCallLoad } from './startCallLoad.ts';

/** Records wait half a second for others; what a call costs after its end belongs to it. */
export const SETTLE_MS = 900;
/** RFC 3261's T1: a carrier whose INVITE is not on its way by then sends it again. */
export const LONGEST_DELAY_MS = 500;

/** What some seconds of calls came to. */
export interface Turn extends CallOutcome {
  /** Milliseconds a call. */
  readonly cpu: CpuParts;
}

/** Calls of one side at one rate. */
export async function takeTurn(
  load: RunningCallLoad,
  side: CallSide,
  callsPerSecond: number,
  seconds: number,
): Promise<Turn> {
  const before = side.cpu();
  const outcome = await load.run({ target: side.target, dial: side.dial, callsPerSecond, seconds });
  await delay(SETTLE_MS);
  const after = side.cpu();
  const each = (part: keyof CpuParts): number => (after[part] - before[part]) / outcome.begun;
  return {
    ...outcome,
    cpu: { application: each('application'), sipServer: each('sipServer'), postgres: each('postgres') },
  };
}

/** Milliseconds a call. */
export function callPathCpu({ cpu }: Turn): number {
  return cpu.application + cpu.sipServer;
}

/** Every call was completed, and quickly enough. */
export function isHeld({ begun, completed, postDialDelayMs }: Turn): boolean {
  return completed === begun && postDialDelayMs.p99 < LONGEST_DELAY_MS;
}
