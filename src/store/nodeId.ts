import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The name of this node, the same at every start, so that it finds the calls which its last life left open.
 * @param dataDir where a name that was made is kept
 * @param setting the operator's own name, or ''
 */
export function loadNodeId(dataDir: string, setting: string): string {
  if (setting !== '') return setting;
  const path = join(dataDir, 'node-id');
  try {
    writeFileSync(path, `node-${randomBytes(4).toString('hex')}\n`, { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(path, 'utf8').trim();
}
