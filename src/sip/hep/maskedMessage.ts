/** Headers whose digits identify messages and not people; a capture server orders messages by them. */
const IDENTIFYING =
  /^(?:Via|v|Call-ID|i|CSeq|Max-Forwards|Content-Length|l|Content-Type|c|RAck|RSeq|Session-Expires|x|Min-SE|Expires|Timestamp)\s*:/i;
const CREDENTIALS = /^(?:Proxy-)?Authorization\s*:/i;
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
  const bodyAt = text.indexOf('\r\n\r\n');
  const head = bodyAt < 0 ? text : text.slice(0, bodyAt);
  const lines = head.split('\r\n').map((line) => {
    if (IDENTIFYING.test(line)) return line;
    if (CREDENTIALS.test(line)) return hiddenAfterName(line);
    return line.replace(PARAMETER_OR_NUMBER, (found) => (found.startsWith(';') ? found : masked(found)));
  });
  return bodyAt < 0
    ? lines.join('\r\n')
    : `${lines.join('\r\n')}\r\n\r\n${maskedBody(text.slice(bodyAt + 4))}`;
}

function hiddenAfterName(line: string): string {
  const colon = line.indexOf(':') + 1;
  return line.slice(0, colon) + line.slice(colon).replace(/[^\s]/g, '*');
}

/** Of an SDP the user name (`o=`), the session's name and the media keys could tell something. */
function maskedBody(body: string): string {
  if (!body.startsWith('v=0')) return body.replace(/[^\r\n]/g, '*');
  return body
    .replace(
      /^(o=)(\S+)|^(s=|i=)(.*)$/gm,
      (_, o: string | undefined, user: string, s: string, name: string) =>
        o === undefined ? s + maskedDigits(name) : o + maskedDigits(user),
    )
    .replace(
      /^(a=crypto:|a=key-mgmt:|k=)(.*)$/gm,
      (_, name: string, key: string) => name + key.replace(/\S/g, '*'),
    );
}

const maskedDigits = (text: string): string => text.replace(/\+?\d{7,}/g, masked);

/** `+86138****0001`, and as long as it was. */
function masked(number: string): string {
  const atStart = Math.max(0, Math.min(MOST_SHOWN_AT_START, number.length - SHOWN_AT_END - HIDDEN));
  if (atStart === 0) return '*'.repeat(number.length);
  const hidden = number.length - atStart - SHOWN_AT_END;
  return number.slice(0, atStart) + '*'.repeat(hidden) + number.slice(-SHOWN_AT_END);
}
