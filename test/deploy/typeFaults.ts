import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from './files.ts';

/** Where packages are found from, and where no other test looks for source files. */
const FOLDER = join(ROOT, 'node_modules', '.cache', 'literals');
const TSC = join(ROOT, 'node_modules', '.bin', 'tsc');

/**
 * What the TypeScript compiler finds wrong with data, written as a literal of a package's type: unknown fields, missing
 * ones, values that may not be there.
 * @param imports statement that brings the type
 * @param literals TypeScript expressions of that type
 */
export function typeFaults(imports: string, type: string, literals: readonly string[]): string {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, `literal-${randomUUID()}.ts`);
  const lines = literals.map((literal, index) => `export const literal${index}: ${type} = ${literal};`);
  writeFileSync(file, [imports, ...lines, ''].join('\n'));
  try {
    const flags = ['--noEmit', '--skipLibCheck', '--strict', '--module', 'nodenext', '--target', 'es2024'];
    return run(TSC, [...flags, '--types', '', '--ignoreConfig', file], { cwd: ROOT }).said;
  } finally {
    rmSync(file);
  }
}
