import type { Changes } from '../store/changes.ts';
import type { Sql } from '../store/database.ts';
import type { Sealer } from '../store/sealing.ts';
import { AxBindings } from './AxBindings.ts';
import { AxbBindings } from './AxbBindings.ts';
import { AxeBindings } from './AxeBindings.ts';
import { AxybBindings } from './AxybBindings.ts';
import type { PlaceSearch } from './PlaceSearch.ts';

export interface BindingsOptions {
  readonly sql: Sql;
  readonly sealer: Sealer;
  readonly changes: Changes;
  readonly places: PlaceSearch;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** The bindings of every mode that has any: X mode has none. */
export class Bindings {
  readonly axb: AxbBindings;
  readonly ax: AxBindings;
  readonly axe: AxeBindings;
  readonly axyb: AxybBindings;

  constructor(options: BindingsOptions) {
    this.axb = new AxbBindings(options);
    this.ax = new AxBindings(options);
    this.axe = new AxeBindings(options);
    this.axyb = new AxybBindings(options);
  }

  /** Resolves when nothing is under way that a request has left to others. */
  async idle(): Promise<void> {
    await Promise.all([this.axb, this.ax, this.axe, this.axyb].map((mode) => mode.idle()));
  }
}
