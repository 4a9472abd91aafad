import { type Sql, storeErrorOf } from './database.ts';
import { SealError, type Sealer } from './sealing.ts';

/**
 * Makes sure that this node seals with the key of this database; the first node's key becomes the database's.
 * Without this check a lost key file would show as "no binding" on every call.
 * @throws SealError SEAL_KEY_OTHER; StoreError
 */
export async function claimSealKey(sql: Sql, sealer: Sealer): Promise<void> {
  const [row] = await sql<{ key_id: string }[]>`
    INSERT INTO seal_key (key_id) VALUES (${sealer.keyId})
    ON CONFLICT (single) DO UPDATE SET single = true RETURNING key_id`.catch((error: unknown) => {
    throw storeErrorOf(error);
  });
  if (row === undefined || row.key_id === sealer.keyId) return;
  throw new SealError(
    'SEAL_KEY_OTHER',
    `the database is sealed with key ${row.key_id}, this node has key ${sealer.keyId}: give it that key (AXBRIDGE_SEAL_KEY, or seal.key in the data folder)`,
  );
}
