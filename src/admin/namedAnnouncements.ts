import { getAnnouncement } from '../store/announcements.ts';
import type { Sql } from '../store/database.ts';
import { maskText } from '../telemetry/fault.ts';
import { type GivenAnnouncements, PRODUCTS_OWN } from './appScenes.ts';
import { Problem } from './problem.ts';

interface Naming {
  readonly announcements?: GivenAnnouncements;
  readonly qualityHintTone?: string | null;
}

/**
 * An application may name only what callers may hear.
 * @throws Problem `invalid-body` for a file that nobody uploaded, `not-approved` for one of which nothing was approved;
 *   StoreError
 */
export async function checkNamedAnnouncements(
  sql: Sql,
  { announcements = {}, qualityHintTone = null }: Naming,
): Promise<void> {
  const named = Object.entries(announcements).map(
    ([scene, name]) => [`announcements.${scene}`, name] as const,
  );
  for (const [field, name] of [...named, ['qualityHintTone', qualityHintTone] as const]) {
    if (name === null || name === PRODUCTS_OWN) continue;
    const announcement = await getAnnouncement(sql, name);
    if (announcement === undefined) {
      throw new Problem(
        'invalid-body',
        `${field}: there is no announcement "${maskText(name)}"; upload it first.`,
      );
    }
    if (announcement.approved === undefined) {
      throw new Problem(
        'not-approved',
        `${field}: the announcement "${maskText(name)}" is ${announcement.newest.state}; approve it first.`,
      );
    }
  }
}
