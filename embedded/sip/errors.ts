/** Stable codes of the errors that this SIP stack throws at its user. */
export type SipErrorCode =
  | 'SIP_BAD_SYNTAX'
  | 'SIP_NO_TRANSPORT'
  | 'SIP_UNRESOLVED'
  | 'SIP_LISTEN'
  | 'SIP_CLOSED'
  | 'SIP_TRANSACTION_STATE';

/** Thrown when the user of the stack asks for something that cannot be done; never because of a peer's bytes. */
export class SipStackError extends Error {
  readonly code: SipErrorCode;

  constructor(code: SipErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SipStackError';
    this.code = code;
  }
}
