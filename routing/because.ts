import { maskNumber, maskNumbersIn } from './numbers.ts';

const plain = (value: string): string => value;

/** Milliseconds since the epoch. */
const time = (value: string): string => new Date(Number(value)).toISOString();

type Words = readonly [sentence: string, show: (value: string) => string];

/** Each rule in words. `{}` stands for the value, which is shown as the second item says. */
const WORDS = {
  'caller-is-landline': ['the caller {} is a fixed line, which may only be called', maskNumber],
  'caller-withheld': ['the caller withheld the number', plain],
  'x-unknown': ['{} is no X number of this platform', plain],
  'x-gone': ['{} was taken from the platform while the caller typed', plain],
  'x-state': ['the X number is {}', plain],
  'x-of-application': ['the X number belongs to application {}', plain],
  'application-frozen': ['application {} is frozen', plain],
  'account-frozen': ['the customer account {} is frozen', plain],

  'caller-blocked': ['the caller {} is on the blacklist', maskNumber],
  'caller-abroad': ['the application takes no calls from abroad, as from {}', maskNumber],
  'outside-hours': ['it is {}, when the application may make no calls', plain],
  'callee-blocked': ['the callee {} is on the blacklist', maskNumber],
  'callee-barred': ['no call goes to {}, where calls cost more than calls', maskNumber],
  'callee-abroad': ['the application may make no calls abroad, as to {}', maskNumber],
  'real-number-forbidden': ['the platform shows no real number of a caller', plain],

  'no-binding-for-caller': ['no binding on this X has {} as a party', maskNumber],
  'no-binding-on-x': ['no binding stands on this X', plain],
  'binding-expired': ['the binding expired at {}', time],
  'caller-is-a': ['the caller is A of binding {}', plain],
  'caller-is-b': ['the caller is B of binding {}', plain],
  'caller-is-not-a': ['the caller is not A of binding {}', plain],
  'direction-both': ['the binding lets both sides call', plain],
  'direction-a-only': ['the binding lets only A call', plain],
  'direction-b-only': ['the binding lets only B call', plain],
  'direction-others-only': ['the binding lets only others call, not A', plain],
  'recording-not-enabled': ['recording is asked for, but application {} has none', plain],
  'callee-is': ['the call goes to {}, who sees the X', maskNumber],
  'callee-sees-caller': ['the call goes to {}, who sees the real caller', maskNumber],
  'callee-sees-x-of-caller': ["the call goes to {}, who sees the caller's X", maskNumber],
  'callee-sees-y-of-caller': ["the call goes to {}, who sees the caller's Y", maskNumber],

  'temporary-callee': ['A has a temporary callee until {}', time],
  'temporary-callee-expired': ["A's temporary callee expired at {}", time],
  'no-temporary-callee': ['A has no temporary callee', plain],
  'memory-off': ['application {} does not remember who called', plain],
  'last-caller': ['A returns the call of who called last', plain],
  'last-caller-expired': ['who called last was remembered until {}', time],
  'no-last-caller': ['A has no call to return', plain],

  'caller-is-no-a': ['the caller is A of no binding on this X', plain],
  'extension-asked': ['the caller is asked for an extension of {} digits', plain],
  'extension-typed': ['the caller typed {}', plain],
  'extension-empty': ['the caller typed nothing', plain],
  'extension-unbound': ['no binding on this X has that extension', plain],
  'extension-own': ["the extension is the caller's own", plain],
  'extension-of-binding': ['the extension belongs to binding {}', plain],
  'asked-again': ['the caller may try again: {}', plain],
  'asked-enough': ['the caller may not try again', plain],
  'call-back-number-of-binding': ['the binding names a number for calls back that have no aim', plain],
  'call-back-tone-of-binding': ['the binding names an announcement for calls back that have no aim', plain],
  'call-back-number-of-application': ['application {} names a number for calls back that have no aim', plain],

  'no-relation': ['no relation connects {} with the dialled number', maskNumber],
  'own-number': ['the caller dialled the number that is bound to the caller', plain],

  'customer-asked': ["the customer's server decides", plain],
  'customer-silent': ["the customer's server decided nothing: {}", maskNumbersIn],
  'customer-answer-bad': ["the customer's answer cannot be followed: {}", maskNumbersIn],
  'customer-connects': ["the customer's answer is to connect", plain],
  'customer-closes': ["the customer's answer is to close", plain],
  'shown-not-allowed': ["the customer's answer shows another number than the X", plain],
  'file-missing': ['there is no announcement {}', maskNumbersIn],

  'line-busy': ['the X number is in another call', plain],
  'extension-busy': ['extension {} is in another call', plain],
  'customer-frequency': ['the customer makes more calls than the platform allows', plain],
  'account-frequency': ['the customer makes more calls than {}', plain],
  'application-frequency': ['the application makes more calls than {}', plain],
  'shown-frequency': ['the number shown is used for more calls than {}', plain],
  'caller-frequency': ['the caller makes more calls than {}', plain],
  'callee-frequency': ['the callee gets more calls than {}', plain],
  'x-frequency': ['the X number is used for more calls than {}', plain],
  'application-full': ['the application has its {} calls at the same time', plain],
  'platform-full': ['the platform has all the calls that it may have at the same time', plain],
  'limit-exceeded': ['limit {} is exceeded', plain],
  fault: ['the call cannot go on: {}', maskNumbersIn],
} as const satisfies Record<string, Words>;

/** A rule that took part in a decision. */
export type Rule = keyof typeof WORDS;

/** One link of the chain that led to a decision: cheap to make, put into words by `explain`. */
export type Reason = readonly [rule: Rule, value?: string | number];

/** The chain of facts that led to a decision, in plain words, with people's numbers masked. */
export function explain(reasons: readonly Reason[]): string[] {
  return reasons.map(([rule, value = '']) => {
    const [sentence, show] = WORDS[rule];
    return sentence.replace('{}', () => show(String(value)));
  });
}
