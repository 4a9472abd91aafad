import { partyNumber, xNumber } from '../BenchDatabase.ts';

/** A, B and the X between them. */
export interface Pair {
  readonly a: string;
  readonly b: string;
  readonly x: string;
}

/** Pairs of numbers, all different from those of any other index. */
export function pairAt(index: number): Pair {
  return { a: partyNumber(2 * index), b: partyNumber(2 * index + 1), x: xNumber(index) };
}

/** Pairs whose calls are plain, and those whose calls are recorded: so many that none has two calls at a time. */
export const PAIRS_OF_A_KIND = 1000;

export function plainPair(turn: number): Pair {
  return pairAt(turn % PAIRS_OF_A_KIND);
}

export function recordedPair(turn: number): Pair {
  return pairAt(PAIRS_OF_A_KIND + (turn % PAIRS_OF_A_KIND));
}

/** Pairs that are bound and unbound all the time. */
export function churnedPair(turn: number): Pair {
  return pairAt(2 * PAIRS_OF_A_KIND + (turn % PAIRS_OF_A_KIND));
}
