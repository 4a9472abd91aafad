/**
 * A packet filter that loses the given share (0 to 1), in an order that the seed (not 0) fixes. Xorshift, 32 bits:
 * a test that fails fails again.
 */
export function seededLoss(share: number, seed: number): () => boolean {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32 < share;
  };
}
