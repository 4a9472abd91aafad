import { type Sql, type SqlRunner, storeErrorOf } from './database.ts';

/** `rejected` stays until other content is uploaded, or it is approved after all. */
export type ReviewState = 'pending' | 'approved' | 'rejected';

/** What was uploaded once under the name of an announcement; the file itself lies in the data folder. */
export interface AnnouncementContent {
  readonly state: ReviewState;
  /** What the uploader said of it. */
  readonly note?: string;
  readonly bytes: number;
  readonly seconds: number;
  /** Hex. */
  readonly sha256: string;
  /** When it was uploaded. */
  readonly createdAt: Date;
  readonly reviewedAt?: Date;
  readonly reviewedBy?: string;
  /** Why it was rejected. */
  readonly cause?: string;
}

/** An announcement. Replaced content waits for its review while callers go on hearing what was approved before. */
export interface Announcement {
  /** File name, as bindings and applications name it. */
  readonly name: string;
  /** What was uploaded last. */
  readonly newest: AnnouncementContent;
  /** What callers hear; absent as long as nothing was approved. */
  readonly approved?: AnnouncementContent;
}

interface AnnouncementRow {
  name: string;
  state: ReviewState;
  note: string | null;
  bytes: number;
  seconds: number;
  sha256: string;
  created_at: Date;
  reviewed_at: Date | null;
  reviewed_by: string | null;
  cause: string | null;
}

function contentOf(row: AnnouncementRow): AnnouncementContent {
  return {
    state: row.state,
    ...(row.note !== null && { note: row.note }),
    bytes: row.bytes,
    seconds: row.seconds,
    sha256: row.sha256,
    createdAt: row.created_at,
    ...(row.reviewed_at !== null && { reviewedAt: row.reviewed_at }),
    ...(row.reviewed_by !== null && { reviewedBy: row.reviewed_by }),
    ...(row.cause !== null && { cause: row.cause }),
  };
}

/** @param rows of any names, those of one name together, and of those the one that is not approved first */
function announcementsOf(rows: readonly AnnouncementRow[]): Announcement[] {
  const announcements: Announcement[] = [];
  for (const row of rows) {
    const content = contentOf(row);
    const approved = row.state === 'approved' ? { approved: content } : {};
    const last = announcements.at(-1);
    if (last?.name === row.name) announcements.splice(-1, 1, { ...last, ...approved });
    else announcements.push({ name: row.name, newest: content, ...approved });
  }
  return announcements;
}

/** All announcements by name, or those whose newest content is in one state. */
export async function listAnnouncements(sql: Sql, state?: ReviewState): Promise<Announcement[]> {
  const rows = await sql<AnnouncementRow[]>`SELECT * FROM announcements ORDER BY name, is_approved`.catch(
    rethrow,
  );
  return announcementsOf(rows).filter(({ newest }) => state === undefined || newest.state === state);
}

export async function getAnnouncement(sql: SqlRunner, name: string): Promise<Announcement | undefined> {
  const rows = await sql<AnnouncementRow[]>`
    SELECT * FROM announcements WHERE name = ${name} ORDER BY is_approved`.catch(rethrow);
  return announcementsOf(rows)[0];
}

/**
 * Runs work on one announcement in a transaction, while no other request, on whatever node, does any on the same one.
 * @throws whatever the work throws; StoreError
 */
export async function withAnnouncement<Result>(
  sql: Sql,
  name: string,
  work: (transaction: SqlRunner, known: Announcement | undefined) => Promise<Result>,
): Promise<Result> {
  let refusal: unknown;
  const { result } = await sql
    .begin(async (transaction) => {
      await transaction`SELECT pg_advisory_xact_lock(hashtextextended(${`announcement:${name}`}, 0))`;
      const known = await getAnnouncement(transaction, name);
      try {
        return { result: await work(transaction, known) };
      } catch (error) {
        refusal = error;
        throw error;
      }
    })
    .catch((error: unknown) => {
      throw error === refusal ? error : storeErrorOf(error);
    });
  return result;
}

