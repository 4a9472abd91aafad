/** Compact header forms (RFC 3261 7.3.3 and the registrations after it), to the full lower-case name. */
const compactForms: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  n: 'identity-info',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
};

/** Names that the field writes in one way; others are written as they came. */
const usualSpellings = [
  'Accept',
  'Allow',
  'Authorization',
  'Call-ID',
  'Contact',
  'Content-Encoding',
  'Content-Length',
  'Content-Type',
  'CSeq',
  'Event',
  'Expires',
  'From',
  'Max-Forwards',
  'Min-SE',
  'P-Asserted-Identity',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'Proxy-Require',
  'RAck',
  'Reason',
  'Record-Route',
  'Refer-To',
  'Require',
  'Retry-After',
  'Route',
  'RSeq',
  'Session-Expires',
  'Subscription-State',
  'Supported',
  'To',
  'Unsupported',
  'User-Agent',
  'Via',
  'WWW-Authenticate',
];

const spellingByKey = new Map(usualSpellings.map((name) => [name.toLowerCase(), name]));

const keyByName = new Map<string, string>();
for (const [short, full] of Object.entries(compactForms)) {
  keyByName.set(short, full);
  keyByName.set(short.toUpperCase(), full);
}
for (const name of usualSpellings) {
  keyByName.set(name, name.toLowerCase());
  keyByName.set(name.toLowerCase(), name.toLowerCase());
}

/**
 * The key under which a header is found, whatever its spelling: lower case, compact forms written out.
 * Header names are case-insensitive (RFC 3261 7.3.1).
 */
export function headerKey(name: string): string {
  const known = keyByName.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  return keyByName.get(lower) ?? lower;
}

/** The usual spelling of a header name, written out; where there is none, the name as given. */
export function headerSpelling(name: string): string {
  const key = headerKey(name);
  return spellingByKey.get(key) ?? (isCompact(name) ? key : name);
}

/** Whether a header name is a compact form, which some parsers do not know. */
export function isCompact(name: string): boolean {
  return name.length === 1;
}
