import { getAnnouncement } from '../store/announcements.ts';
import type { Changes } from '../store/changes.ts';
import type { Sql } from '../store/database.ts';
import { BindingError } from './BindingError.ts';

const MOST_NAMES = 10_000;

/**
 * Knows which announcements bindings may name: those of which something was approved. A name once seen is remembered
 * until any announcement changes, on whatever node.
 */
export class AnnouncementNames {
  readonly #sql: Sql;
  readonly #changes: Pick<Changes, 'trusted'>;
  #known = new Set<string>();

  constructor(sql: Sql, changes: Pick<Changes, 'trusted' | 'onChange'>) {
    this.#sql = sql;
    this.#changes = changes;
    changes.onChange(({ announcements, everything }) => {
      // A look-up that began before the change fills the set that is left behind.
      if (announcements || everything) this.#known = new Set();
    });
  }

  /**
   * @param names undefined stands for "none given"
   * @throws BindingError announcement-unknown, announcement-not-approved; StoreError
   */
  async check(names: readonly (string | undefined)[]): Promise<void> {
    for (const name of names) {
      const known = this.#known;
      if (name === undefined || (this.#changes.trusted && known.has(name))) continue;
      const announcement = await getAnnouncement(this.#sql, name);
      if (announcement === undefined) throw new BindingError('announcement-unknown', name);
      if (announcement.approved === undefined) throw new BindingError('announcement-not-approved', name);
      if (known.size >= MOST_NAMES) known.clear();
      known.add(name);
    }
  }
}
