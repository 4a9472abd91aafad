import { type Sql, storeErrorOf, type Transaction } from './database.ts';

/**
 * Makes and ends bindings while nobody else, on whatever node, makes or ends any of the same application (migration
 * 003). What waits for its application's turn on this node waits without a connection: however many customers bind at
 * once, calls find the pool free.
 */
export class BindingLock {
  readonly #sql: Sql;
  /** The last turn of each application that has any. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * Runs a change in one transaction, when those that were handed over before it for the same application are done.
   * @throws StoreError
   */
  async run<Result>(appKey: string, change: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const before = this.#turns.get(appKey);
    const turn = (before ?? Promise.resolve()).then(() => this.#change(appKey, change));
    const over = turn.catch(() => undefined);
    this.#turns.set(appKey, over);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(appKey) === over) this.#turns.delete(appKey);
    }
  }

  async #change<Result>(
    appKey: string,
    change: (transaction: Transaction) => Promise<Result>,
  ): Promise<Result> {
    try {
      const { result } = await this.#sql.begin(async (transaction) => {
        await transaction`SELECT lock_bindings(${[appKey]})`;
        return { result: await change(transaction) };
      });
      return result;
    } catch (error) {
      throw storeErrorOf(error);
    }
  }
}
