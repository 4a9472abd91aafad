import { isMainlandLandline, isMainlandMobile } from '../../routing/numbers.ts';
import { PartnerError } from './errorCodes.ts';
import { quote } from './quote.ts';

/** A number of another country, E.164. */
const FOREIGN = /^\+(?!86)[1-9]\d{7,14}$/;

/**
 * Brings a user's number (A or B) to E.164.
 *
 * The hosted product takes badly formatted numbers and lets the call fail later (facts 1.3). Here a bind that can
 * never work is refused at once, and forms with only one meaning are understood: `+86…`, `86…`, `0086…`, an
 * eleven-digit mobile number, a fixed number with its area code and 0. 400, 800 and 95xxx numbers are refused, as
 * there. A number of another country is taken as it is: whether it can be reached is up to the operator's trunks.
 * @throws PartnerError 1010002 naming the field
 */
export function readUserNumber(field: string, value: string): string {
  const number = value.trim();
  const mainland = mainlandNumber(number);
  if (mainland !== undefined) return mainland;
  if (FOREIGN.test(number)) return number;
  throw new PartnerError(
    'invalid-request',
    `The number format is incorrect. ${field}: expected a mobile or fixed number in global form (+86…), got ${quote(value)}.`,
  );
}

/**
 * Brings an X number to E.164. What is no number at all, as the `+` that a query turned into a space, is simply no
 * number of the application (facts 2.2).
 * @throws PartnerError 1012001
 */
export function readXNumber(value: string): string {
  const mainland = mainlandNumber(value);
  if (mainland !== undefined) return mainland;
  if (/^\+[1-9]\d{3,14}$/.test(value)) return value;
  throw new PartnerError('x-not-of-application');
}

/** The mainland number that stands in any of its usual forms, in E.164. */
function mainlandNumber(number: string): string | undefined {
  const match = /^(\+86|0086|86|0)?(\d{7,12})$/.exec(number);
  if (match === null) return undefined;
  const e164 = `+86${match[2]}`;
  if (isMainlandMobile(e164)) return e164;
  // Without any prefix the area code is missing, and the digits could mean anything.
  return match[1] !== undefined && isMainlandLandline(e164) ? e164 : undefined;
}
