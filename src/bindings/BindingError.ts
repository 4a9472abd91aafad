export type BindingErrorCode =
  | 'x-not-of-application'
  | 'no-such-binding'
  | 'no-free-x'
  | 'number-already-bound'
  | 'x-status-abnormal'
  | 'too-many-bindings'
  | 'recording-not-enabled'
  | 'announcement-unknown';

const WORDS: Record<BindingErrorCode, string> = {
  'x-not-of-application': 'the X is no number of this application',
  'no-such-binding': 'there is no such binding',
  'no-free-x': 'the application has no X that is free for these numbers',
  'number-already-bound': 'the number is bound on this X already',
  'x-status-abnormal': 'the X takes no bindings in its present state',
  'too-many-bindings': 'the X carries as many bindings as one X may',
  'recording-not-enabled': 'recordFlag needs an application with recording',
  'announcement-unknown': 'the announcement is not known',
};

/** A rule of bindings forbids what was asked. */
export class BindingError extends Error {
  readonly code: BindingErrorCode;
  /** The number that stands in the way, masked. */
  readonly number: string | undefined;

  /** @param subject what the rule stumbled over: a masked number, or the name of an announcement */
  constructor(code: BindingErrorCode, subject?: string) {
    super(subject === undefined ? WORDS[code] : `${WORDS[code]}: ${subject}`);
    this.name = 'BindingError';
    this.code = code;
    this.number = code === 'announcement-unknown' ? undefined : subject;
  }
}
