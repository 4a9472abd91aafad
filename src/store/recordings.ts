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
 * Which of these recordings belong to calls that were closed before a moment.
 * @throws StoreError
 */
export async function recordingsClosedBefore(
  sql: Sql,
  objectNames: readonly string[],
  moment: Date,
): Promise<string[]> {
  const rows = await sql<{ object_name: string }[]>`
    SELECT object_name FROM recordings
    WHERE object_name = ANY(${sql.array([...objectNames], 25)}::text[]) AND recorded_at < ${moment}`.catch(
    rethrow,
  );
  return rows.map((row) => row.object_name);
}

/** Forgets the recordings of calls that were closed before a moment. @throws StoreError */
export async function deleteRecordingsBefore(sql: Sql, moment: Date): Promise<void> {
  await sql`DELETE FROM recordings WHERE recorded_at < ${moment}`.catch(rethrow);
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
