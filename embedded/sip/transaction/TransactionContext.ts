import type { Essentials } from '../inspect.ts';
import type { TimerValues } from '../timerValues.ts';
import type { Flow } from '../transport/Flow.ts';

/** How a message reached us, beside the message itself. */
export interface Arrival {
  /** The whole message as it came (a byte string). */
  readonly bytes: string;
  readonly flow: Flow;
  readonly essentials: Essentials;
}

/** What a transaction may ask of the stack that owns it. */
export interface TransactionContext {
  readonly timers: TimerValues;
  /** Runs the action later. An error in it is counted and logged and costs nothing else. */
  schedule(delayMs: number, action: () => void): NodeJS.Timeout;
}
