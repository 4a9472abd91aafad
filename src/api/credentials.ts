import type { IncomingHttpHeaders } from 'node:http';
import { PartnerError } from './errorCodes.ts';

export type Scheme = 'aksk' | 'wsse';

/** What a client claims about itself in its two headers (facts 1.2). */
export interface Credentials {
  readonly scheme: Scheme;
  readonly appKey: string;
  readonly digest: string;
  readonly nonce: string;
  /** As sent: it is part of what the digest covers. */
  readonly created: string;
}

/** Longest Nonce (facts 1.2). */
const NONCE_CHARACTERS = 128;

/**
 * Reads `Authorization` and the credential header that belongs to its scheme: `X-AKSK` or `X-WSSE`.
 * Spacing, the case of attribute names and quotes are free, because real clients differ in them; the nonce may
 * hold any characters, because several clients send Base64.
 * @throws PartnerError 1023006–1023012, 1023001–1023005 or 1023033–1023037; 1010002 for a nonce that is too long
 */
export function readCredentials(headers: IncomingHttpHeaders): Credentials {
  const scheme = readScheme(headers.authorization);
  const header = headers[scheme === 'aksk' ? 'x-aksk' : 'x-wsse'];
  if (typeof header !== 'string' || header.trim() === '') throw new PartnerError(`${scheme}-missing`);

  const attributes = attributesOf(header);
  const credentials = {
    scheme,
    appKey: attributes.get('username') || missing(`${scheme}-username-missing`),
    nonce: attributes.get('nonce') || missing(`${scheme}-nonce-missing`),
    created: attributes.get('created') || missing(`${scheme}-created-missing`),
    digest: attributes.get('passworddigest') || missing(`${scheme}-digest-missing`),
  };
  if (credentials.nonce.length > NONCE_CHARACTERS) {
    throw new PartnerError('invalid-request', `Nonce: expected at most ${NONCE_CHARACTERS} characters.`);
  }
  return credentials;
}

function readScheme(authorization: string | undefined): Scheme {
  const [word = ''] = (authorization ?? '').trim().split(/\s+/, 1);
  if (authorization === undefined || word === '') throw new PartnerError('authorization-missing');

  const attributes = attributesOf(authorization);
  const realm = attributes.get('realm') ?? missing('realm-missing');
  const profile = attributes.get('profile') ?? missing('profile-missing');
  const type = attributes.get('type') ?? missing('type-missing');
  if (realm !== 'SDP') throw new PartnerError('realm-wrong');
  if (profile !== 'UsernameToken') throw new PartnerError('profile-wrong');
  if (type !== 'Appkey') throw new PartnerError('type-wrong');

  switch (word.toUpperCase()) {
    case 'AKSK':
      return 'aksk';
    case 'WSSE':
      return 'wsse';
    default:
      throw new PartnerError('authorization-missing', 'Expected the scheme AKSK or WSSE.');
  }
}

/**
 * `name="value"` pairs wherever they stand in a header, by lower-case name.
 * A name starts where no letter stands before it: that keeps the search linear in a hostile header.
 */
function attributesOf(header: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const match of header.matchAll(/(?<![A-Za-z])([A-Za-z]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))/g)) {
    attributes.set((match[1] ?? '').toLowerCase(), match[2] ?? match[3] ?? '');
  }
  return attributes;
}

function missing(code: ConstructorParameters<typeof PartnerError>[0]): never {
  throw new PartnerError(code);
}
