/** A call that was taken cannot be brought to its callee, and neither side is to blame. */
export class CallFaultError extends Error {
  readonly code = 'CALL_FAULT';
  /** 8008: digits cannot be collected. 8020: any other fault of ours. */
  readonly stateCode: 8008 | 8020;

  /** @param message stands at the end of the call's chain of facts: plain words, no number */
  constructor(stateCode: 8008 | 8020, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CallFaultError';
    this.stateCode = stateCode;
  }
}
