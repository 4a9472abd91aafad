import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Finds the file of an announcement. */
export interface AnnouncementFiles {
  /**
   * @param name file name of an announcement that the operator uploaded
   * @returns its absolute path; undefined when there is none
   */
  uploaded(name: string): Promise<string | undefined>;
  /**
   * @param scene a scene of the product, as `no-binding`
   * @param own the application's own file for it
   * @returns the own file, else the product's, else undefined
   */
  scene(scene: string, own: string | undefined): Promise<string | undefined>;
}

const PLAIN_NAME = /^[\w.-]{1,128}$/;
const LOOK_AGAIN_MS = 5000;

export interface AnnouncementFolders {
  /** Where uploaded files lie. */
  readonly uploadedDir: string;
  /** Where the product's own lie, by scene: `no-binding.wav`. */
  readonly defaultDir: string;
  /** Milliseconds since the epoch. */
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
  return {
    uploaded,
    scene: async (scene, own) =>
      (own === undefined ? undefined : await uploaded(own)) ?? inFolder(defaultDir, `${scene}.wav`),
  };
}
