import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Where content lies that callers must not hear; no announcement can have this name. */
const UNHEARD = 'unheard';

const DRAFT = /^\.[0-9a-f-]{36}\.part$/;
/** Nobody writes for so long. */
const DRAFT_MS = 3_600_000;

/**
 * The files of announcements. What lies in the folder itself, under its name, is approved and may be played at any
 * moment; what waits for its review or was rejected lies in a folder of its own, under its name and its SHA-256, so that a
 * review is always of what was uploaded. A file is written so that a reader sees the old one or the new one, and a crash
 * leaves one of them.
 */
export class AnnouncementFolder {
  readonly #heard: string;
  readonly #unheard: string;

  constructor(folder: string) {
    this.#heard = folder;
    this.#unheard = join(folder, UNHEARD);
  }

  /** @throws Error with the code ENOENT when there is none */
  readApproved(name: string): Promise<Buffer> {
    return readFile(join(this.#heard, name));
  }

  /** @throws Error with the code ENOENT when there is none */
  readUnapproved(name: string, sha256: string): Promise<Buffer> {
    return readFile(join(this.#unheard, `${name}.${sha256}`));
  }

  /** From now on this is heard; what plays the one before goes on with it. */
  writeApproved(name: string, content: Buffer): Promise<void> {
    return replaceFile(this.#heard, name, content);
  }

  writeUnapproved(name: string, sha256: string, content: Buffer): Promise<void> {
    return replaceFile(this.#unheard, `${name}.${sha256}`, content);
  }

  /** From now on nothing is heard under this name. */
  async removeApproved(name: string): Promise<void> {
    await rm(join(this.#heard, name), { force: true });
  }

  /**
   * Takes away what waited under this name.
   * @param except the SHA-256 of what still does
   */
  async removeUnapproved(name: string, except?: string): Promise<void> {
    const files = await readdir(this.#unheard).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    const own = files.filter(
      (file) => /^\.[0-9a-f]{64}$/.test(file.slice(name.length)) && file.startsWith(name),
    );
    for (const file of own) {
      if (file !== `${name}.${except}`) await rm(join(this.#unheard, file), { force: true });
    }
  }
}

/** Whether a file was not read because it is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Drafts of processes that were killed while they wrote. */
async function removeOldDrafts(folder: string): Promise<void> {
  const drafts = (await readdir(folder)).filter((name) => DRAFT.test(name));
  for (const draft of drafts) {
    const path = join(folder, draft);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > DRAFT_MS) await rm(path, { force: true });
  }
}

async function replaceFile(folder: string, name: string, content: Buffer): Promise<void> {
  await mkdir(folder, { recursive: true });
  await removeOldDrafts(folder);
  const draft = join(folder, `.${randomUUID()}.part`);
  try {
    const file = await open(draft, 'wx', 0o644);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, join(folder, name));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
