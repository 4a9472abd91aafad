import { CREDENTIALS, MEDIA_KEYS, partsOf, WRITTEN_NUMBERS } from '../messageParts.ts';

/** Headers whose digits identify messages and not people; a capture server orders messages by them. */
const IDENTIFYING =
  /^(?:Via|v|Call-ID|i|CSeq|Max-Forwards|Content-Length|l|Content-Type|c|RAck|RSeq|Session-Expires|x|Min-SE|Expires|Timestamp)\s*:/i;
/** Parameters that are left as they are, or what could be a number, with `+` and separators as people write them. */
const PARAMETER_OR_NUMBER = /;\s*(?:tag|branch|rport|received|gr|\+sip\.instance)=[^;>\s,]*|\+?\d{7,}/gi;
const SHOWN_AT_END = 4;
const MOST_SHOWN_AT_START = 6;
const HIDDEN = 4;

/**
 * A SIP message with the numbers of people masked in it, octet for octet as long as before, so that it parses as before.
 * Credentials, and bodies that are no SDP (keys that were pressed, texts), are hidden whole.
 */
export function maskedMessage(text: string): string {
  const { head, body } = partsOf(text);
  const lines = head
    .replace(CREDENTIALS, (found, name: string) => name + hidden(found.slice(name.length)))
    .replace(WRITTEN_NUMBERS, masked)
    .split('\r\n')
    .map((line) => (IDENTIFYING.test(line) ? line : line.replace(PARAMETER_OR_NUMBER, maskedNumber)));
  return [lines.join('\r\n'), ...(body === undefined ? [] : [maskedBody(body)])].join('\r\n\r\n');
}

const hidden = (text: string): string => text.replace(/\S/g, '*');

const maskedNumber = (found: string): string => (found.startsWith(';') ? found : masked(found));

/** Of an SDP the user name (`o=`), what is written for people, and the media keys could tell something. */
function maskedBody(body: string): string {
  if (!body.startsWith('v=0')) return body.replace(/[^\r\n]/g, '*');
  return body
    .replace(/^(?:o=\S+|[siuep]=.*)/gm, (found) => found.replace(/\+?\d{7,}/g, masked))
    .replace(MEDIA_KEYS, (found, name: string) => name + hidden(found.slice(name.length)));
}

/** `+86138****0001`, and as long as it was. */
function masked(number: string): string {
  const atStart = Math.max(0, Math.min(MOST_SHOWN_AT_START, number.length - SHOWN_AT_END - HIDDEN));
  if (atStart === 0) return '*'.repeat(number.length);
  const hiddenDigits = number.length - atStart - SHOWN_AT_END;
  return number.slice(0, atStart) + '*'.repeat(hiddenDigits) + number.slice(-SHOWN_AT_END);
}
