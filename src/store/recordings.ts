import { type Sql, storeErrorOf } from './database.ts';

/** How long a recording is kept after the record of its call was written (facts, 7.1). */
export const RECORDING_KEPT_MS = 7 * 86_400_000;

/** A recording that a call has left. */
export interface StoredRecording {
  /** `recordDomain` of the call record. */
  readonly domain: string;
  /** When the call was closed. */
  readonly recordedAt: Date;
}

/**
 * The recording of an application by its `recordObjectName`.
 * @returns undefined when the application has none of this name
 * @throws StoreError
 */
export async function findRecording(
  sql: Sql,
  appKey: string,
  objectName: string,
): Promise<StoredRecording | undefined> {
  const [row] = await sql<{ domain: string; recordedAt: Date }[]>`
    SELECT domain, recorded_at AS "recordedAt" FROM recordings
    WHERE app_key = ${appKey} AND object_name = ${objectName}`.catch(rethrow);
  return row;
}

/**
 * Which of these recordings belong to calls that were closed in a span of time.
 * @param span `from` belongs to it, `until` does not
 * @throws StoreError
 */
export async function filedRecordings(
  sql: Sql,
  objectNames: readonly string[],
  { from, until }: { readonly from: Date; readonly until: Date },
): Promise<string[]> {
  const rows = await sql<{ object_name: string }[]>`
    SELECT object_name FROM recordings
    WHERE object_name = ANY(${sql.array([...objectNames], 25)}::text[])
      AND recorded_at >= ${from} AND recorded_at < ${until}`.catch(rethrow);
  return rows.map((row) => row.object_name);
}

/** Recordings of calls that were closed before a moment, the oldest first. @throws StoreError */
export async function oldRecordings(sql: Sql, moment: Date, most: number): Promise<string[]> {
  const rows = await sql<{ object_name: string }[]>`
    SELECT object_name FROM recordings WHERE recorded_at < ${moment}
    ORDER BY recorded_at LIMIT ${most}`.catch(rethrow);
  return rows.map((row) => row.object_name);
}

/** Forgets whose these recordings are. @throws StoreError */
export async function forgetRecordings(sql: Sql, objectNames: readonly string[]): Promise<void> {
  await sql`
    DELETE FROM recordings WHERE object_name = ANY(${sql.array([...objectNames], 25)}::text[])`.catch(
    rethrow,
  );
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
