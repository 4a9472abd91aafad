/** So many at once, and so many more in each span of so many seconds. */
export interface Allowance {
  readonly requests: number;
  readonly seconds: number;
}

/** What was taken of an allowance, and which one that is. */
export interface Taken {
  readonly times: number;
  readonly allowance: Allowance;
}

/** Of what processes tell each other: calls of the platform, calls on trunks, requests at the partner API. */
export type Kind = 'calls' | 'trunk' | 'requests';

/** What is news, by kind and whose it is. */
export interface Use {
  /** How many there are now. */
  readonly held: ReadonlyMap<string, number>;
  /** What was taken since the last news. */
  readonly taken: ReadonlyMap<string, Taken>;
}

/** News wait for so long for more. */
const TELL_AFTER_MS = 20;

/**
 * What the processes of a group may have only so much of together. Each counts its own, tells the others through their
 * parent, and so knows the sum without asking anyone. What others begin before they are heard of, some 20 ms, it cannot
 * know: by so much may a limit be exceeded for a moment.
 */
export class SharedUse {
  readonly #tell: (use: Use) => void;
  readonly #held = new Map<string, number>();
  readonly #heldElsewhere = new Map<string, number>();
  readonly #listeners = new Map<Kind, (whose: string, taken: Taken) => void>();
  #newlyHeld = new Map<string, number>();
  #newlyTaken = new Map<string, Taken>();
  #telling: NodeJS.Timeout | undefined;

  /** @param tell brings news to the other processes */
  constructor(tell: (use: Use) => void) {
    this.#tell = tell;
  }

  /** This process has so many now. @param whose '' where there is but one of the kind */
  hold(kind: Kind, whose: string, count: number): void {
    const name = nameOf(kind, whose);
    if ((this.#held.get(name) ?? 0) === count) return;
    if (count === 0) this.#held.delete(name);
    else this.#held.set(name, count);
    this.#newlyHeld.set(name, count);
    this.#tellSoon();
  }

  /** How many the other processes have, as far as it was heard. */
  heldElsewhere(kind: Kind, whose: string): number {
    return this.#heldElsewhere.get(nameOf(kind, whose)) ?? 0;
  }

  /** This process has taken one of an allowance. */
  take(kind: Kind, whose: string, allowance: Allowance): void {
    const name = nameOf(kind, whose);
    const times = (this.#newlyTaken.get(name)?.times ?? 0) + 1;
    this.#newlyTaken.set(name, { times, allowance });
    this.#tellSoon();
  }

  /** Calls back with what other processes have taken of a kind; one listener a kind. */
  onTaken(kind: Kind, listener: (whose: string, taken: Taken) => void): void {
    this.#listeners.set(kind, listener);
  }

  /** News from the parent: `held` are the sums of all others. */
  hear({ held, taken }: Use): void {
    for (const [name, count] of held) {
      if (count === 0) this.#heldElsewhere.delete(name);
      else this.#heldElsewhere.set(name, count);
    }
    for (const [name, each] of taken) {
      const [kind, whose] = kindOf(name);
      this.#listeners.get(kind)?.(whose, each);
    }
  }

  /** Nothing more is told. */
  close(): void {
    clearTimeout(this.#telling);
  }

  #tellSoon(): void {
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined;
      const news = { held: this.#newlyHeld, taken: this.#newlyTaken };
      this.#newlyHeld = new Map();
      this.#newlyTaken = new Map();
      this.#tell(news);
    }, TELL_AFTER_MS);
  }
}

function nameOf(kind: Kind, whose: string): string {
  return `${kind} ${whose}`;
}

function kindOf(name: string): [Kind, string] {
  const end = name.indexOf(' ');
  // Made by nameOf.
  return [name.slice(0, end) as Kind, name.slice(end + 1)];
}
