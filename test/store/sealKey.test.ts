import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sealer } from '../../src/store/sealing.ts';
import { claimSealKey } from '../../src/store/sealKey.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

describe('the key of a database', () => {
  it('is the one of its first node; a node with another is told which one it needs', async () => {
    const key = randomBytes(32);
    const first = new Sealer(key);
    await claimSealKey(database.sql, first);
    await claimSealKey(database.sql, new Sealer(key));
    await expect(claimSealKey(database.sql, new Sealer(randomBytes(32)))).rejects.toMatchObject({
      code: 'SEAL_KEY_OTHER',
      message: expect.stringContaining(first.keyId),
    });
  });
});
