/** What is looked at again and again. `sense` says what its growth means. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** Memory and files must stay as they are; what belongs to calls under way comes and goes; the rest is kept by design. */
  readonly sense: 'holds' | 'transient' | 'kept';
}

export interface Trend {
  readonly name: string;
  readonly sense: Figure['sense'];
  /** Means of the first and of the last third. */
  readonly first: number;
  readonly last: number;
  /** Share by which the last is more than the first. */
  readonly growth: number;
  readonly isFlat: boolean;
}

/** More growth than this is a leak. */
export const MOST_GROWTH = 0.02;

/** Figures in the order in which they were sampled. */
export class Samples {
  readonly #rows: (readonly Figure[])[] = [];

  add(figures: readonly Figure[]): void {
    this.#rows.push(figures);
  }

  /**
   * The first third of the samples beside the last one.
   * @param room what a transient figure may differ by because calls do not come and go evenly
   */
  trends(room: number): Trend[] {
    const third = Math.floor(this.#rows.length / 3);
    const names = this.#rows.at(-1) ?? [];
    return names.map(({ name, sense }) => {
      const values = this.#rows.map((row) => row.find((figure) => figure.name === name)?.value ?? 0);
      const first = mean(values.slice(0, third));
      const last = mean(values.slice(values.length - third));
      const growth = first === 0 ? (last === 0 ? 0 : Number.POSITIVE_INFINITY) : last / first - 1;
      const isFlat = growth <= MOST_GROWTH || (sense === 'transient' && last - first <= room);
      return { name, sense, first, last, growth, isFlat: sense === 'kept' || isFlat };
    });
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
