import { createHash, createHmac, randomBytes } from 'node:crypto';

export type DigestVariant = 'aksk' | 'wsse-bytes' | 'wsse-hex';

export interface Signature {
  readonly appKey: string;
  readonly secret: string;
  readonly variant?: DigestVariant;
  readonly nonce?: string;
  readonly created?: string;
  /** Between the attributes of the credential header. */
  readonly separator?: string;
}

/** Now, as `yyyy-MM-dd'T'HH:mm:ss'Z'`. @param offsetHours what a client in another zone adds to UTC */
export function createdNow(offsetHours = 0): string {
  return `${new Date(Date.now() + offsetHours * 3_600_000).toISOString().slice(0, 19)}Z`;
}

/** The two headers of a partner request, made as the documents say (facts 1.2), independently of the server's code. */
export function signedHeaders({
  appKey,
  secret,
  variant = 'aksk',
  nonce = randomBytes(16).toString('hex'),
  created = createdNow(),
  separator = ', ',
}: Signature): Record<string, string> {
  const digest = digestOf(variant, nonce, created, secret);
  const token = [
    `Username="${appKey}"`,
    `PasswordDigest="${digest}"`,
    `Nonce="${nonce}"`,
    `Created="${created}"`,
  ].join(separator);
  const scheme = variant === 'aksk' ? 'AKSK' : 'WSSE';
  return {
    authorization: `${scheme} realm="SDP",profile="UsernameToken",type="Appkey"`,
    [`x-${scheme.toLowerCase()}`]: `UsernameToken ${token}`,
  };
}

function digestOf(variant: DigestVariant, nonce: string, created: string, secret: string): string {
  if (variant === 'aksk')
    return createHmac('sha256', secret)
      .update(nonce + created)
      .digest('base64');
  const hash = createHash('sha256').update(nonce + created + secret);
  return variant === 'wsse-bytes'
    ? hash.digest('base64')
    : Buffer.from(hash.digest('hex')).toString('base64');
}
