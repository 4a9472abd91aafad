import type { Changes } from '../store/changes.ts';
import type { Sql } from '../store/database.ts';
import type { Sealer } from '../store/sealing.ts';
import { AnnouncementNames } from './AnnouncementNames.ts';
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

/** What the bindings of each mode get. */
export interface ModeOptions extends BindingsOptions {
  readonly announcements: AnnouncementNames;
}

/** The bindings of every mode that has any: X mode has none. */
export class Bindings {
  readonly axb: AxbBindings;
  readonly ax: AxBindings;
  readonly axe: AxeBindings;
  readonly axyb: AxybBindings;

  constructor(options: BindingsOptions) {
    const shared = { ...options, announcements: new AnnouncementNames(options.sql, options.changes) };
    this.axb = new AxbBindings(shared);
    this.ax = new AxBindings(shared);
    this.axe = new AxeBindings(shared);
    this.axyb = new AxybBindings(shared);
  }

  /** Resolves when nothing is under way that a request has left to others. */
  async idle(): Promise<void> {
    await Promise.all([this.axb, this.ax, this.axe, this.axyb].map((mode) => mode.idle()));
  }
}
