import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from './files.ts';

const TSC = join(ROOT, 'node_modules', '.bin', 'tsc');

/**
 * What the TypeScript compiler finds wrong with data, written as a literal of a package's type: unknown fields, missing
 * ones, values that may not be there.
 * @param imports statement that brings the type
 * @param literals TypeScript expressions of that type
 */
export function typeFaults(imports: string, type: string, literals: readonly string[]): string {
  // Packages are found from here, and the importRules test never sees it: it is gone when this returns.
  const file = join(import.meta.dirname, `literal-${randomUUID()}.ts`);
  const lines = literals.map((literal, index) => `export const literal${index}: ${type} = ${literal};`);
  writeFileSync(file, [imports, ...lines, ''].join('\n'));
  try {
    const flags = ['--noEmit', '--skipLibCheck', '--strict', '--module', 'nodenext', '--target', 'es2024'];
    return run(TSC, [...flags, '--types', '', '--ignoreConfig', file], { cwd: ROOT }).said;
  } finally {
    rmSync(file);
  }
}
