import { parseArgs } from 'node:util';
import { MODES, type ModeName } from './stories/index.ts';

export interface DemoOptions {
  readonly mode: ModeName;
  /** Leaves everything running after the story. */
  readonly keep: boolean;
  readonly help: boolean;
}

export const USAGE = `Usage: npm run demo [-- OPTIONS]

  --mode MODE   whose story is told: ${MODES.join(', ')} (axb)
  --keep        leave everything running, to dial in with a softphone`;

/** An option that does not exist, or a value that it cannot have. */
export class UsageError extends Error {
  readonly code = 'USAGE';
  constructor(message: string) {
    super(`${message}\n\n${USAGE}`);
    this.name = 'UsageError';
  }
}

/** The options of the command line. @throws UsageError that names what is wrong */
export function readOptions(args: readonly string[]): DemoOptions {
  const { mode, keep = false, help = false } = parsed(args);
  return { mode: modeOf(mode), keep, help };
}

function parsed(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        mode: { type: 'string', default: 'axb' },
        keep: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function modeOf(given: string): ModeName {
  const mode = MODES.find((name) => name === given.toLowerCase());
  if (mode === undefined) throw new UsageError(`--mode '${given}': expected one of ${MODES.join(', ')}`);
  return mode;
}
