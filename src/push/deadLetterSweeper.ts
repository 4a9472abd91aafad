import type { Sql } from '../store/database.ts';
import { deleteDeadLettersBefore } from '../store/deadLetters.ts';
import { Sweeper } from '../store/Sweeper.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface DeadLetterSweeperOptions {
  readonly sql: Sql;
  /** Days for which dead letters are kept; 0: for ever. */
  readonly keptDays: number;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly logger: Logger;
}

const EVERY_MS = 600_000;
const LARGEST_SWEEP = 1_000;
const DAY_MS = 86_400_000;

/** Takes dead letters away that nobody has sent again in time. @returns undefined where they are kept for ever */
export function deadLetterSweeper({
  sql,
  keptDays,
  clock,
  logger,
}: DeadLetterSweeperOptions): Sweeper | undefined {
  if (keptDays === 0) return undefined;
  return new Sweeper({
    name: 'dead letters',
    sweep: async () => {
      const before = new Date(clock() - keptDays * DAY_MS);
      return (await deleteDeadLettersBefore({ sql }, before, LARGEST_SWEEP)) === LARGEST_SWEEP;
    },
    everyMs: EVERY_MS,
    log: logger,
  });
}
