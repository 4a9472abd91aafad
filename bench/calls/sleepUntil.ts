import { setTimeout as delay } from 'node:timers/promises';

/** Resolves at a time of `performance.now()`; at once when it is past. */
export async function sleepUntil(at: number): Promise<void> {
  const wait = at - performance.now();
  if (wait > 0) await delay(wait);
}
