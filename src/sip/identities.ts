import { parsePhoneNumberFromString } from 'libphonenumber-js/min';

/** The headers of a request from which its parties are read. */
export interface IdentityHeaders {
  readonly requestUri: string;
  readonly from: string;
  /** All values of `P-Asserted-Identity`, joined by commas. */
  readonly assertedIdentity: string | undefined;
}

/** The plan of numbers that come without a country code. */
const HOME_COUNTRY = 'CN';

const CHINESE_MOBILE = /^(?:\+86|0086|86|0)?(1[3-9]\d{9})$/;
const GLOBAL_NUMBER = /^\+[1-9]\d{2,14}$/;
const URI_USER = /^\s*(sips?|tel):([^@>?\s]*)(@)?/i;
const PHONE_CONTEXT = /^phone-context=(\+\d{1,4})$/i;
const QUOTED_NAME = /^"(?:[^"\\]|\\.)*"\s*/;
const VISUAL_SEPARATORS = /[\s().-]/g;

/**
 * Brings a telephone number as carriers write it to E.164.
 * Understood: `+8613900001001`, `008613900001001`, `8613900001001`, `13900001001`, `013900001001`,
 * `057112345678`, with or without visual separators. Chinese mobile numbers, nearly all there are, need one match.
 * @returns `+` and digits, or undefined when it is no number of a numbering plan (a name, a short code)
 */
export function toE164(text: string): string | undefined {
  const mobile = CHINESE_MOBILE.exec(text);
  if (mobile) return `+86${mobile[1]}`;
  const dialled = text.replace(VISUAL_SEPARATORS, '');
  if (!/^\+?\d{3,20}$/.test(dialled)) return undefined;
  if (dialled !== text) return toE164(dialled);
  const international = dialled.startsWith('00') ? `+${dialled.slice(2)}` : dialled;
  const parsed = parsePhoneNumberFromString(international, HOME_COUNTRY);
  if (parsed?.isPossible()) return parsed.number;
  return GLOBAL_NUMBER.test(international) ? international : undefined;
}

/**
 * The number in a `sip:`, `sips:` or `tel:` URI (RFC 3261 19.1.6, RFC 3966), brought to E.164.
 * Parameters of the user part (`;npdi`, `;phone-context`) are no part of the number; a phone-context that is a
 * country code stands before a local number.
 * @param uri the URI alone or a whole name-addr
 */
export function numberOfUri(uri: string): string | undefined {
  const found = URI_USER.exec(addressOf(uri));
  if (!found) return undefined;
  const [, scheme = '', userPart = '', at] = found;
  if (scheme.toLowerCase() !== 'tel' && at === undefined) return undefined;
  const [user = '', ...parameters] = unescapeUser(userPart).split(';');
  const number = user.split(':')[0] ?? '';
  if (number.startsWith('+')) return toE164(number);
  const context = parameters.map((each) => PHONE_CONTEXT.exec(each)?.[1]).find(Boolean);
  return toE164(context === undefined ? number : context + number);
}

/** The address in a name-addr or addr-spec: a quoted display name may itself hold anything. */
function addressOf(nameAddress: string): string {
  const unnamed = nameAddress.trimStart().replace(QUOTED_NAME, '');
  return unnamed.slice(unnamed.indexOf('<') + 1);
}

function unescapeUser(user: string): string {
  if (!user.includes('%')) return user;
  try {
    return decodeURIComponent(user);
  } catch {
    return '';
  }
}

/**
 * Who calls: `P-Asserted-Identity` (RFC 3325; the trunk is trusted) and else `From`.
 * A caller who withheld his number is asserted all the same by his network; where nobody asserts him he is ''.
 * @returns E.164, or '' when the number is withheld or is none
 */
export function callerOf(headers: IdentityHeaders): string {
  if (headers.assertedIdentity !== undefined) {
    for (const identity of splitValues(headers.assertedIdentity)) {
      const number = numberOfUri(identity);
      if (number !== undefined) return number;
    }
  }
  return numberOfUri(headers.from) ?? '';
}

/**
 * Which X was dialled: the user of the Request-URI.
 * @returns E.164, or undefined when it holds no number
 */
export function dialledOf(headers: IdentityHeaders): string | undefined {
  return numberOfUri(headers.requestUri);
}

/**
 * The values of a header that may hold several: commas inside quotes and angle brackets do not separate. A quote that
 * nobody closes goes on to the end, so that the time this takes grows no faster than the header.
 */
function splitValues(header: string): string[] {
  return header.match(/(?:"(?:[^"\\]|\\[\s\S]?)*(?:"|$)|<[^>]*(?:>|$)|[^,"<])+/g) ?? [];
}
