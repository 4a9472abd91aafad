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
