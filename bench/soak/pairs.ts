import { type Pair, pairsFrom } from '../pairs.ts';

/** So many of each kind that none has two calls at a time, and so few that all caches know them soon. */
const PLAIN_PAIRS = 1000;
const RECORDED_PAIRS = 200;
const CHURNED_PAIRS = 200;

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
