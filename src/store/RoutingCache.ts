import { LRUCache } from 'lru-cache';
import type { AppRoute, Found, Relation, RoutingTable } from '../../routing/types.ts';
import type { Changes } from './changes.ts';
import { PartyMemory } from './PartyMemory.ts';

export interface RoutingCacheOptions {
  /** Where the answers come from. */
  readonly table: RoutingTable;
  readonly changes: Changes;
  /** X numbers for which there is room in memory. */
  readonly maxNumbers: number;
  /** Most parties in memory, over all X numbers; without it five for each X. */
  readonly maxParties?: number;
}

const PARTIES_PER_NUMBER = 5;
/** X numbers for which strangers are remembered, and strangers for each: a scan fills this and nothing else. */
const MAX_NUMBERS_WITH_STRANGERS = 10_000;
const MAX_STRANGERS_PER_NUMBER = 32;
const MAX_UNKNOWN_NUMBERS = 10_000;

type ByCaller = Map<string, Found>;

/**
 * The routing table, from memory.
 *
 * Three memories, so that no kind of call can push out another kind: what parties of a binding will meet
 * (PartyMemory); callers without a binding on an X, few for each X; and X numbers that do not exist.
 *
 * A question that memory cannot answer is put to the table once, however many calls ask it at the same time. An answer
 * is kept only if nobody said `forget` since it was asked: news always win over a load that began before them.
 * While the news cannot be heard (`changes.trusted`), memory is passed by.
 */
export class RoutingCache implements RoutingTable {
  readonly #table: RoutingTable;
  readonly #changes: Changes;
  readonly #unsubscribe: () => void;
  readonly #parties: PartyMemory;
  readonly #strangers = new LRUCache<string, ByCaller>({ max: MAX_NUMBERS_WITH_STRANGERS });
  readonly #unknown = new LRUCache<string, true>({ max: MAX_UNKNOWN_NUMBERS });
  readonly #loading = new Map<string, Map<string, Promise<Found | undefined>>>();
  /** One object for each application, however many answers hold it: it is always at hand, and they are smaller. */
  readonly #apps = new Map<string, AppRoute>();
  #hits = 0;
  #misses = 0;

  constructor({ table, changes, maxNumbers, maxParties }: RoutingCacheOptions) {
    this.#table = table;
    this.#changes = changes;
    this.#parties = new PartyMemory(maxParties ?? maxNumbers * PARTIES_PER_NUMBER);
    this.#unsubscribe = changes.onChange(({ numbers, apps, everything }) => {
      if (everything) this.forgetAll();
      for (const number of numbers ?? []) this.forget(number);
      for (const appKey of apps ?? []) this.#forgetApp(appKey);
    });
  }

  /** Questions answered from memory. */
  get hits(): number {
    return this.#hits;
  }

  /** Questions put to the table. */
  get misses(): number {
    return this.#misses;
  }

  /** Answers in memory: parties, strangers and unknown numbers. */
  get size(): number {
    let strangers = 0;
    for (const callers of this.#strangers.values()) strangers += callers.size;
    return this.#parties.size + strangers + this.#unknown.size;
  }

  /** Ends the subscription to changes. */
  close(): void {
    this.#unsubscribe();
    this.forgetAll();
  }

  find(x: string, caller: string): Found | undefined | Promise<Found | undefined> {
    if (!this.#changes.trusted) {
      this.#misses++;
      return this.#table.find(x, caller);
    }
    const found = this.#parties.find(x, caller) ?? this.#strangers.get(x)?.get(caller);
    if (found !== undefined) {
      this.#hits++;
      return found;
    }
    if (this.#unknown.get(x)) {
      this.#hits++;
      return undefined;
    }
    this.#misses++;
    return this.#loadOnce(x, caller);
  }

  /** Forgets all that is known of an X, and whatever is being loaded for it now. */
  forget(x: string): void {
    this.#loading.delete(x);
    this.#parties.forget(x);
    this.#strangers.delete(x);
    this.#unknown.delete(x);
  }

  forgetAll(): void {
    this.#loading.clear();
    this.#apps.clear();
    this.#parties.forgetAll();
    this.#strangers.clear();
    this.#unknown.clear();
  }

  /** An application's change concerns every X it has: loads under way are for an unknown application, so all are dropped. */
  #forgetApp(appKey: string): void {
    this.#loading.clear();
    this.#apps.delete(appKey);
    this.#parties.forgetApp(appKey);
    for (const [x, callers] of this.#strangers.entries()) {
      const [first] = callers.values();
      if (first?.app.appKey === appKey) this.#strangers.delete(x);
    }
  }

  async #loadOnce(x: string, caller: string): Promise<Found | undefined> {
    const flights = this.#loading.get(x) ?? new Map<string, Promise<Found | undefined>>();
    const underWay = flights.get(caller);
    if (underWay !== undefined) return underWay;
    this.#loading.set(x, flights);
    const flight = Promise.resolve(this.#table.find(x, caller));
    flights.set(caller, flight);
    try {
      const found = await flight;
      // `forget` takes the flights of an X away: what they bring may be from before the change.
      if (this.#loading.get(x) === flights) this.#keep(x, caller, found);
      return found;
    } finally {
      flights.delete(caller);
      if (flights.size === 0 && this.#loading.get(x) === flights) this.#loading.delete(x);
    }
  }

  #keep(x: string, caller: string, found: Found | undefined): void {
    if (found === undefined) {
      this.#unknown.set(x, true);
      return;
    }
    const app = this.#apps.get(found.app.appKey) ?? found.app;
    this.#apps.set(app.appKey, app);
    const { number, relation } = found;
    const kept = { number, app, relation };
    if (relation === undefined) this.#keepStranger(x, caller, kept);
    else this.#parties.keep(asWritten(caller, relation), kept);
  }

  #keepStranger(x: string, caller: string, found: Found): void {
    const callers = this.#strangers.get(x) ?? new Map<string, Found>();
    const [oldest] = callers.keys();
    if (callers.size >= MAX_STRANGERS_PER_NUMBER && oldest !== undefined) callers.delete(oldest);
    callers.set(caller, found);
    this.#strangers.set(x, callers);
  }
}

/** The caller's own text in the answer, where it stands there: what the look-up has read need not be read again. */
function asWritten(caller: string, relation: Relation): string {
  if (caller === relation.a) return relation.a;
  return 'b' in relation && relation.b === caller ? relation.b : caller;
}
