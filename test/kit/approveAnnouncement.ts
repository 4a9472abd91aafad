import { putContent } from '../../src/store/announcements.ts';
import type { Sql } from '../../src/store/database.ts';

/** Lets bindings and applications name an announcement, of which there is no file. */
export async function approveAnnouncement(sql: Sql, name: string): Promise<void> {
  const content = { bytes: 8058, seconds: 1, sha256: '' };
  await putContent(sql, name, content, { state: 'approved', by: 'a test' });
}
