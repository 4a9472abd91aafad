/** One of the things compared; runs once and gives its figure, or several. */
export type Side<Name extends string, Figure = number> = readonly [
  name: Name,
  measure: () => Promise<Figure> | Figure,
];

/**
 * Measures the sides in turn, round after round, each round in the opposite order of the one before: what drifts on the
 * machine meets all of them alike.
 * @returns each side's figures, one a round
 */
export async function inTurns<Name extends string, Figure = number>(
  rounds: number,
  sides: readonly Side<Name, Figure>[],
): Promise<Record<Name, Figure[]>> {
  const figures = Object.fromEntries(sides.map(([name]) => [name, []])) as unknown as Record<Name, Figure[]>;
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, measure] of round % 2 === 0 ? sides : sides.toReversed()) {
      figures[name].push(await measure());
    }
  }
  return figures;
}

/**
 * Does the same work again and again, a fixed number at a time, and counts.
 * @param seconds how long it goes on
 * @returns how many a second came to an end
 */
export async function rate(inFlight: number, seconds: number, work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  const until = startedAt + seconds * 1000;
  let done = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < until) {
      await work();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (1000 * done) / (performance.now() - startedAt);
}
