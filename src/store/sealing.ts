import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const VERSION = 1;
const KEY_ID_BYTES = 4;
const HEADER_BYTES = 1 + KEY_ID_BYTES;
const SALT_BYTES = 12;
const COUNTER_BYTES = 8;
const NONCE_BYTES = 12;
const COUNTER_IN_NONCE = NONCE_BYTES - COUNTER_BYTES;
const UINT32 = 2 ** 32;
const BODY_AT = HEADER_BYTES + SALT_BYTES + COUNTER_BYTES;
/** Keys of other Sealers (other starts, other nodes) that are kept for opening. */
const KNOWN_KEYS = 1000;
const TAG_BYTES = 16;
/** RFC 2104 section 5: half of the hash is enough, and it halves the largest index of the database. */
const DIGEST_BYTES = 16;

/**
 * `SEAL_KEY_INVALID`: the key is not 32 bytes. `SEAL_KEY_OTHER`: sealed with a key that is not this one.
 * `SEAL_BROKEN`: not a sealed text, or changed since it was sealed.
 */
export class SealError extends Error {
  readonly code: 'SEAL_KEY_INVALID' | 'SEAL_KEY_OTHER' | 'SEAL_BROKEN';
  constructor(code: SealError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SealError';
    this.code = code;
  }
}

function derive(key: Buffer | KeyObject, purpose: string, salt: Uint8Array = new Uint8Array()): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, `axbridge ${purpose}`, KEY_BYTES));
}

/**
 * Seals what must not be readable in the database, and makes digests by which it can still be looked up.
 *
 * A sealed text is: version (1 byte), key id (4), salt (12), counter (8), AES-256-GCM ciphertext, tag (16). Version and
 * key id are authenticated as additional data; they let a later release hold two keys while it moves rows to the new one.
 *
 * Each Sealer seals with a key of its own, derived from the one key and a random salt, and counts: no nonce can come
 * twice under one key. Random nonces would allow a key 2^32 texts (NIST SP 800-38D, 8.3), about a week of heavy traffic.
 */
export class Sealer {
  // A KeyObject, not its bytes: Node makes a cipher from bytes ten times slower (22 µs against 2.6).
  readonly #rootKey: KeyObject;
  readonly #sealKey: KeyObject;
  readonly #digestKey: KeyObject;
  readonly #signKey: KeyObject;
  readonly #header: Buffer;
  readonly #salt = randomBytes(SALT_BYTES);
  readonly #openKeys = new LRUCache<string, KeyObject>({ max: KNOWN_KEYS });
  /** Header and salt: what every text of this Sealer begins with. */
  readonly #prefix: Buffer;
  /** Of the text that was sealed last. */
  readonly #nonce = Buffer.alloc(NONCE_BYTES);
  /** Texts sealed; stays far below 2^53. */
  #sealed = 0;

  /**
   * @param key 32 secret bytes; the keys for sealing, digests and signatures are derived from it (HKDF, RFC 5869)
   * @throws SealError SEAL_KEY_INVALID
   */
  constructor(key: Buffer) {
    if (key.length !== KEY_BYTES) {
      throw new SealError(
        'SEAL_KEY_INVALID',
        `the sealing key has ${key.length} bytes, expected ${KEY_BYTES}`,
      );
    }
    this.#rootKey = createSecretKey(derive(key, 'seal'));
    this.#sealKey = this.#keyOf(this.#salt);
    this.#digestKey = createSecretKey(derive(key, 'digest'));
    this.#signKey = createSecretKey(derive(key, 'sign'));
    this.#header = Buffer.concat([Buffer.of(VERSION), derive(key, 'key id').subarray(0, KEY_ID_BYTES)]);
    this.#prefix = Buffer.concat([this.#header, this.#salt]);
  }

