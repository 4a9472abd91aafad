export type BindingErrorCode =
  | 'x-not-of-application'
  | 'x-status-abnormal'
  | 'x-taken'
  | 'no-free-x'
  | 'too-many-x'
  | 'too-many-bindings'
  | 'no-such-binding'
  | 'binding-exists'
  | 'number-already-bound'
  | 'no-free-extension'
  | 'extension-taken'
  | 'value-out-of-range'
  | 'recording-not-enabled'
  | 'announcement-unknown'
  | 'announcement-not-approved';

const WORDS: Record<BindingErrorCode, string> = {
  'x-not-of-application': 'the X is no number of this application',
  'x-status-abnormal': 'the X takes no bindings in its present state',
  'x-taken': 'the X belongs to another A',
  'no-free-x': 'the application has no X that is free for these numbers',
  'too-many-x': 'this A holds as many X as one A may',
  'too-many-bindings': 'the X carries as many bindings as one X may',
  'no-such-binding': 'there is no such binding',
  'binding-exists': 'there is such a binding already',
  'number-already-bound': 'the number is bound on this X already',
  'no-free-extension': 'the X has no extension left',
  'extension-taken': 'the extension belongs to another A',
  'value-out-of-range': 'a value is out of its range',
  'recording-not-enabled': 'recordFlag needs an application with recording',
  'announcement-unknown': 'the announcement is not known',
  'announcement-not-approved': 'the announcement is not approved',
};

/** A rule of bindings forbids what was asked. */
export class BindingError extends Error {
  readonly code: BindingErrorCode;
  /** What the rule stumbled over; see the constructor. */
  readonly subject: string | undefined;

  /**
   * @param subject a masked number; for announcement-… the name that was given; for value-out-of-range the field
   *   and what it was expected to be
   */
  constructor(code: BindingErrorCode, subject?: string) {
    super(subject === undefined ? WORDS[code] : `${WORDS[code]}: ${subject}`);
    this.name = 'BindingError';
    this.code = code;
    this.subject = subject;
  }
}
