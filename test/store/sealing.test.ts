import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSealKey, Sealer } from '../../src/store/sealing.ts';

const NUMBER = '+8613800000001';
const folder = mkdtempSync(join(tmpdir(), 'axbridge-seal-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('Sealer', () => {
  const key = randomBytes(32);
  const sealer = new Sealer(key);

  it('signs so that every node with this key knows it again, and with a key for nothing else', () => {
    const signature = sealer.sign('text');
    expect(signature).toHaveLength(32);
    expect(new Sealer(key).sign('text')).toEqual(signature);
    expect(sealer.sign('texts')).not.toEqual(signature);
    expect(new Sealer(randomBytes(32)).sign('text')).not.toEqual(signature);
    expect(signature.subarray(0, 16)).not.toEqual(sealer.digest('text'));
  });

  it('opens what it sealed, and seals the same text differently each time', () => {
    const [one, two] = [sealer.seal(NUMBER), sealer.seal(NUMBER)];
    expect(one.equals(two)).toBe(false);
    expect([sealer.open(one), sealer.open(two)]).toEqual([NUMBER, NUMBER]);
    expect(sealer.open(sealer.seal(''))).toBe('');
    expect(sealer.open(sealer.seal('数字 €'))).toBe('数字 €');
  });

  it('opens what another process with the same key sealed', () => {
    expect(new Sealer(Buffer.from(key)).open(sealer.seal(NUMBER))).toBe(NUMBER);
  });

  it('never seals two texts under one key and nonce, whichever process seals', () => {
    const saltAndCounter = (sealed: Buffer) => sealed.toString('hex', 5, 25);
    const processes = Array.from({ length: 20 }, () => new Sealer(key));
    const sealed = processes.flatMap((each) => [each.seal(NUMBER), each.seal(NUMBER), each.seal(NUMBER)]);
    expect(new Set(sealed.map(saltAndCounter)).size).toBe(60);
    expect(sealed.map((each) => sealer.open(each))).toEqual(sealed.map(() => NUMBER));
  });

  it('finds every changed byte', () => {
    const sealed = sealer.seal(NUMBER);
    for (let index = 0; index < sealed.length; index++) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      expect(() => sealer.open(changed)).toThrow(expect.objectContaining({ name: 'SealError' }));
    }
    expect(() => sealer.open(sealed.subarray(0, 20))).toThrow(
      expect.objectContaining({ code: 'SEAL_BROKEN' }),
    );
  });

  it('names the key that is missing', () => {
    const other = new Sealer(randomBytes(32));
    expect(() => sealer.open(other.seal(NUMBER))).toThrow(
      expect.objectContaining({ code: 'SEAL_KEY_OTHER', message: expect.stringContaining(other.keyId) }),
    );
  });

  it('gives one digest for one number, and another with another key', () => {
    expect(sealer.digest(NUMBER)).toEqual(new Sealer(key).digest(NUMBER));
    expect(sealer.digest(NUMBER)).toHaveLength(16);
    expect(sealer.digest(NUMBER)).not.toEqual(sealer.digest(`${NUMBER}1`));
    expect(sealer.digest(NUMBER)).not.toEqual(new Sealer(randomBytes(32)).digest(NUMBER));
  });

  it('refuses a key of another length', () => {
    expect(() => new Sealer(randomBytes(16))).toThrow(expect.objectContaining({ code: 'SEAL_KEY_INVALID' }));
  });
});

describe('loadSealKey', () => {
  it('takes the setting', () => {
    const key = randomBytes(32);
    expect(loadSealKey(folder, key.toString('base64'))).toEqual(key);
    expect(() => loadSealKey(folder, 'c2hvcnQ=')).toThrow(
      expect.objectContaining({ code: 'SEAL_KEY_INVALID' }),
    );
  });

  it('makes a key once, readable by its owner only', () => {
    const data = join(folder, 'new', 'var');
    const key = loadSealKey(data, '');
    expect(key).toHaveLength(32);
    expect(loadSealKey(data, '')).toEqual(key);
    expect(statSync(join(data, 'seal.key')).mode & 0o777).toBe(0o600);
  });

  it('refuses a broken key file, and does not make another key', () => {
    writeFileSync(join(folder, 'seal.key'), 'broken');
    expect(() => loadSealKey(folder, '')).toThrow(expect.objectContaining({ code: 'SEAL_KEY_INVALID' }));
  });
});
