import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileOf } from '../../routing/announcements.ts';
import type { Announcement, Scene } from '../../routing/types.ts';

/** Finds the files of announcements: absolute paths, undefined for silence. None of it rejects. */
export interface AnnouncementFiles {
  /**
   * @param name file name of an announcement that the operator uploaded
   * @returns undefined when there is none
   */
  uploaded(name: string): Promise<string | undefined>;
  /** The file of what routing has chosen. */
  file(announcement: Announcement | undefined): Promise<string | undefined>;
  /**
   * What an application's callers hear in a scene (`routing/announcements.ts`). Where it has a file of its own that has
   * been deleted, the product's own takes its place.
   * @param announcements what the application has set, by scene
   */
  scene(scene: Scene, announcements: Readonly<Record<string, string>>): Promise<string | undefined>;
}

const PLAIN_NAME = /^[\w.@-]{1,128}$/;
const LOOK_AGAIN_MS = 5000;

export interface AnnouncementFolders {
  /** Where uploaded files lie. */
  readonly uploadedDir: string;
  /** Where the product's own lie, by scene: `no-binding.wav`. */
  readonly defaultDir: string;
  /** Milliseconds, of a clock that nobody sets. */
  readonly clock: () => number;
}

/** Announcements on disk. What was found or missed is remembered for some seconds, so that calls do not wait for it. */
export function announcementFiles({
  uploadedDir,
  defaultDir,
  clock,
}: AnnouncementFolders): AnnouncementFiles {
  const known = new Map<string, { readonly exists: boolean; readonly until: number }>();

  async function existing(path: string): Promise<string | undefined> {
    const now = clock();
    let entry = known.get(path);
    if (!entry || entry.until < now) {
      const exists = await access(path).then(
        () => true,
        () => false,
      );
      entry = { exists, until: now + LOOK_AGAIN_MS };
      known.set(path, entry);
    }
    return entry.exists ? path : undefined;
  }

  const inFolder = async (folder: string, name: string) =>
    PLAIN_NAME.test(name) ? existing(resolve(join(folder, name))) : undefined;

  const uploaded = (name: string) => inFolder(uploadedDir, name);
  const file = async (announcement: Announcement | undefined) => {
    if (announcement === undefined) return undefined;
    if (typeof announcement === 'string') return uploaded(announcement);
    return inFolder(defaultDir, `${announcement.scene}.wav`);
  };
  return {
    uploaded,
    file,
    scene: async (scene, announcements) => {
      const chosen = fileOf(scene, announcements);
      return (await file(chosen)) ?? (chosen === undefined ? undefined : file({ scene }));
    },
  };
}
