import type { TimerValues } from '../../../embedded/sip/index.ts';

/** A twenty-fifth of the standard timers, so that lingering transactions end within a test. */
export const quickTimers: Partial<TimerValues> = {
  t1Ms: 20,
  t2Ms: 160,
  t4Ms: 200,
  timerDMs: 1_280,
  tryingAfterMs: 10,
};

/** An eighth of the standard timers: for tests with loss, where a busy machine must not eat the retransmissions. */
export const lossyTimers: Partial<TimerValues> = {
  t1Ms: 60,
  t2Ms: 480,
  t4Ms: 600,
  timerDMs: 3_840,
  tryingAfterMs: 25,
};
