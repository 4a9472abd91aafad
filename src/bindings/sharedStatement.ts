import { BatchedStatement } from '../store/BatchedStatement.ts';
import { StoreError } from '../store/StoreError.ts';

/**
 * Most that is bound, read or ended in one statement. When more clients ask at a time, some prepare their next requests while
 * the database is at work for the others.
 */
const LARGEST_BATCH = 32;

/**
 * Requests of a kind that come together (to bind, to read, to end) share a statement; one that the database cannot take
 * fails alone.
 * @param run gives the outcomes in the order of the requests
 */
export function sharedStatement<Request, Result>(
  run: (requests: readonly Request[]) => Promise<readonly Result[]>,
): BatchedStatement<Request, Result> {
  const isOfOne = (error: unknown): boolean =>
    error instanceof StoreError && error.code !== 'DATABASE_UNAVAILABLE';
  return new BatchedStatement({ largest: LARGEST_BATCH, run, isOfOne });
}
