import { type Sql, storeErrorOf } from './database.ts';

/** An announcement that the operator has approved; the file itself lies in the data folder. */
export interface Announcement {
  /** File name, as bindings and applications name it. */
  readonly name: string;
  readonly bytes: number;
  readonly seconds: number;
  /** Hex. */
  readonly sha256: string;
  readonly createdAt: Date;
}

interface AnnouncementRow {
  name: string;
  bytes: number;
  seconds: number;
  sha256: string;
  created_at: Date;
}

const announcementOf = ({ created_at, ...rest }: AnnouncementRow): Announcement => ({
  ...rest,
  createdAt: created_at,
});

/** Notes an announcement; one of the same name is replaced. */
export async function putAnnouncement(
  sql: Sql,
  { name, bytes, seconds, sha256 }: Omit<Announcement, 'createdAt'>,
): Promise<Announcement> {
  const rows = await sql<AnnouncementRow[]>`
    INSERT INTO announcements (name, bytes, seconds, sha256) VALUES (${name}, ${bytes}, ${seconds}, ${sha256})
    ON CONFLICT (name) DO UPDATE
      SET bytes = excluded.bytes, seconds = excluded.seconds, sha256 = excluded.sha256, created_at = now()
    RETURNING *`.catch(rethrow);
  const row = rows[0];
  if (row === undefined) throw storeErrorOf(new Error('INSERT returned no row'));
  return announcementOf(row);
}

/** All announcements by name. */
export async function listAnnouncements(sql: Sql): Promise<Announcement[]> {
  const rows = await sql<AnnouncementRow[]>`SELECT * FROM announcements ORDER BY name`.catch(rethrow);
  return rows.map(announcementOf);
}

export async function getAnnouncement(sql: Sql, name: string): Promise<Announcement | undefined> {
  const [row] = await sql<AnnouncementRow[]>`SELECT * FROM announcements WHERE name = ${name}`.catch(rethrow);
  return row && announcementOf(row);
}

/** Applications and the number of live bindings that name a file, for refusing to delete it. */
export async function announcementUsers(
  sql: Sql,
  name: string,
): Promise<{ readonly apps: readonly string[]; readonly bindings: number }> {
  const [row] = await sql<{ apps: string[]; bindings: number }[]>`
    SELECT
      ARRAY(SELECT app_key FROM apps
            WHERE EXISTS (SELECT FROM jsonb_each_text(announcements) WHERE value = ${name})) AS apps,
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

/** @returns false when there is none of this name */
export async function deleteAnnouncement(sql: Sql, name: string): Promise<boolean> {
  const { count } = await sql`DELETE FROM announcements WHERE name = ${name}`.catch(rethrow);
  return count > 0;
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
