import type { CityTable } from './CityTable.ts';
import { placesOfPrefixes } from './placesOfPrefixes.ts';

/** So many digits of a mobile number, at most, say where it is from. */
const DIGITS = 7;
/** The least and the first number past the greatest that those digits can be: mobile numbers begin with 13 to 19. */
const FIRST = 1_300_000;
const END = 2_000_000;

const MOBILE = /^\+86(1[3-9]\d{5})\d{4}$/;

/**
 * Of which city a mobile number is, by its first digits. A number that was taken to another carrier keeps its city; who
 * has moved house with it keeps the city where it was given out.
 */
export class MobileCities {
  /** For each beginning of a number the place of its city in `#codes`; 0 where that is not known. */
  readonly #cities = new Uint16Array(END - FIRST);
  readonly #codes: (string | undefined)[] = [undefined];

  /** @param places prefixes of national numbers, and what place they are from */
  constructor(table: CityTable, places: readonly (readonly [prefix: string, place: string])[]) {
    const indexes = new Map<string, number>();
    const indexOf = (place: string): number => {
      let index = indexes.get(place);
      if (index === undefined) {
        const code = table.codeOf(place);
        index = code === undefined ? 0 : this.#codes.push(code) - 1;
        indexes.set(place, index);
      }
      return index;
    };
    // The longer prefix knows better: it comes later.
    for (let length = 2; length <= DIGITS; length++) {
      const span = 10 ** (DIGITS - length);
      for (const [prefix, place] of places) {
        if (prefix.length !== length || !/^1[3-9]/.test(prefix)) continue;
        const start = Number(prefix) * span - FIRST;
        this.#cities.fill(indexOf(place), start, start + span);
      }
    }
  }

  static async load(table: CityTable): Promise<MobileCities> {
    return new MobileCities(table, await placesOfPrefixes());
  }

  /**
   * @param number E.164
   * @returns the city's code, as `0571`; undefined for a number that is no mobile one, or of which it is not known
   */
  cityOf(number: string): string | undefined {
    const beginning = MOBILE.exec(number)?.[1];
    return beginning === undefined ? undefined : this.#codes[this.#cities[Number(beginning) - FIRST] ?? 0];
  }
}
