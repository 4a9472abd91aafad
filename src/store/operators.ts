import { type Sql, storeErrorOf } from './database.ts';

/** SHA-256 hashes of the operators' tokens. */
export async function operatorHashes(sql: Sql): Promise<Buffer[]> {
  const rows = await sql<{ token_hash: Buffer }[]>`SELECT token_hash FROM operators`.catch(rethrow);
  return rows.map((row) => row.token_hash);
}

/**
 * Stores the hash of the first operator's token, unless there is an operator already.
 * The lock makes nodes that start together agree on one.
 * @returns whether it was stored
 */
export async function insertFirstOperator(sql: Sql, tokenHash: Buffer): Promise<boolean> {
  return sql
    .begin(async (transaction) => {
      await transaction`LOCK TABLE operators IN SHARE ROW EXCLUSIVE MODE`;
      const { count } = await transaction`
        INSERT INTO operators (token_hash)
        SELECT ${tokenHash} WHERE NOT EXISTS (SELECT FROM operators)`;
      return count > 0;
    })
    .catch(rethrow);
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
