import { LRUCache } from 'lru-cache';
import type { Found, Relation, XNumber, XNumberState } from '../../routing/types.ts';

/**
 * An X with parties in memory, one object for all of them. To forget it is to say so here: whoever finds a party looks
 * here before he answers.
 */
class XInMemory implements XNumber {
  readonly number: string;
  readonly areaCode: string;
  readonly state: XNumberState;
  readonly #appKey: string;
  #isCurrent = true;
  #parties = 0;

  constructor({ number, areaCode, state }: XNumber, appKey: string) {
    this.number = number;
    this.areaCode = areaCode;
    this.state = state;
    this.#appKey = appKey;
  }

  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  get parties(): number {
    return this.#parties;
  }

  isOf(appKey: string): boolean {
    return this.#appKey === appKey;
  }

  join(): void {
    this.#parties += 1;
  }

  leave(): void {
    this.#parties -= 1;
  }

  forget(): void {
    this.#isCurrent = false;
  }
}

interface Party extends Found {
  readonly number: XInMemory;
}

/** What is known of one caller: a party on one X, or, as few people are, on several. */
interface Caller extends Party {
  readonly further: Map<string, Party> | undefined;
}

/**
 * To note that a caller was just looked for costs as much as to find him. Noting one look in four keeps those who
 * call often nearly as well.
 */
const LOOKS_PER_NOTE = 4;

/**
 * What parties of a binding meet when they call, by caller and then by X: one look into the LRU and, because nearly
 * everybody is a party on one X only, one comparison. By X and then by caller it would be two looks; to build one key
 * of both costs more than either.
 */
export class PartyMemory {
  readonly #most: number;
  readonly #callers: LRUCache<string, Caller>;
  readonly #byX = new Map<string, XInMemory>();
  #size = 0;
  #looks = 0;

  /** @param most parties that are remembered */
  constructor(most: number) {
    this.#most = most;
    this.#callers = new LRUCache({
      max: most,
      noDisposeOnSet: true,
      dispose: (caller) => {
        this.#leave(caller);
        for (const party of caller.further?.values() ?? []) this.#leave(party);
      },
    });
  }

  /** Answers in memory. */
  get size(): number {
    return this.#size;
  }

  find(x: string, caller: string): Found | undefined {
    this.#looks = (this.#looks + 1) % LOOKS_PER_NOTE;
    const known = this.#looks === 0 ? this.#callers.get(caller) : this.#callers.peek(caller);
    return known === undefined ? undefined : partyOn(x, known);
  }

  /**
   * @param party what a caller meets on the X of `number`
   * @param party.relation the binding that makes him a party
   */
  keep(caller: string, { number, app, relation }: Found & { readonly relation: Relation }): void {
    const x = number.number;
    const on = this.#byX.get(x) ?? new XInMemory(number, app.appKey);
    this.#byX.set(x, on);
    on.join();
    this.#size += 1;
    const held = this.#asHeldForOther(x, caller, relation);
    const key = asWritten(caller, held);
    this.#callers.set(key, this.#withParty(this.#callers.peek(key), { number: on, app, relation: held }));
    while (this.#size > this.#most && this.#callers.size > 1) this.#callers.pop();
  }

  forget(x: string): void {
    const on = this.#byX.get(x);
    if (on === undefined) return;
    on.forget();
    this.#size -= on.parties;
    this.#byX.delete(x);
  }

  forgetApp(appKey: string): void {
    for (const on of this.#byX.values()) if (on.isOf(appKey)) this.forget(on.number);
  }

  forgetAll(): void {
    for (const x of this.#byX.keys()) this.forget(x);
    this.#callers.clear();
  }

  /**
   * A and B of an AXB binding meet the same: one object serves both, which is most of what a party costs. What is in
   * memory is no older than the last news of its X.
   */
  #asHeldForOther(x: string, caller: string, relation: Relation): Relation {
    if (relation.mode !== 'AXB') return relation;
    const other = this.#callers.peek(caller === relation.a ? relation.b : relation.a);
    const held = other && partyOn(x, other)?.relation;
    return held?.subscriptionId === relation.subscriptionId ? held : relation;
  }

  /** Without what was forgotten in the meantime, or is known better now. */
  #withParty(known: Caller | undefined, party: Party): Caller {
    if (known === undefined) return callerOf(party, undefined);
    const { further: others, ...first } = known;
    const further = new Map(others).set(first.number.number, first);
    for (const [x, other] of further) {
      if (other.number.isCurrent && x !== party.number.number) continue;
      this.#leave(other);
      further.delete(x);
    }
    return callerOf(party, further.size === 0 ? undefined : further);
  }

  #leave({ number }: Party): void {
    if (!number.isCurrent) return;
    number.leave();
    this.#size -= 1;
    if (number.parties === 0) this.forget(number.number);
  }
}

function partyOn(x: string, known: Caller): Party | undefined {
  const party = known.number.number === x ? known : known.further?.get(x);
  return party?.number.isCurrent ? party : undefined;
}

/** Written out: an object that is spread and then grows takes half as much again. */
function callerOf({ number, app, relation }: Party, further: Caller['further']): Caller {
  return { number, app, relation, further };
}

/** The caller's own text in the binding, where it stands there: what the look-up has read need not be read again. */
function asWritten(caller: string, relation: Relation): string {
  if (caller === relation.a) return relation.a;
  return 'b' in relation && relation.b === caller ? relation.b : caller;
}
