import { LRUCache } from 'lru-cache';
import type { AppRoute, Found, RoutingTable } from '../../routing/types.ts';
import type { Changes } from './changes.ts';
import { PartyMemory } from './PartyMemory.ts';
import type { Answer } from './routingTable.ts';
import { SharedAnswers } from './SharedAnswers.ts';

/** A routing table that may also say for whom else an answer holds. */
export interface AnswerTable extends RoutingTable {
  find(x: string, caller: string, digits?: string): Answer | undefined | Promise<Answer | undefined>;
}

export interface RoutingCacheOptions {
  /** Where the answers come from. */
  readonly table: AnswerTable;
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
 * Four memories, so that no kind of call can push out another kind: what parties of an AXB or AXYB binding will meet
 * (PartyMemory); callers without such a binding, few for each number; in the other modes what all callers of an X meet
 * alike (SharedAnswers); and X numbers that do not exist.
 *
 * Two kinds of answers hold for one moment only and always come from the table: what A meets on his own X in AX and AXE,
 * because it tells who called last and whom he is to reach once; and whose an extension is.
 *
 * A question that memory cannot answer is put to the table once, however many calls ask it at the same time. An answer
 * is kept only if nobody said `forget` since it was asked: news always win over a load that began before them.
 * While the news cannot be heard (`changes.trusted`), memory is passed by.
 */
export class RoutingCache implements RoutingTable {
  readonly #table: AnswerTable;
  readonly #changes: Changes;
  readonly #unsubscribe: () => void;
  readonly #parties: PartyMemory;
  readonly #strangers = new LRUCache<string, ByCaller>({ max: MAX_NUMBERS_WITH_STRANGERS });
  readonly #shared: SharedAnswers;
  readonly #unknown = new LRUCache<string, true>({ max: MAX_UNKNOWN_NUMBERS });
  readonly #loading = new Map<string, Map<string, Promise<Answer | undefined>>>();
  /** One object for each application, however many answers hold it: it is always at hand, and they are smaller. */
  readonly #apps = new Map<string, AppRoute>();
  #hits = 0;
  #misses = 0;

  constructor({ table, changes, maxNumbers, maxParties }: RoutingCacheOptions) {
    this.#table = table;
    this.#changes = changes;
    this.#parties = new PartyMemory(maxParties ?? maxNumbers * PARTIES_PER_NUMBER);
    this.#shared = new SharedAnswers(maxNumbers);
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

  /** Answers in memory: for parties, strangers and all callers alike, and unknown numbers. */
  get size(): number {
    let strangers = 0;
    for (const callers of this.#strangers.values()) strangers += callers.size;
    return this.#parties.size + strangers + this.#shared.size + this.#unknown.size;
  }

  /** Ends the subscription to changes. */
  close(): void {
    this.#unsubscribe();
    this.forgetAll();
  }

  find(x: string, caller: string, digits?: string): Found | undefined | Promise<Found | undefined> {
    if (digits !== undefined || !this.#changes.trusted) return this.#ask(x, caller, digits);
    const found = this.#parties.find(x, caller) ?? this.#strangers.get(x)?.get(caller);
    if (found !== undefined) {
      this.#hits++;
      return found;
    }
    const shared = this.#shared.find(x, caller);
    if (shared === 'not-shared') return this.#ask(x, caller);
    if (shared !== undefined || this.#unknown.get(x)) {
      this.#hits++;
      return shared;
    }
    this.#misses++;
    return this.#loadOnce(x, caller);
  }

  /** Forgets all that is known of an X, and whatever is being loaded for it now. */
  forget(x: string): void {
    this.#loading.delete(x);
    this.#parties.forget(x);
    this.#strangers.delete(x);
    this.#shared.forget(x);
    this.#unknown.delete(x);
  }

  forgetAll(): void {
    this.#loading.clear();
    this.#apps.clear();
    this.#parties.forgetAll();
    this.#strangers.clear();
    this.#shared.forgetAll();
    this.#unknown.clear();
  }

  /** An application's change concerns every X it has: loads under way are for an unknown application, so all are dropped. */
  #forgetApp(appKey: string): void {
    this.#loading.clear();
    this.#apps.delete(appKey);
    this.#parties.forgetApp(appKey);
    this.#shared.forgetApp(appKey);
    for (const [x, callers] of this.#strangers.entries()) {
      const [first] = callers.values();
      if (first?.app.appKey === appKey) this.#strangers.delete(x);
    }
  }

  #ask(x: string, caller: string, digits?: string): Found | undefined | Promise<Found | undefined> {
    this.#misses++;
    return this.#table.find(x, caller, digits);
  }

  async #loadOnce(x: string, caller: string): Promise<Found | undefined> {
    const flights = this.#loading.get(x) ?? new Map<string, Promise<Answer | undefined>>();
    const underWay = flights.get(caller);
    if (underWay !== undefined) {
      const answer = await underWay;
      return answer && holdsForTheMoment(answer, caller) ? this.#ask(x, caller) : answer;
    }
    this.#loading.set(x, flights);
    const flight = Promise.resolve(this.#table.find(x, caller));
    flights.set(caller, flight);
    try {
      const answer = await flight;
      // `forget` takes the flights of an X away: what they bring may be from before the change.
      if (this.#loading.get(x) === flights) this.#keep(x, caller, answer);
      return answer;
    } finally {
      flights.delete(caller);
      if (flights.size === 0 && this.#loading.get(x) === flights) this.#loading.delete(x);
    }
  }

  #keep(x: string, caller: string, answer: Answer | undefined): void {
    if (answer === undefined) {
      this.#unknown.set(x, true);
      return;
    }
    const app = this.#apps.get(answer.app.appKey) ?? answer.app;
    this.#apps.set(app.appKey, app);
    const { number, relation, owners } = answer;
    const kept = { number, app, relation };
    switch (app.mode) {
      case 'AXB':
      case 'AXYB':
        if (relation === undefined) this.#keepStranger(x, caller, kept);
        else this.#parties.keep(caller, { number, app, relation });
        break;
      case 'AX':
      case 'AXE':
      case 'X':
        this.#shared.keep(kept, owners);
        break;
    }
  }

  #keepStranger(x: string, caller: string, found: Found): void {
    const callers = this.#strangers.get(x) ?? new Map<string, Found>();
    const [oldest] = callers.keys();
    if (callers.size >= MAX_STRANGERS_PER_NUMBER && oldest !== undefined) callers.delete(oldest);
    callers.set(caller, found);
    this.#strangers.set(x, callers);
  }
}

/** What A meets on his own X: another call may have used it up, or it may have been set, since this was asked. */
function holdsForTheMoment({ relation }: Found, caller: string): boolean {
  return relation?.mode === 'AXE' || (relation?.mode === 'AX' && relation.a === caller);
}
