import type { AdminClient } from '../test/kit/AdminClient.ts';
import { partyNumber, xNumber } from './BenchDatabase.ts';
import type { SignedClient } from './binds/SignedClient.ts';

const NUMBERS_AT_A_TIME = 1000;
const BINDS_AT_A_TIME = 50;

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

/** So many pairs in a row. */
export function pairsFrom(first: number, count: number): readonly Pair[] {
  return Array.from({ length: count }, (_, index) => pairAt(first + index));
}

/** Gives the X of the pairs to an application. */
export async function giveNumbers(admin: AdminClient, appKey: string, pairs: readonly Pair[]): Promise<void> {
  const numbers = pairs.map(({ x }) => ({ number: x }));
  for (let from = 0; from < numbers.length; from += NUMBERS_AT_A_TIME) {
    const some = numbers.slice(from, from + NUMBERS_AT_A_TIME);
    await admin.send('POST', '/numbers', { appKey, numbers: some });
  }
}

/** @param terms further fields of each bind. @throws Error when one is refused */
export async function bindPairs(
  client: SignedClient,
  pairs: readonly Pair[],
  terms: Readonly<Record<string, string | number>> = {},
): Promise<void> {
  for (let from = 0; from < pairs.length; from += BINDS_AT_A_TIME) {
    const some = pairs.slice(from, from + BINDS_AT_A_TIME);
    await Promise.all(some.map(({ a, b, x }) => client.bind(a, b, x, terms)));
  }
}
