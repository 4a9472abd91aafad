import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the repository. */
export const ROOT = join(import.meta.dirname, '..', '..');
export const DEPLOY = join(ROOT, 'deploy');

/** The text of a file of deploy/. */
export function deployed(name: string): string {
  return readFileSync(join(DEPLOY, name), 'utf8');
}

/** Names of the files in a folder of deploy/. */
export function namesIn(folder: string): string[] {
  return readdirSync(join(DEPLOY, folder)).sort();
}

/** Whether a program is there; says on the console what is skipped where it is not. @throws in CI, which needs it */
export function hasProgram(name: string, debianPackage: string): boolean {
  if (spawnSync(name, ['--version']).error === undefined) return true;
  if (process.env.CI) throw new Error(`${name}: needs Debian’s ${debianPackage}`);
  console.warn(`skipped: no ${name} (Debian: ${debianPackage})`);
  return false;
}

/** Runs a program to its end. */
export function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly input?: string } = {},
): { readonly status: number | null; readonly said: string; readonly stdout: string } {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', ...options });
  if (error !== undefined) throw error;
  return { status, said: `${stdout}${stderr}`.trim(), stdout };
}
