import { SipHeaders } from './SipHeaders.ts';
import type { SipMessage } from './SipMessage.ts';

/** What is wrong with a message, in a stable word for counters, and how a request with this fault is answered. */
export interface MessageFault {
  readonly code: string;
  readonly status: number;
  /** For the reason phrase and the log; holds nothing of the peer's text. */
  readonly text: string;
}

/**
 * What came out of a text: a message, a message with a fault (enough of it was readable to answer or to drop it
 * knowingly), or a fault alone.
 */
export type ParseResult =
  | { readonly message: SipMessage; readonly fault?: MessageFault }
  | { readonly message?: undefined; readonly fault: MessageFault };

/** Most octets of start line and headers together. */
export const maxHeadOctets = 65_536;
/** Most header lines in a message. */
const maxHeaderLines = 512;
/** Most octets of a body. */
export const maxBodyOctets = 1_048_576;

const requestLine = /^([A-Za-z0-9\-.!%*_+`'~]+) ([^\s]+) SIP\/(\d+\.\d+)$/i;
const statusLine = /^SIP\/(\d+\.\d+) (\d{3})(?: (.*))?$/i;
const looseRequestLine = /^([A-Za-z0-9\-.!%*_+`'~]+)[ \t]+(.*?)[ \t]*SIP\/(\d+\.\d+)[ \t]*$/i;
const headerName = /^[A-Za-z0-9\-.!%*_+`'~]+$/;

function fault(code: string, text: string, status = 400): MessageFault {
  return { code, status, text };
}

/**
 * Reads one whole message from a datagram or a frame cut out of a stream (a byte string). Never throws.
 * Lines that are no header are left out and reported as a fault, so that a request can still be answered.
 * RFC 3261 7 and 25.1; on a datagram, octets beyond Content-Length are ignored (18.3).
 */
export function parseMessage(text: string): ParseResult {
  const head = parseHead(text);
  if (head.message === undefined) return { fault: head.fault };
  const { message } = head;
  const body = cutBody(message.headers, text.slice(head.bodyAt));
  message.body = body.text;
  const fault = head.fault ?? body.fault;
  return fault === undefined ? { message } : { message, fault };
}

export type HeadResult =
  | { readonly message: SipMessage; readonly bodyAt: number; readonly fault?: MessageFault }
  | { readonly message?: undefined; readonly fault: MessageFault };

/** Reads start line and headers only; the message's body is empty and begins at `bodyAt`. Never throws. */
export function parseHead(text: string): HeadResult {
  let start = 0;
  while (text.startsWith('\r\n', start)) start += 2;
  const headEnd = text.indexOf('\r\n\r\n', start);
  if (headEnd < 0) return { fault: fault('no-header-end', 'No empty line after the headers') };
  if (headEnd - start > maxHeadOctets) return { fault: fault('head-too-large', 'Headers too large', 513) };

  const lineEnd = text.indexOf('\r\n', start);
  const headers = new SipHeaders();
  const wrongLine = lineEnd === headEnd ? undefined : parseHeaderLines(text, lineEnd + 2, headEnd, headers);
  const started = parseStartLine(text.slice(start, lineEnd), headers);
  if (started === undefined) return { fault: fault('bad-start-line', 'Malformed start line') };
  const found = started.fault ?? wrongLine;
  const head = { message: started.message, bodyAt: headEnd + 4 };
  return found === undefined ? head : { ...head, fault: found };
}

function parseStartLine(
  line: string,
  headers: SipHeaders,
): { message: SipMessage; fault?: MessageFault } | undefined {
  const asStatus = statusLine.exec(line);
  if (asStatus !== null) {
    const [, version, status, reason = ''] = asStatus;
    const message: SipMessage = { kind: 'response', status: Number(status), reason, headers, body: '' };
    const inRange = message.status >= 100 && message.status <= 699;
    if (version !== '2.0' || !inRange)
      return { message, fault: fault('bad-start-line', 'Malformed status line') };
    return { message };
  }
  const strict = requestLine.exec(line);
  const asRequest = strict ?? looseRequestLine.exec(line);
  if (asRequest === null) return undefined;
  const [, method = '', uri = '', version] = asRequest;
  const message: SipMessage = { kind: 'request', method, uri, headers, body: '' };
  if (version !== '2.0') return { message, fault: fault('bad-version', 'Version Not Supported', 505) };
  if (strict === null) return { message, fault: fault('bad-start-line', 'Malformed request line') };
  return { message };
}

function parseHeaderLines(
  text: string,
  from: number,
  to: number,
  headers: SipHeaders,
): MessageFault | undefined {
  let wrong: MessageFault | undefined;
  let lines = 0;
  let at = from;
  while (at < to) {
    let end = text.indexOf('\r\n', at);
    if (end < 0 || end > to) end = to;
    let line = text.slice(at, end);
    // A line that begins with white space continues the one before (RFC 3261 7.3.1).
    while (end < to && (text[end + 2] === ' ' || text[end + 2] === '\t')) {
      let next = text.indexOf('\r\n', end + 2);
      if (next < 0 || next > to) next = to;
      line = `${line.trimEnd()} ${text.slice(end + 2, next).trim()}`;
      end = next;
    }
    at = end + 2;
    lines += 1;
    if (lines > maxHeaderLines) return fault('too-many-headers', 'Too many header lines', 513);
    const colon = line.indexOf(':');
    const name = colon < 0 ? '' : line.slice(0, colon).trimEnd();
    if (!headerName.test(name)) {
      wrong ??= fault('bad-header-line', 'Malformed header line');
      continue;
    }
    const value = line.slice(colon + 1).trim();
    if (hasControls(value)) {
      wrong ??= fault('bad-header-line', 'Control character in a header');
      continue;
    }
    headers.appendParsed(name, value);
  }
  return wrong;
}

// A quoted string may hold an escaped NUL (RFC 3261 25.1, quoted-pair; RFC 4475 3.1.1.2).
// biome-ignore lint/suspicious/noControlCharactersInRegex: the characters that no header value may hold
const controls = /(?<!\\)\u0000|[\r\n]/;

function hasControls(value: string): boolean {
  return controls.test(value);
}

function cutBody(headers: SipHeaders, rest: string): { text: string; fault?: MessageFault } {
  const lengths = headers.getAll('content-length');
  const [first] = lengths;
  if (first === undefined) return { text: rest };
  const length = parseContentLength(first);
  if (length === undefined) return { text: rest, fault: fault('bad-content-length', 'Bad Content-Length') };
  if (lengths.some((other) => parseContentLength(other) !== length)) {
    return { text: '', fault: fault('bad-content-length', 'Contradicting Content-Length') };
  }
  if (length > rest.length)
    return { text: rest, fault: fault('short-body', 'Body shorter than Content-Length') };
  return { text: length === rest.length ? rest : rest.slice(0, length) };
}

/** Reads a Content-Length value. @returns undefined where it is not a plain number within the limit */
export function parseContentLength(value: string): number | undefined {
  if (!/^\d{1,9}$/.test(value)) return undefined;
  const length = Number(value);
  return length <= maxBodyOctets ? length : undefined;
}
