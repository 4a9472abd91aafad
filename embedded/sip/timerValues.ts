/** The timers of RFC 3261 17 (table 4 of appendix A), all in milliseconds; the rest follows from T1, T2 and T4. */
export interface TimerValues {
  /** Estimate of the round trip: first retransmission interval. */
  readonly t1Ms: number;
  /** Longest retransmission interval of non-INVITE requests and INVITE responses. */
  readonly t2Ms: number;
  /** Longest time that a message stays in the network. */
  readonly t4Ms: number;
  /** How long a non-2xx final response to an INVITE may be repeated to an unreliable transport's client (Timer D). */
  readonly timerDMs: number;
  /** How long an INVITE may ring without a new provisional response before it is given up (Timer C, 16.6). */
  readonly timerCMs: number;
  /** After this long without an answer of the user, an INVITE gets a 100 Trying (17.2.1). */
  readonly tryingAfterMs: number;
}

export const standardTimers: TimerValues = {
  t1Ms: 500,
  t2Ms: 4_000,
  t4Ms: 5_000,
  timerDMs: 32_000,
  timerCMs: 185_000,
  tryingAfterMs: 200,
};

/** Timers B, F, H, J, L and M: how long one side waits for the other at most. */
export function transactionTimeoutMs(timers: TimerValues): number {
  return 64 * timers.t1Ms;
}
