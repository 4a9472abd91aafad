import { type Sql, storeErrorOf, type Transaction } from './database.ts';

/**
 * Makes or ends bindings of one application, in one transaction, while nobody else makes or ends any of them
 * (migration 003).
 * @throws StoreError
 */
export async function underBindingsLock<Result>(
  sql: Sql,
  appKey: string,
  change: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  try {
    const { result } = await sql.begin(async (transaction) => {
      await transaction`SELECT lock_bindings(${[appKey]})`;
      return { result: await change(transaction) };
    });
    return result;
  } catch (error) {
    throw storeErrorOf(error);
  }
}
