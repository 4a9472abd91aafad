/** A stretch in the life of a call, once it is over, for those who look at calls as traces. */
export interface CallSpan {
  readonly sessionId: string;
  /** `call` is the whole; all others are parts of it. */
  readonly name: 'call' | 'decide' | 'collect' | 'ask' | 'media' | 'dial' | 'ring' | 'talk' | 'push';
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly endMs: number;
  /** No number of a person. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  /** Why it came to no good end. */
  readonly failure?: string;
}

/** Takes spans; it never throws and nothing waits for it. */
export interface CallSpans {
  add(span: CallSpan): void;
}

/** A moment of `performance.now()` in milliseconds since the epoch. */
export function epochMs(atMs: number): number {
  return performance.timeOrigin + atMs;
}
