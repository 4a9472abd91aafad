import { createHash, timingSafeEqual } from 'node:crypto';

/** Hash functions that handsets may answer with, the better first (RFC 8760, 2.4); MD5 is for old phones. */
export const DIGEST_ALGORITHMS = ['SHA-256', 'MD5'] as const;

export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number];

const HASH_OF = { 'SHA-256': 'sha256', MD5: 'md5' } as const satisfies Record<DigestAlgorithm, string>;

/** Credentials of one `Authorization` or `Proxy-Authorization` value (RFC 7616, 3.4), quotes and escapes undone. */
export interface DigestCredentials {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  /** Hexadecimal digits. */
  readonly response: string;
  readonly algorithm: DigestAlgorithm;
  /** Absent in phones of RFC 2069, which count nothing. */
  readonly quality: { readonly cnonce: string; readonly nc: string } | undefined;
}

/** One parameter, and before the first of some credentials their scheme. It reads each character once. */
const PARAMETER = /\s*(?:([A-Za-z-]+)\s+)?([A-Za-z*]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]*))\s*(?:,|$)/gy;

/**
 * Reads the Digest credentials of a header that may hold several, as a phone sends that answers each challenge.
 * @param header all values of the header, joined by commas
 * @returns what could be understood, in order; other schemes, other algorithms and broken values are left out
 */
export function parseCredentials(header: string): DigestCredentials[] {
  const found: { scheme: string; fields: Map<string, string> }[] = [];
  for (const [, scheme, name = '', quoted, plain = ''] of header.matchAll(PARAMETER)) {
    if (scheme !== undefined) found.push({ scheme, fields: new Map() });
    found.at(-1)?.fields.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain);
  }
  return found
    .filter(({ scheme }) => scheme.toLowerCase() === 'digest')
    .map(({ fields }) => credentialsOf(fields))
    .filter((credentials) => credentials !== undefined);
}

function credentialsOf(fields: ReadonlyMap<string, string>): DigestCredentials | undefined {
  const named = (fields.get('algorithm') ?? 'MD5').toUpperCase();
  const algorithm = DIGEST_ALGORITHMS.find((each) => each === named);
  const [username, realm, nonce, uri, response] = ['username', 'realm', 'nonce', 'uri', 'response'].map(
    (name) => fields.get(name) ?? '',
  );
  if (!algorithm || !username || !realm || !nonce || !uri || !response) return undefined;
  const common = { username, realm, nonce, uri, response: response.toLowerCase(), algorithm };
  const qop = fields.get('qop');
  if (qop === undefined) return { ...common, quality: undefined };
  const cnonce = fields.get('cnonce');
  const nc = fields.get('nc');
  if (qop.toLowerCase() !== 'auth' || !cnonce || !nc || !/^[0-9a-f]{8}$/i.test(nc)) return undefined;
  return { ...common, quality: { cnonce, nc } };
}

/**
 * The response that proves the password (RFC 7616, 3.4.1).
 * @param method of the request, such as `REGISTER`
 * @returns hexadecimal digits
 */
export function digestResponse(
  { username, realm, nonce, uri, algorithm, quality }: Omit<DigestCredentials, 'response'>,
  method: string,
  password: string,
): string {
  const hash = (text: string) => createHash(HASH_OF[algorithm]).update(text).digest('hex');
  const secret = hash(`${username}:${realm}:${password}`);
  const request = hash(`${method}:${uri}`);
  const middle = quality === undefined ? nonce : `${nonce}:${quality.nc}:${quality.cnonce}:auth`;
  return hash(`${secret}:${middle}:${request}`);
}

/** Whether credentials prove the password; takes the same time wherever they are wrong. */
export function provesPassword(credentials: DigestCredentials, method: string, password: string): boolean {
  const expected = Buffer.from(digestResponse(credentials, method, password));
  const presented = Buffer.from(credentials.response);
  return presented.length === expected.length && timingSafeEqual(presented, expected);
}

/**
 * One challenge for each algorithm, as each has to stand in a header field of its own (RFC 3261, 7.3.1).
 * @param algorithms the preferred first
 * @param stale tells a phone that its password was right and only its nonce too old
 */
export function challenges(
  realm: string,
  nonce: string,
  algorithms: readonly DigestAlgorithm[],
  stale: boolean,
): string[] {
  const quotedRealm = realm.replace(/["\\]/g, '\\$&');
  return algorithms.map(
    (algorithm) =>
      `Digest realm="${quotedRealm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${stale ? ', stale=true' : ''}`,
  );
}
