import { setTimeout as delay } from 'node:timers/promises';
import { LONGEST_DELAY_MS, SETTLE_MS } from '../calls/turn.ts';
import { median } from '../statistics.ts';
import type { Contestant, CpuParts } from './contestants.ts';
import type { SippLoad, SippOutcome } from './SippLoad.ts';

const LEAST_COMPLETED = 0.99;
/** Of one core. */
const IDLE_SHARE = 0.1;
const LOOK_EVERY_MS = 1000;
/** Transactions without an answer are over by then (RFC 3261's timer B). */
const LONGEST_REST_MS = 40_000;

export interface Turn extends SippOutcome {
  /** Milliseconds a call. */
  readonly cpu: CpuParts;
}

/** Runs calls through one contestant, until it has nothing left to do. */
export async function takeTurn(
  load: SippLoad,
  contestant: Contestant,
  callsPerSecond: number,
  seconds: number,
): Promise<Turn> {
  const { target, dialling, rtp } = contestant;
  const before = contestant.cpu();
  const outcome = await load.run({ target, dialling, rtp, callsPerSecond, seconds });
  await delay(SETTLE_MS);
  if (outcome.completed < outcome.begun) await untilIdle(contestant);
  const after = contestant.cpu();
  const each = (part: keyof CpuParts): number => (after[part] - before[part]) / outcome.begun;
  return {
    ...outcome,
    cpu: {
      application: each('application'),
      sipServer: each('sipServer'),
      mediaServer: each('mediaServer'),
      postgres: each('postgres'),
    },
  };
}

/** Who was given too much goes on with it for a while; the next one is to find the machine free. */
async function untilIdle(contestant: Contestant): Promise<void> {
  for (let waitedMs = 0; waitedMs < LONGEST_REST_MS; waitedMs += LOOK_EVERY_MS) {
    const before = total(contestant.cpu());
    await delay(LOOK_EVERY_MS);
    if (total(contestant.cpu()) - before < IDLE_SHARE * LOOK_EVERY_MS) return;
  }
}

function total(cpu: CpuParts): number {
  return cpu.application + cpu.sipServer + cpu.mediaServer + cpu.postgres;
}

export function isComplete({ begun, completed }: Turn): boolean {
  return completed === begun;
}

/** Every call was completed, and quickly enough. */
export function isHeld(turn: Turn): boolean {
  return isComplete(turn) && turn.ringing.p99 < LONGEST_DELAY_MS;
}

/** So many calls failed that nothing else says anything. */
export function isOverloaded({ begun, completed }: Turn): boolean {
  return completed < LEAST_COMPLETED * begun;
}

/** What carries the call; PostgreSQL, which no peer has, stands apart. */
export function callPathCpu({ cpu }: Turn): number {
  return cpu.application + cpu.sipServer + cpu.mediaServer;
}

/** The middle one of a figure of several turns. */
export function middle(turns: readonly Turn[], figure: (turn: Turn) => number): number {
  return median(turns.map(figure));
}
