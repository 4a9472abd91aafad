import { readFileSync } from 'node:fs';
import { UsageError } from './command.ts';

/**
 * Reads what was typed for an option; null takes the setting away.
 * @param where command and option, for the UsageError that it throws
 */
export type Reading = (typed: string, where: string) => unknown;

export const NONE = 'none';

/** Text as it was typed, or `none`. */
export const text: Reading = (typed) => (typed === NONE ? null : typed);

/** Text as it was typed. */
export const word: Reading = (typed) => typed;

export const yesOrNo: Reading = (typed, where) => {
  if (typed === 'yes' || typed === 'no') return typed === 'yes';
  throw new UsageError(`${where} ${typed}: expected yes or no`);
};

export const count: Reading = (typed, where) => {
  if (typed === NONE) return null;
  if (/^\d+$/.test(typed)) return Number(typed);
  throw new UsageError(`${where} ${typed}: expected a number`);
};

const inSeconds =
  (what: 'calls' | 'requests', example: string): Reading =>
  (typed, where) => {
    if (typed === NONE) return null;
    const [, most, seconds] = /^(\d+)\/(\d+)$/.exec(typed) ?? [];
    if (most !== undefined && seconds !== undefined)
      return { [what]: Number(most), seconds: Number(seconds) };
    throw new UsageError(`${where} ${typed}: expected ${what}/seconds, like ${example}, or none`);
  };

/** Calls in so many seconds, or `none`. */
export const frequency = inSeconds('calls', '100/60');

/** Requests in so many seconds, or `none`. */
export const requestLimit = inSeconds('requests', '600/60');

/** Several, with commas between them. */
export const list = (typed: string): string[] =>
  typed
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

const STANDARD_INPUT = 0;

/** The number of a person as it was typed, or the first line of standard input for `-`. */
export const personsNumber: Reading = (typed, where) => (typed === '-' ? secretFile(typed, where) : typed);

/**
 * The first line of a file, or of what is typed or piped in for `-`: a secret that would otherwise stand in the shell's
 * history and in the list of processes.
 */
export const secretFile: Reading = (typed, where) => {
  try {
    return readFileSync(typed === '-' ? STANDARD_INPUT : typed, 'utf8').split('\n', 1)[0] ?? '';
  } catch (error) {
    throw new UsageError(`${where} ${typed}: ${error instanceof Error ? error.message : String(error)}`);
  }
};
