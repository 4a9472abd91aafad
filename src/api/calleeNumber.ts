import { readUserNumber } from './partnerNumbers.ts';

/** Service numbers of the mainland that may only be called: 400 and seven digits, 95 and three to six. */
const SERVICE = /^(?:\+86|0086|86)?(400\d{7}|95\d{3,6})$/;

/**
 * Brings a number that will only ever be called to E.164: a user's number, or a 400 or 95 number (003, 4.21).
 * @throws PartnerError 1010002 naming the field
 */
export function readCalleeNumber(field: string, value: string): string {
  const [, service] = SERVICE.exec(value.trim()) ?? [];
  return service === undefined ? readUserNumber(field, value) : `+86${service}`;
}
