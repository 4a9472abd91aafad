import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Province, city and city code, one city a line under a line of headings. The cities of the product description
 * (chapter 6) come first; the rest of the mainland follows, because an operator's numbers may be from there.
 */
const FILE = join(import.meta.dirname, 'cities.tsv');

/** Which cities there are, by their codes (`0571`), and which of them share a province. */
export class CityTable {
  readonly #provinceOf = new Map<string, string>();
  readonly #codesOf = new Map<string, Set<string>>();
  /** Cities of each province with their codes. */
  readonly #cities = new Map<string, { readonly city: string; readonly areaCode: string }[]>();

  /** @throws Error for a line that is not a province, a city and a code, and for a code of two provinces */
  constructor(text: string) {
    for (const line of text.split('\n').slice(1)) {
      if (line !== '') this.#add(line);
    }
  }

  static async load(): Promise<CityTable> {
    return new CityTable(await readFile(FILE, 'utf8'));
  }

  /** Codes of the other cities of a city's province; none for a code that is not known. */
  neighboursOf(areaCode: string): string[] {
    const province = this.#provinceOf.get(areaCode);
    const codes = province === undefined ? undefined : this.#codesOf.get(province);
    return [...(codes ?? [])].filter((code) => code !== areaCode);
  }

  /**
   * The code of a city by its full name with its province, as maps and numbering plans give it: `浙江省杭州市`.
   * @returns undefined for a place that is not known
   */
  codeOf(place: string): string | undefined {
    for (const [province, cities] of this.#cities) {
      if (!place.startsWith(province)) continue;
      const rest = place.slice(province.length).replace(/^省/, '');
      // A city under nobody but the state is its own province: 北京市.
      const found = cities.find(
        ({ city }) => rest.startsWith(city) || (city === province && /^市?$/.test(rest)),
      );
      if (found !== undefined) return found.areaCode;
    }
    return undefined;
  }

  #add(line: string): void {
    const [province, city, areaCode, ...more] = line.split('\t');
    if (!province || !city || !areaCode || !/^0\d{2,3}$/.test(areaCode) || more.length > 0) {
      throw new Error(`city table: expected province, city and code, got ${JSON.stringify(line)}`);
    }
    const known = this.#provinceOf.get(areaCode);
    if (known !== undefined && known !== province) {
      throw new Error(`city table: ${areaCode} is a code of ${known}, and cannot be one of ${province}`);
    }
    this.#provinceOf.set(areaCode, province);
    this.#codesOf.set(province, (this.#codesOf.get(province) ?? new Set()).add(areaCode));
    this.#cities.set(province, [...(this.#cities.get(province) ?? []), { city, areaCode }]);
  }
}
