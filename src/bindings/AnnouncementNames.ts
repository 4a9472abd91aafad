import { getAnnouncement } from '../store/announcements.ts';
import type { Sql } from '../store/database.ts';
import { BindingError } from './BindingError.ts';

const MOST_NAMES = 10_000;

/**
 * Knows which announcements exist. A name once seen is remembered: an announcement that something uses cannot be
 * deleted, and the player of one that is gone all the same goes on without it.
 */
export class AnnouncementNames {
  readonly #sql: Sql;
  readonly #known = new Set<string>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * @param names undefined stands for "none given"
   * @throws BindingError announcement-unknown; StoreError
   */
  async check(names: readonly (string | undefined)[]): Promise<void> {
    for (const name of names) {
      if (name === undefined || this.#known.has(name)) continue;
      if ((await getAnnouncement(this.#sql, name)) === undefined) {
        throw new BindingError('announcement-unknown', name);
      }
      if (this.#known.size >= MOST_NAMES) this.#known.clear();
      this.#known.add(name);
    }
  }
}
