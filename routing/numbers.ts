const MAINLAND = '+86';
const MOBILE_LENGTH = 14;
/** Area code without its 0 (10, 2x, or three digits from 31 up), then 7 or 8 digits; 400 and 800 are no area codes. */
const LANDLINE = /^\+86(?!400|800)(?:10|2\d|[3-9]\d{2})[1-9]\d{6,7}$/;

/** +86 and an 11-digit mobile number, 13x to 19x (facts 1.3). */
export function isMainlandMobile(e164: string): boolean {
  const second = e164.charCodeAt(4);
  return e164.length === MOBILE_LENGTH && e164.startsWith('+861') && second >= 0x33 && second <= 0x39;
}

/** +86 and a fixed line: area code without its leading 0, then 7 or 8 digits (facts 1.3). */
export function isMainlandLandline(e164: string): boolean {
  return !isMainlandMobile(e164) && e164.startsWith(MAINLAND) && LANDLINE.test(e164);
}

/**
 * An area code and a number that is nobody's line: local numbers begin with 2 to 8, and what begins with 1 or 9 are
 * services, among them those that are paid by the call (168, 96xxx). What begins with 400 or 95 may be a number of a business
 * instead, with no area code, where a call costs what a call costs.
 */
const SERVICE = /^\+86(?!400\d{7}$|95\d{3,6}$)(?:10|2\d|[3-9]\d{2})[19]/;

/** A service of the mainland, reached over an area code, where a call may cost what its owner likes. */
export function isMainlandService(e164: string): boolean {
  return !isMainlandMobile(e164) && e164.startsWith(MAINLAND) && SERVICE.test(e164);
}

/** A number of another country or region. '' (withheld) is from nowhere. */
export function isAbroad(e164: string): boolean {
  return e164 !== '' && !e164.startsWith(MAINLAND);
}

/** The mainland number, mobile or fixed, that stands in any of its usual forms; undefined when it is none. */
export function mainlandNumberOf(text: string): string | undefined {
  const match = /^(\+86|0086|86|0)?(\d{7,12})$/.exec(text);
  if (match === null) return undefined;
  const e164 = `+86${match[2]}`;
  if (isMainlandMobile(e164)) return e164;
  // Without any prefix the area code is missing, and the digits could mean anything.
  return match[1] !== undefined && isMainlandLandline(e164) ? e164 : undefined;
}

/** A number of another country, E.164. */
const FOREIGN = /^\+(?!86)[1-9]\d{7,14}$/;

/**
 * The number of a person (A, B, a callee) as customers write it, in E.164.
 *
 * The hosted product takes badly formatted numbers and lets the call fail later (facts 1.3). Here forms with only one
 * meaning are understood: `+86…`, `86…`, `0086…`, an eleven-digit mobile number, a fixed number with its area code and
 * 0. 400, 800 and 95xxx numbers are none, as there. A number of another country is taken as it is: whether it can be
 * reached is up to the operator's trunks.
 * @returns undefined when no call can go there
 */
export function userNumberOf(text: string): string | undefined {
  const number = text.trim();
  return mainlandNumberOf(number) ?? (FOREIGN.test(number) ? number : undefined);
}

const SHOWN_AT_END = 4;
const HIDDEN = 4;
const MOST_SHOWN_AT_START = 6;

/**
 * A number as logs, metrics and error texts may show it: `+86138****0001`.
 * At least four digits are hidden; what is too short for that is hidden whole. '' stays '' (a withheld number).
 */
export function maskNumber(e164: string): string {
  if (e164 === '') return '';
  const shownAtStart = Math.min(MOST_SHOWN_AT_START, e164.length - SHOWN_AT_END - HIDDEN);
  if (shownAtStart < 1) return '****';
  return `${e164.slice(0, shownAtStart)}****${e164.slice(-SHOWN_AT_END)}`;
}

/** Seven digits or more, of any script, also when written in groups: `139-0000-1001`. */
const NUMBER_IN_TEXT = /\+?\p{Nd}(?:[ ().\-/]{0,2}\p{Nd}){6,}/gu;

/** A text that somebody else wrote, with everything masked in it that could be a person's number. */
export function maskNumbersIn(text: string): string {
  return text.replace(NUMBER_IN_TEXT, (number) => maskNumber(number.replace(/[ ().\-/]/g, '')));
}
