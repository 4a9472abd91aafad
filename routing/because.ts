import { maskNumber } from './numbers.ts';
import type { Reason, Rule } from './types.ts';

const plain = (value: string): string => value;

/** Each rule in words. `{}` stands for the value, which is shown as the second item says. */
const WORDS: Record<Rule, readonly [sentence: string, show: (value: string) => string]> = {
  'caller-is-landline': ['the caller {} is a fixed line, which may only be called', maskNumber],
  'caller-withheld': ['the caller withheld the number', plain],
  'x-unknown': ['{} is no X number of this platform', plain],
  'x-state': ['the X number is {}', plain],
  'x-of-application': ['the X number belongs to application {}', plain],
  'application-frozen': ['application {} is frozen', plain],
  'mode-not-served': ['applications of mode {} are not served by this release', plain],
  'no-binding-for-caller': ['no binding on this X has {} as a party', maskNumber],
  'binding-expired': ['the binding expired at {}', plain],
  'caller-is-a': ['the caller is A of binding {}', plain],
  'caller-is-b': ['the caller is B of binding {}', plain],
  'direction-both': ['the binding lets both sides call', plain],
  'direction-a-only': ['the binding lets only A call', plain],
  'direction-b-only': ['the binding lets only B call', plain],
  'callee-is': ['the call goes to {}, who sees the X', maskNumber],
  'recording-not-enabled': ['the binding asks for recording, but application {} has none', plain],
};

/** The chain of facts that led to a decision, in plain words, with people's numbers masked. */
export function explain(reasons: readonly Reason[]): string[] {
  return reasons.map(([rule, value = '']) => {
    const [sentence, show] = WORDS[rule];
    return sentence.replace('{}', () => show(value));
  });
}
