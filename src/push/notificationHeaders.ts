import { createHmac, randomUUID } from 'node:crypto';

/** What the headers of one attempt are made from. */
export interface Signed {
  readonly appKey: string;
  /** The application's secret; while it changes, the old one and the new one. */
  readonly secrets: readonly [string, ...string[]];
  /** The same on every attempt. */
  readonly webhookId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly body: string;
}

/**
 * The headers of a notification, names and values in turn, as undici takes them.
 *
 * A receiver can check either of two signatures, both made with the application's secret:
 *
 * - `X-AKSK` as in requests to the partner API (facts 1.2 and 8.1): PasswordDigest is base64 of
 *   HMAC-SHA256(secret, Nonce + Created). It says who sent the message, not what is in it.
 * - `webhook-signature` of Standard Webhooks: `v1,` and base64 of HMAC-SHA256(secret, id + '.' + timestamp + '.' + body)
 *   with the values of `webhook-id` and `webhook-timestamp` (seconds) and the body's bytes as received. The key is the
 *   bytes of the secret as it is written. A library for Standard Webhooks that expects `whsec_…` takes
 *   `'whsec_' + base64(secret)`. Refuse a timestamp more than five minutes away, and take each id once: an id that
 *   comes again is the same message again.
 *
 * While a secret changes, `webhook-signature` holds a signature by each of the two, and `X-AKSK` is made with the old one.
 */
export function notificationHeaders({ appKey, secrets, webhookId, now, body }: Signed): string[] {
  const created = `${new Date(now).toISOString().slice(0, 19)}Z`;
  const nonce = randomUUID().replaceAll('-', '');
  const digest = createHmac('sha256', secrets[0])
    .update(nonce + created)
    .digest('base64');
  const timestamp = Math.floor(now / 1000);
  const signatureBy = (secret: string) =>
    createHmac('sha256', secret).update(`${webhookId}.${timestamp}.${body}`).digest('base64');
  return [
    'content-type',
    'application/json;charset=UTF-8',
    'authorization',
    'AKSK realm="SDP",profile="UsernameToken",type="Appkey"',
    'x-aksk',
    `UsernameToken Username="${appKey}", PasswordDigest="${digest}", Nonce="${nonce}", Created="${created}"`,
    'webhook-id',
    webhookId,
    'webhook-timestamp',
    String(timestamp),
    'webhook-signature',
    secrets.map((secret) => `v1,${signatureBy(secret)}`).join(' '),
  ];
}
