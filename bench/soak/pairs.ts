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

/** So many of each kind that none has two calls at a time, and so few that all caches know them soon. */
const PLAIN_PAIRS = 1000;
const RECORDED_PAIRS = 200;
const CHURNED_PAIRS = 200;

const pairsFrom = (first: number, pairs: number): readonly Pair[] =>
  Array.from({ length: pairs }, (_, index) => pairAt(first + index));

export const plainPairs = pairsFrom(0, PLAIN_PAIRS);
export const recordedPairs = pairsFrom(PLAIN_PAIRS, RECORDED_PAIRS);
/** Those that are bound and unbound all the time. */
export const churnedPairs = pairsFrom(PLAIN_PAIRS + RECORDED_PAIRS, CHURNED_PAIRS);

/** The pairs in turn, over and over. */
export function inTurn(pairs: readonly Pair[], turn: number): Pair {
  const pair = pairs[turn % pairs.length];
  if (pair === undefined) throw new RangeError('no pairs');
  return pair;
}
