import { headerSpelling } from './headerNames.ts';
import { tagOf } from './NameAddress.ts';
import { reasonPhrase } from './reasonPhrases.ts';
import { SipHeaders } from './SipHeaders.ts';

/*
 * All text of a message is a byte string: one character for one octet (latin1). So lengths are octets, a body may be
 * binary, and UTF-8 passes through untouched. `utf8Of` and `bytesOf` convert where a program wants to read it.
 */

export interface SipRequest {
  readonly kind: 'request';
  method: string;
  /** Request-URI, as written. */
  uri: string;
  headers: SipHeaders;
  body: string;
}

export interface SipResponse {
  readonly kind: 'response';
  status: number;
  reason: string;
  headers: SipHeaders;
  body: string;
}

export type SipMessage = SipRequest | SipResponse;

/** Headers by name, in the order in which they shall stand; several values make several lines. */
export type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>;

function headersOf(record: HeaderRecord): SipHeaders {
  const headers = new SipHeaders();
  for (const [name, value] of Object.entries(record)) {
    if (value === undefined) continue;
    for (const line of typeof value === 'string' ? [value] : value) headers.append(name, line);
  }
  return headers;
}

/** Makes a request. @throws SipStackError SIP_BAD_SYNTAX for a header that would break its line */
export function makeRequest(method: string, uri: string, headers: HeaderRecord, body = ''): SipRequest {
  return { kind: 'request', method, uri, headers: headersOf(headers), body };
}

const sharedWithResponse = new Set(['via', 'from', 'to', 'call-id', 'cseq', 'timestamp']);

/** Whether this answer forms or confirms a dialog, so that it carries the route back (RFC 3261 12.1.1). */
function formsDialog(request: SipRequest, status: number): boolean {
  return status > 100 && status < 300 && (request.method === 'INVITE' || request.method === 'SUBSCRIBE');
}

/**
 * Makes the response to a request with the fields that it has to share with it (RFC 3261 8.2.6.2, 12.1.1);
 * a 100 gets no To tag, any other status gets `toTag` unless the request has one.
 */
export function makeResponse(
  request: SipRequest,
  status: number,
  options: { reason?: string; toTag?: string; headers?: HeaderRecord; body?: string } = {},
): SipResponse {
  const headers = new SipHeaders();
  const carriesRoute = formsDialog(request, status);
  const tag = status === 100 ? undefined : options.toTag;
  for (const { key, name, value } of request.headers) {
    if (!sharedWithResponse.has(key) && !(carriesRoute && key === 'record-route')) continue;
    const addTag = key === 'to' && tag !== undefined && tagOf(value) === undefined;
    headers.appendParsed(headerSpelling(name), addTag ? `${value};tag=${tag}` : value);
  }
  if (options.headers !== undefined)
    for (const field of headersOf(options.headers)) headers.append(field.name, field.value);
  return {
    kind: 'response',
    status,
    reason: options.reason ?? reasonPhrase(status),
    headers,
    body: options.body ?? '',
  };
}

/**
 * The message as it goes over the wire (a byte string). Content-Length is always that of the body.
 * @param via value of a Via that goes above all other headers
 */
export function serialize(message: SipMessage, via?: string): string {
  let text =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0\r\n`
      : `SIP/2.0 ${message.status} ${message.reason}\r\n`;
  if (via !== undefined) text += `Via: ${via}\r\n`;
  for (const { name, key, value } of message.headers) {
    if (key !== 'content-length') text += `${name}: ${value}\r\n`;
  }
  return `${text}Content-Length: ${message.body.length}\r\n\r\n${message.body}`;
}

/** A copy whose headers can be changed on their own. */
export function cloneRequest(request: SipRequest): SipRequest {
  return { ...request, headers: request.headers.clone() };
}

/** Byte string to text. */
export function utf8Of(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Text to byte string. */
export function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
