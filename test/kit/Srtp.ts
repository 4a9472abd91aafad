import { createCipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const SUITE = 'AES_CM_128_HMAC_SHA1_80';
const KEY_BYTES = 16;
const SALT_BYTES = 14;
const TAG_BYTES = 10;
const HEADER_BYTES = 12;
const SEQUENCES = 2 ** 16;

/** What both sides of one direction know (RFC 4568 6.1): master key and salt. */
export type SrtpKey = Buffer;

export function newSrtpKey(): SrtpKey {
  return randomBytes(KEY_BYTES + SALT_BYTES);
}

/** The line of a session description that tells a key. */
export function cryptoLine(key: SrtpKey): string {
  return `a=crypto:1 ${SUITE} inline:${key.toString('base64')}`;
}

/** The key that a session description tells; undefined where it tells none of this suite. */
export function keyIn(sdp: string): SrtpKey | undefined {
  const [, text] = new RegExp(`^a=crypto:\\d+ ${SUITE} inline:([\\w+/=]+)`, 'm').exec(sdp) ?? [];
  return text === undefined ? undefined : Buffer.from(text, 'base64');
}

/** One direction of an SRTP session, AES_CM_128_HMAC_SHA1_80 (RFC 3711); written out, so that it is nobody's who is tested. */
export class SrtpStream {
  readonly #cipherKey: Buffer;
  readonly #authKey: Buffer;
  readonly #salt: Buffer;
  #rollovers = 0;
  #last: number | undefined;

  constructor(key: SrtpKey) {
    const master = key.subarray(0, KEY_BYTES);
    const salt = key.subarray(KEY_BYTES, KEY_BYTES + SALT_BYTES);
    const derive = (label: number, length: number): Buffer => {
      const counter = Buffer.concat([salt, Buffer.alloc(2)]);
      counter.writeUInt8(counter.readUInt8(7) ^ label, 7);
      return createCipheriv('aes-128-ctr', master, counter).update(Buffer.alloc(length));
    };
    this.#cipherKey = derive(0, KEY_BYTES);
    this.#authKey = derive(1, 20);
    this.#salt = derive(2, SALT_BYTES);
  }

  /** @param packet RTP with a header of twelve octets */
  protect(packet: Buffer): Buffer {
    const rollovers = this.#rolloversOf(packet.readUInt16BE(2));
    const sealed = this.#crypt(packet, rollovers);
    return Buffer.concat([sealed, this.#tag(sealed, rollovers)]);
  }

  /** @returns undefined for what was not sealed with this key */
  unprotect(packet: Buffer): Buffer | undefined {
    if (packet.length < HEADER_BYTES + TAG_BYTES) return undefined;
    const sealed = packet.subarray(0, -TAG_BYTES);
    const rollovers = this.#rolloversOf(sealed.readUInt16BE(2));
    if (!timingSafeEqual(this.#tag(sealed, rollovers), packet.subarray(-TAG_BYTES))) return undefined;
    return this.#crypt(sealed, rollovers);
  }

  #crypt(packet: Buffer, rollovers: number): Buffer {
    const counter = Buffer.concat([this.#salt, Buffer.alloc(2)]);
    for (let at = 0; at < 4; at++) {
      counter.writeUInt8(counter.readUInt8(4 + at) ^ packet.readUInt8(8 + at), 4 + at);
    }
    const index = Buffer.alloc(6);
    index.writeUInt32BE(rollovers, 0);
    index.writeUInt16BE(packet.readUInt16BE(2), 4);
    for (let at = 0; at < 6; at++) {
      counter.writeUInt8(counter.readUInt8(8 + at) ^ index.readUInt8(at), 8 + at);
    }
    const cipher = createCipheriv('aes-128-ctr', this.#cipherKey, counter);
    return Buffer.concat([packet.subarray(0, HEADER_BYTES), cipher.update(packet.subarray(HEADER_BYTES))]);
  }

  #tag(sealed: Buffer, rollovers: number): Buffer {
    const counted = Buffer.alloc(4);
    counted.writeUInt32BE(rollovers);
    return createHmac('sha1', this.#authKey).update(sealed).update(counted).digest().subarray(0, TAG_BYTES);
  }

  /** How often the sequence number has begun anew by this packet (RFC 3711 3.3.1). */
  #rolloversOf(sequence: number): number {
    const last = this.#last ?? sequence;
    const hasBegunAnew = last - sequence > SEQUENCES / 2;
    const isOfBefore = sequence - last > SEQUENCES / 2;
    if (isOfBefore) return this.#rollovers - 1;
    if (hasBegunAnew) this.#rollovers += 1;
    this.#last = sequence;
    return this.#rollovers;
  }
}