  /** Seals a text; the same text gives other bytes each time. */
  seal(text: string): Buffer {
    const nonce = this.#nonce;
    nonce.writeUInt32BE(Math.floor(this.#sealed / UINT32), COUNTER_IN_NONCE);
    nonce.writeUInt32BE(this.#sealed % UINT32, COUNTER_IN_NONCE + 4);
    this.#sealed += 1;
    const cipher = createCipheriv(CIPHER, this.#sealKey, nonce).setAAD(this.#header);
    const body = cipher.update(text, 'utf8');
    // GCM has nothing left to give here; the call completes the tag.
    cipher.final();
    return Buffer.concat([this.#prefix, nonce.subarray(COUNTER_IN_NONCE), body, cipher.getAuthTag()]);
  }

  /**
   * Opens what `seal` made.
   * @throws SealError SEAL_KEY_OTHER, SEAL_BROKEN
   */
  open(sealed: Uint8Array): string {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    if (bytes.length < BODY_AT + TAG_BYTES || bytes[0] !== VERSION) {
      throw new SealError(
        'SEAL_BROKEN',
        `${bytes.length} bytes that are not a sealed text of version ${VERSION}`,
      );
    }
    if (!this.#header.equals(bytes.subarray(0, HEADER_BYTES))) {
      const id = bytes.toString('hex', 1, HEADER_BYTES);
      throw new SealError('SEAL_KEY_OTHER', `sealed with key ${id}, this node has ${this.keyId}`);
    }
    const counterAt = HEADER_BYTES + SALT_BYTES;
    const tagAt = bytes.length - TAG_BYTES;
    const key = this.#keyOf(bytes.subarray(HEADER_BYTES, counterAt));
    const decipher = createDecipheriv(CIPHER, key, nonceOf(bytes.subarray(counterAt, BODY_AT)))
      .setAAD(this.#header)
      .setAuthTag(bytes.subarray(tagAt));
    try {
      return decipher.update(bytes.subarray(BODY_AT, tagAt), undefined, 'utf8') + decipher.final('utf8');
    } catch (cause) {
      throw new SealError('SEAL_BROKEN', 'a sealed text was changed since it was sealed', { cause });
    }
  }

  #keyOf(salt: Buffer): KeyObject {
    const name = salt.toString('latin1');
    let key = this.#openKeys.get(name);
    if (key === undefined) {
      key = createSecretKey(derive(this.#rootKey, 'texts', salt));
      this.#openKeys.set(name, key);
    }
    return key;
  }

  /** The lookup digest of a number: HMAC-SHA-256, its first 16 bytes. The same number always gives the same digest. */
  digest(number: string): Buffer {
    return createHmac('sha256', this.#digestKey).update(number).digest().subarray(0, DIGEST_BYTES);
  }

  /** Signs what this installation gives away and wants to know again: HMAC-SHA-256 under a key of its own, 32 bytes. */
  sign(text: string): Buffer {
    return createHmac('sha256', this.#signKey).update(text).digest();
  }

  /** Names the key without telling it: 8 hex digits. */
  get keyId(): string {
    return this.#header.toString('hex', 1);
  }
}

function nonceOf(counter: Buffer): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  counter.copy(nonce, NONCE_BYTES - COUNTER_BYTES);
  return nonce;
}

function decodeKey(base64: string, source: string): Buffer {
  const key = Buffer.from(base64, 'base64');
  if (key.length !== KEY_BYTES) {
    throw new SealError(
      'SEAL_KEY_INVALID',
      `${source} holds ${key.length} bytes, expected base64 of ${KEY_BYTES}`,
    );
  }
  return key;
}

/**
 * The sealing key: from the setting, else from `seal.key` in the data folder, which is made at first start (0600).
 * @param dataDir the data folder
 * @param setting value of AXBRIDGE_SEAL_KEY (base64 of 32 bytes), or ''
 * @throws SealError SEAL_KEY_INVALID
 */
export function loadSealKey(dataDir: string, setting: string): Buffer {
  if (setting !== '') return decodeKey(setting, 'AXBRIDGE_SEAL_KEY');
  const path = join(dataDir, 'seal.key');
  mkdirSync(dataDir, { recursive: true });
  try {
    // 'wx' makes two processes that start together agree on one key: the loser reads the winner's.
    writeFileSync(path, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return decodeKey(readFileSync(path, 'utf8').trim(), path);
}
