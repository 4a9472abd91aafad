import type { WantedPlace, WantedX } from '../store/wantedX.ts';
import { CityTable } from './CityTable.ts';
import { MobileCities } from './MobileCities.ts';

/** Where a customer wants a number from. */
export interface WantedArea {
  /** City code, as `0571`. */
  readonly areaCode?: string;
  /** '0' strict: only of that city; '1' loose: of that city first, then of its province, then any of the application. */
  readonly areaMatchMode?: '0' | '1';
}

/**
 * The X that is named, else one of where it is looked for.
 * @param person whose number it is to stand for, E.164
 */
export function wantedXOf(
  places: PlaceSearch,
  named: string | undefined,
  person: string,
  area: WantedArea,
): WantedX {
  return named === undefined ? { place: places.placeFor(person, area) } : { x: named };
}

const ANYWHERE: WantedPlace = { nearby: [], anywhere: true };
/** Numbers of which the operator has told no city. */
const NO_CITY = '';

/**
 * Where a number is looked for when none is named (facts 2.1, FAQ 8.9). Without a city it is the person's own one, as
 * far as his number tells it. Nobody has asked for that city, so that only an explicit "strict" keeps others out, and it
 * does not keep out numbers whose city nobody knows.
 */
export class PlaceSearch {
  readonly #table: CityTable;
  readonly #mobiles: MobileCities;

  constructor(table: CityTable, mobiles: MobileCities) {
    this.#table = table;
    this.#mobiles = mobiles;
  }

  /** Reads the tables of cities and of mobile numbers; takes a fraction of a second. */
  static async load(): Promise<PlaceSearch> {
    const table = await CityTable.load();
    return new PlaceSearch(table, await MobileCities.load(table));
  }

  /** @param person whose number it is to stand for, E.164 */
  placeFor(person: string, { areaCode, areaMatchMode }: WantedArea): WantedPlace {
    if (areaCode !== undefined) {
      return areaMatchMode === '1' ? this.#around(areaCode) : { areaCode, nearby: [], anywhere: false };
    }
    const own = this.#mobiles.cityOf(person);
    if (own === undefined) return ANYWHERE;
    return areaMatchMode === '0' ? { areaCode: own, nearby: [NO_CITY], anywhere: false } : this.#around(own);
  }

  #around(areaCode: string): WantedPlace {
    const nearby = this.#table.neighboursOf(areaCode);
    return { areaCode, nearby, anywhere: true };
  }
}
