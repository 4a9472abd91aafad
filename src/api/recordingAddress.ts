import { timingSafeEqual } from 'node:crypto';

/** Makes a signature that only this installation can make; see `Sealer.sign`. */
export type Sign = (text: string) => Buffer;

/** Where recordings are fetched from. */
export const RECORDING_PATH = '/recordings';

/** What an address claims, in the query of its URL. */
export interface AddressClaim {
  readonly objectName: string;
  /** Seconds since the epoch. */
  readonly expires: string;
  readonly signature: string;
}

/**
 * The path of a recording, good for whoever holds it until it expires, and for this recording only.
 * @param expiresAt milliseconds since the epoch
 */
export function signedPath(sign: Sign, objectName: string, expiresAt: number): string {
  const expires = String(Math.floor(expiresAt / 1000));
  const signature = signatureOf(sign, objectName, expires);
  return `${RECORDING_PATH}/${objectName}?expires=${expires}&signature=${signature}`;
}

/**
 * Whether an address was made here and has not expired.
 * @param now milliseconds since the epoch
 */
export function isGood(sign: Sign, { objectName, expires, signature }: AddressClaim, now: number): boolean {
  const presented = Buffer.from(signature);
  const expected = Buffer.from(signatureOf(sign, objectName, expires));
  if (presented.length !== expected.length || !timingSafeEqual(presented, expected)) return false;
  return now < Number(expires) * 1000;
}

function signatureOf(sign: Sign, objectName: string, expires: string): string {
  return sign(`recording\n${objectName}\n${expires}`).toString('base64url');
}
