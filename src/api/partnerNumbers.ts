import { mainlandNumberOf, userNumberOf } from '../../routing/numbers.ts';
import { BindingError } from '../bindings/BindingError.ts';
import { PartnerError } from './errorCodes.ts';
import { quote } from './quote.ts';

/**
 * Brings a user's number (A or B) to E.164. A bind that can never work is refused at once.
 * @throws PartnerError 1010002 naming the field
 */
export function readUserNumber(field: string, value: string): string {
  const number = userNumberOf(value);
  if (number !== undefined) return number;
  throw new PartnerError(
    'invalid-request',
    `The number format is incorrect. ${field}: expected a mobile or fixed number in global form (+86…), got ${quote(value)}.`,
  );
}

/**
 * Brings an X number to E.164. What is no number at all, as the `+` that a query turned into a space, is simply no
 * number of the application (facts 2.2).
 * @throws BindingError x-not-of-application
 */
export function readXNumber(value: string): string {
  const mainland = mainlandNumberOf(value);
  if (mainland !== undefined) return mainland;
  if (/^\+[1-9]\d{3,14}$/.test(value)) return value;
  throw new BindingError('x-not-of-application');
}
