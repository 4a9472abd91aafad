import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Credentials } from './credentials.ts';

/**
 * Whether a client's PasswordDigest was made with the application's secret (facts 1.2):
 * AKSK is Base64(HMAC-SHA256(secret, nonce + created)); WSSE is Base64(SHA-256(nonce + created + secret)), of
 * which some clients encode the raw 32 bytes and others the lower-case hex string. Comparisons take constant time.
 */
export function digestMatches(credentials: Credentials, secret: string): boolean {
  const { scheme, nonce, created, digest } = credentials;
  if (scheme === 'aksk') {
    return sameText(
      digest,
      createHmac('sha256', secret)
        .update(nonce + created)
        .digest('base64'),
    );
  }
  const hash = createHash('sha256')
    .update(nonce + created + secret)
    .digest();
  const ofBytes = sameText(digest, hash.toString('base64'));
  const ofHex = sameText(digest, Buffer.from(hash.toString('hex')).toString('base64'));
  return ofBytes || ofHex;
}

function sameText(presented: string, expected: string): boolean {
  const presentedBytes = Buffer.from(presented);
  const expectedBytes = Buffer.from(expected);
  return presentedBytes.length === expectedBytes.length && timingSafeEqual(presentedBytes, expectedBytes);
}