/** Content that is to be put beside, or in place of, what is there. */
export type NewContent = Pick<AnnouncementContent, 'note' | 'bytes' | 'seconds' | 'sha256'>;

/** Who said yes or no, and to a no why. */
export type Review =
  | { readonly state: 'approved'; readonly by: string }
  | { readonly state: 'rejected'; readonly by: string; readonly cause: string };

/**
 * Notes uploaded content. Without a review it waits, in place of whatever waited or was rejected before; with one it
 * takes the place of everything of this name.
 */
export async function putContent(
  sql: SqlRunner,
  name: string,
  { note, bytes, seconds, sha256 }: NewContent,
  review?: Review & { readonly state: 'approved' },
): Promise<void> {
  await sql`
    DELETE FROM announcements WHERE name = ${name} AND (NOT is_approved OR ${review !== undefined})`.catch(
    rethrow,
  );
  const reviewed = review === undefined ? {} : { reviewed_at: new Date(), reviewed_by: review.by };
  const columns = { name, note: note ?? null, bytes, seconds, sha256, ...reviewed };
  await sql`
    INSERT INTO announcements ${sql({ ...columns, state: review?.state ?? 'pending' })}`.catch(rethrow);
}

/** Approves or rejects the newest content of an announcement; approved, it takes the place of what was before. */
export async function putReview(
  sql: SqlRunner,
  name: string,
  newest: ReviewState,
  review: Review,
): Promise<void> {
  const wasApproved = newest === 'approved';
  if (review.state === 'approved' && !wasApproved) {
    await sql`DELETE FROM announcements WHERE name = ${name} AND is_approved`.catch(rethrow);
  }
  await sql`
    UPDATE announcements
    SET state = ${review.state}, reviewed_at = now(), reviewed_by = ${review.by},
        cause = ${review.state === 'rejected' ? review.cause : null}
    WHERE name = ${name} AND is_approved = ${wasApproved}`.catch(rethrow);
}

/** Takes away what waits or was rejected; what is approved stays. */
export async function deleteUnapproved(sql: SqlRunner, name: string): Promise<void> {
  await sql`DELETE FROM announcements WHERE name = ${name} AND NOT is_approved`.catch(rethrow);
}

/** Applications and the number of live bindings that name a file, for refusing to delete it. */
export async function announcementUsers(
  sql: SqlRunner,
  name: string,
): Promise<{ readonly apps: readonly string[]; readonly bindings: number }> {
  const [row] = await sql<{ apps: string[]; bindings: number }[]>`
    SELECT
      ARRAY(SELECT app_key FROM apps
            WHERE quality_hint_tone = ${name}
               OR EXISTS (SELECT FROM jsonb_each_text(announcements) WHERE value = ${name})) AS apps,
      (SELECT count(*)::int FROM bindings
       WHERE expires_at > now()
         AND ${name} IN (record_hint_tone, last_min_voice, caller_hint_tone, callee_hint_tone))
      + (SELECT count(*)::int FROM ax_bindings
         WHERE ${name} IN (record_hint_tone, last_min_voice, caller_hint_tone, callee_hint_tone))
      + (SELECT count(*)::int FROM axe_bindings
         WHERE expires_at > now() AND ${name} IN (record_hint_tone, call_back_tone))
      + (SELECT count(*)::int FROM axyb_bindings
         WHERE expires_at > now() AND ${name} IN (record_hint_tone, pre_voice_x))
      + (SELECT count(*)::int FROM axyb_relations
         WHERE expires_at > now() AND ${name} = pre_voice_y) AS bindings`.catch(rethrow);
  return row ?? { apps: [], bindings: 0 };
}

/** Takes an announcement away, whatever state it is in. */
export async function deleteAnnouncement(sql: SqlRunner, name: string): Promise<void> {
  await sql`DELETE FROM announcements WHERE name = ${name}`.catch(rethrow);
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
