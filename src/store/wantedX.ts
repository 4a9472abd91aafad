/** Where a number is looked for: in a city, else in one of those nearby, else anywhere. `''` stands for no city told. */
export interface WantedPlace {
  /** Undefined: anywhere. */
  readonly areaCode?: string;
  readonly nearby: readonly string[];
  readonly anywhere: boolean;
}

/** Which X a customer wants for a new binding: this one, E.164, or one of a place. */
export type WantedX = { readonly x: string } | { readonly place: WantedPlace };

export type XRefusal = 'x-not-of-application' | 'x-status-abnormal';

/** A place as a request of migration 010 tells it. */
export function placeColumns({ areaCode, nearby, anywhere }: WantedPlace): object {
  return { area_code: areaCode, nearby, anywhere };
}

/** What is wanted, as a request of migration 010 tells it. */
export function wantedColumns(wanted: WantedX): object {
  return 'x' in wanted ? { x: wanted.x } : placeColumns(wanted.place);
}
