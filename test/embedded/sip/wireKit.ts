import type { TimerValues } from '../../../embedded/sip/index.ts';

/** A twenty-fifth of the standard timers, so that lingering transactions end within a test. */
export const quickTimers: Partial<TimerValues> = {
  t1Ms: 20,
  t2Ms: 160,
  t4Ms: 200,
  timerDMs: 1_280,
  tryingAfterMs: 10,
};
