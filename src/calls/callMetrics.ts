/** What calls count and measure. No argument ever holds a number or an id of a call. */
export interface CallMetrics {
  /** A call ended. `outcome` is a word of the stateCodes table. */
  attempt(mode: string, outcome: string): void;
  /** Seconds that routing took. */
  decision(mode: string, seconds: number): void;
  /** Seconds from the INVITE to the first sign of ringing for the caller. */
  postDialDelay(mode: string, seconds: number): void;
  /** Seconds from the INVITE to the answer for the caller. */
  setup(mode: string, seconds: number): void;
  /** A call that should have been recorded was not. */
  notRecorded(): void;
}
