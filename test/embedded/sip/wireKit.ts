import type { TimerValues } from '../../../embedded/sip/index.ts';

/** A tenth of the standard timers, so that lingering transactions end within a test. */
export const quickTimers: Partial<TimerValues> = {
  t1Ms: 50,
  t2Ms: 400,
  t4Ms: 500,
  timerDMs: 3_200,
  tryingAfterMs: 20,
};

/** A packet filter that loses the given share, in an order that the seed fixes (xorshift32). */
export function seededLoss(share: number, seed: number): () => boolean {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32 < share;
  };
}
