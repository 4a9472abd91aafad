import { createHash } from 'node:crypto';
import {
  type Announcement,
  announcementUsers,
  deleteAnnouncement,
  deleteUnapproved,
  getAnnouncement,
  type NewContent,
  putContent,
  putReview,
  type Review,
  withAnnouncement,
} from '../store/announcements.ts';
import type { Changes } from '../store/changes.ts';
import type { Sql, SqlRunner } from '../store/database.ts';
import { maskText } from '../telemetry/fault.ts';
import { AnnouncementFolder, isMissing } from './AnnouncementFolder.ts';
import { checkAnnouncement } from './announcementFile.ts';
import { existing } from './item.ts';
import { Problem } from './problem.ts';

/** Who has approved what nobody reviews. */
const NO_REVIEW = 'AXBRIDGE_ANNOUNCEMENT_REVIEW=off';

export interface AnnouncementDeskOptions {
  readonly sql: Sql;
  readonly changes: Pick<Changes, 'publish'>;
  /** Where the media server reads announcements. It belongs to one machine: nodes on several machines must share it. */
  readonly folder: string;
  /** What is uploaded waits for an operator's word; otherwise it is approved at once. */
  readonly reviews: boolean;
}

/**
 * Announcements from their upload to their end. Files change within the transaction that changes the row, so that nobody
 * else touches them meanwhile; where a crash or the database parts the two, doing the same once more mends it.
 */
export class AnnouncementDesk {
  readonly #options: AnnouncementDeskOptions;
  readonly #files: AnnouncementFolder;

  constructor(options: AnnouncementDeskOptions) {
    this.#options = options;
    this.#files = new AnnouncementFolder(options.folder);
  }

  /**
   * Takes a file. Content that is approved already needs no other review; what waits or was rejected gives way.
   * @returns the announcement as it is now, and whether its name is new
   * @throws Problem `invalid-file`; StoreError
   */
  async upload(
    name: string,
    file: Buffer,
    note: string | undefined,
  ): Promise<{ readonly announcement: Announcement; readonly isNew: boolean }> {
    const { seconds } = checkAnnouncement(file);
    const content = {
      bytes: file.length,
      seconds,
      sha256: sha256Of(file),
      ...(note !== undefined && { note }),
    };
    const isNew = await this.#change(name, async (sql, known) => {
      const isApproved = known?.approved?.sha256 === content.sha256;
      if (isApproved || !this.#options.reviews)
        await this.#takeApproved(sql, name, file, content, isApproved);
      else {
        await this.#files.writeUnapproved(name, content.sha256, file);
        await putContent(sql, name, content);
        await this.#files.removeUnapproved(name, content.sha256);
        await this.#hearOnly(name, known?.approved?.sha256);
      }
      return known === undefined;
    });
    return { announcement: await this.#known(name), isNew };
  }

