import { randomBytes, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** A phone that asks again within this time is not challenged again. */
export const NONCE_LIFETIME_MS = 300_000;

const TIME_BYTES = 6;
const RANDOM_BYTES = 8;
const SIGNED_BYTES = TIME_BYTES + RANDOM_BYTES;
const SIGNATURE_BYTES = 16;
/** Nonces whose counts are remembered; with more phones than this at once the oldest are challenged once more. */
const REMEMBERED_NONCES = 10_000;

/** Makes a signature under a key that all nodes share and nobody else has; at least 16 bytes. */
export type Sign = (text: string) => Buffer;

/**
 * Nonces of challenges (RFC 7616, 3.3 and 5.4). A nonce holds its own time and a signature, so that a challenge to a
 * stranger costs no memory and every node knows the nonces of all. What is remembered, of phones that have proved
 * their password, is how often they used theirs: a request that was overheard cannot be sent again.
 */
export class Nonces {
  readonly #sign: Sign;
  readonly #counts = new LRUCache<string, number>({ max: REMEMBERED_NONCES });

  constructor(sign: Sign) {
    this.#sign = sign;
  }

  /** @param nowMs milliseconds since the epoch */
  issue(nowMs: number): string {
    const time = Buffer.alloc(TIME_BYTES);
    time.writeUIntBE(nowMs, 0, TIME_BYTES);
    const signed = Buffer.concat([time, randomBytes(RANDOM_BYTES)]);
    return Buffer.concat([signed, this.#signatureOf(signed)]).toString('base64url');
  }

  /**
   * Uses a nonce once more; only for credentials that have proved their password.
   * @param count `nc` of the credentials; undefined for phones that do not count, whose nonces are good for one request
   * @returns false when it is not ours, too old, or was used with this count or a higher one
   */
  use(nonce: string, count: number | undefined, nowMs: number): boolean {
    const bytes = Buffer.from(nonce, 'base64url');
    if (bytes.length !== SIGNED_BYTES + SIGNATURE_BYTES) return false;
    const signed = bytes.subarray(0, SIGNED_BYTES);
    if (!timingSafeEqual(bytes.subarray(SIGNED_BYTES), this.#signatureOf(signed))) return false;
    const age = nowMs - signed.readUIntBE(0, TIME_BYTES);
    if (age < 0 || age >= NONCE_LIFETIME_MS) return false;
    // Base64 can spell the same bytes in several ways: they are counted under one.
    const spelling = bytes.toString('base64url');
    const used = this.#counts.get(spelling) ?? 0;
    if ((count ?? 1) <= used) return false;
    this.#counts.set(spelling, count ?? Number.POSITIVE_INFINITY);
    return true;
  }

  #signatureOf(signed: Buffer): Buffer {
    return this.#sign(`sip nonce ${signed.toString('hex')}`).subarray(0, SIGNATURE_BYTES);
  }
}
