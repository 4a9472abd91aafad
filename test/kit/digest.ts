import { createHash } from 'node:crypto';

/** Who may call, and with which password (RFC 2617, MD5, as carriers still ask for it). */
export interface DigestAccount {
  readonly realm: string;
  readonly username: string;
  readonly password: string;
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** The challenge of a 401 or 407. */
export function challenge(account: DigestAccount, nonce: string): string {
  return `Digest realm="${account.realm}", nonce="${nonce}", algorithm=MD5, qop="auth"`;
}

/** Whether an Authorization or Proxy-Authorization value answers our challenge. */
export function isAuthorized(
  account: DigestAccount,
  nonce: string,
  method: string,
  value: string | undefined,
): boolean {
  if (value === undefined) return false;
  const field = (name: string): string => new RegExp(`[ ,]${name}="?([^",]*)"?`, 'i').exec(value)?.[1] ?? '';
  const secret = md5(`${account.username}:${account.realm}:${account.password}`);
  const request = md5(`${method}:${field('uri')}`);
  const middle = field('qop') === '' ? nonce : `${nonce}:${field('nc')}:${field('cnonce')}:${field('qop')}`;
  return field('nonce') === nonce && field('response') === md5(`${secret}:${middle}:${request}`);
}