  /**
   * Lets callers hear what was uploaded last.
   * @param sha256 of what was listened to; other content is not approved unheard
   * @throws Problem `not-found`, `content-changed`, `file-missing`; StoreError
   */
  async approve(name: string, by: string, sha256?: string): Promise<Announcement> {
    await this.#change(name, async (sql, known) => {
      const { newest } = existing('announcement', name, known);
      if (sha256 !== undefined && sha256 !== newest.sha256) {
        throw new Problem(
          'content-changed',
          `What was uploaded last as ${maskText(name)} has the SHA-256 ${newest.sha256}, not ${sha256}: listen to it first.`,
        );
      }
      if (newest.state === 'approved') return;
      await this.#files.writeApproved(name, await this.#read(name, newest.sha256));
      await putReview(sql, name, newest.state, { state: 'approved', by });
      await this.#files.removeUnapproved(name);
    });
    return this.#known(name);
  }

  /**
   * Turns down what was uploaded last. What was approved before it is heard as before; what was itself approved is
   * heard no longer.
   * @throws Problem `not-found`; StoreError
   */
  async reject(name: string, review: Omit<Review & { state: 'rejected' }, 'state'>): Promise<Announcement> {
    await this.#change(name, async (sql, known) => {
      const { newest } = existing('announcement', name, known);
      await putReview(sql, name, newest.state, { ...review, state: 'rejected' });
      const wasApproved = newest.state === 'approved';
      const file = await this.#find(name, newest.sha256);
      if (wasApproved && file !== undefined) {
        await this.#files.writeUnapproved(name, newest.sha256, file);
      }
      await this.#hearOnly(name, wasApproved ? undefined : known?.approved?.sha256);
    });
    return this.#known(name);
  }

  /**
   * The file itself: what was uploaded last, or what callers hear.
   * @throws Problem `not-found`, `file-missing`; StoreError
   */
  async open(name: string, which: 'newest' | 'approved'): Promise<{ file: Buffer; sha256: string }> {
    const { newest, approved } = await this.#known(name);
    const content = existing('approved announcement', name, which === 'newest' ? newest : approved);
    return { file: await this.#read(name, content.sha256), sha256: content.sha256 };
  }

  /**
   * Takes an announcement away.
   * @throws Problem `not-found`, `in-use` while an application or a binding names it; StoreError
   */
  async remove(name: string): Promise<void> {
    await this.#change(name, async (sql, known) => {
      existing('announcement', name, known);
      const { apps, bindings } = await announcementUsers(sql, name);
      if (apps.length > 0 || bindings > 0) {
        const users = [
          ...(apps.length > 0 ? [`applications ${apps.join(', ')}`] : []),
          ...(bindings > 0 ? [`${bindings} bindings`] : []),
        ];
        throw new Problem('in-use', `${maskText(name)} is in use by ${users.join(' and ')}.`);
      }
      await deleteAnnouncement(sql, name);
      await this.#files.removeApproved(name);
      await this.#files.removeUnapproved(name);
    });
  }

  async #change<Result>(
    name: string,
    change: (sql: SqlRunner, known: Announcement | undefined) => Promise<Result>,
  ): Promise<Result> {
    const { sql, changes } = this.#options;
    const result = await withAnnouncement(sql, name, change);
    changes.publish({ announcements: true });
    return result;
  }

  async #takeApproved(
    sql: SqlRunner,
    name: string,
    file: Buffer,
    content: NewContent,
    isApproved: boolean,
  ): Promise<void> {
    await this.#files.writeApproved(name, file);
    if (isApproved) await deleteUnapproved(sql, name);
    else await putContent(sql, name, content, { state: 'approved', by: NO_REVIEW });
    await this.#files.removeUnapproved(name);
  }

  /** What lies where it is heard goes, unless it is this: an approval that the database did not take left other content. */
  async #hearOnly(name: string, sha256: string | undefined): Promise<void> {
    const file = await found(this.#files.readApproved(name));
    if (file !== undefined && sha256Of(file) !== sha256) await this.#files.removeApproved(name);
  }

  async #known(name: string): Promise<Announcement> {
    return existing('announcement', name, await getAnnouncement(this.#options.sql, name));
  }

  /** Content by its hash, from wherever it lies. */
  async #find(name: string, sha256: string): Promise<Buffer | undefined> {
    const files = [
      await found(this.#files.readApproved(name)),
      await found(this.#files.readUnapproved(name, sha256)),
    ];
    return files.find((file) => file !== undefined && sha256Of(file) === sha256);
  }

  /** @throws Problem `file-missing` */
  async #read(name: string, sha256: string): Promise<Buffer> {
    const file = await this.#find(name, sha256);
    if (file !== undefined) return file;
    throw new Problem(
      'file-missing',
      `The file of ${maskText(name)} is not in this node's folder of announcements, which nodes must share: upload it again.`,
    );
  }
}

/** @returns undefined where there is no such file */
async function found(reading: Promise<Buffer>): Promise<Buffer | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function sha256Of(file: Buffer): string {
  return createHash('sha256').update(file).digest('hex');
}
