import type { Logger } from '../telemetry/logger.ts';
import { deleteCallDetailsBefore } from './callDetails.ts';
import { deleteClosedCallsBefore } from './closedCalls.ts';
import type { Duties } from './Duties.ts';
import type { Sql } from './database.ts';
import { deleteDeadLettersBefore } from './deadLetters.ts';
import { Sweeper } from './Sweeper.ts';

export interface RetentionOptions {
  readonly sql: Sql;
  /** Days for which it is kept; 0: for ever. */
  readonly keptDays: number;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly logger: Logger;
  /** Of all nodes that sweep one does at a time. Absent: this one always does. */
  readonly duties?: Pick<Duties, 'hold'> | undefined;
}

const EVERY_MS = 600_000;
const LARGEST_SWEEP = 1_000;
const DAY_MS = 86_400_000;

/** Takes dead letters away that nobody has sent again in time. @returns undefined where they are kept for ever */
export function deadLetterSweeper(options: RetentionOptions): Sweeper | undefined {
  return sweeperOf('dead letters', deleteDeadLettersBefore, options);
}

/** Takes the rows of calls away that were closed long ago. @returns undefined where they are kept for ever */
export function closedCallSweeper(options: RetentionOptions): Sweeper | undefined {
  return sweeperOf('closed calls', deleteClosedCallsBefore, options);
}

/** Takes details of calls away that ended long ago. @returns undefined where they are kept for ever */
export function callDetailSweeper(options: RetentionOptions): Sweeper | undefined {
  return sweeperOf('call details', deleteCallDetailsBefore, options);
}

/** @param remove takes away what is older than a moment, so many rows at most, and tells how many it took */
function sweeperOf(
  name: string,
  remove: (sql: Sql, moment: Date, most: number) => Promise<number>,
  { sql, keptDays, clock, logger, duties }: RetentionOptions,
): Sweeper | undefined {
  if (keptDays === 0) return undefined;
  return new Sweeper({
    name,
    sweep: async () => {
      const moment = new Date(clock() - keptDays * DAY_MS);
      return (await remove(sql, moment, LARGEST_SWEEP)) === LARGEST_SWEEP;
    },
    everyMs: EVERY_MS,
    duties,
    log: logger,
  });
}
