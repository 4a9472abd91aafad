import { LRUCache } from 'lru-cache';
import type { Found } from '../../routing/types.ts';

/** An X with parties in memory. To forget it is to say so here: whoever finds a party looks here before he answers. */
interface XInMemory {
  readonly x: string;
  readonly appKey: string;
  isCurrent: boolean;
  parties: number;
}

interface Party {
  readonly on: XInMemory;
  readonly found: Found;
}

/** What is known of one caller: a party on one X, or, as few people are, on several. */
interface Caller extends Party {
  readonly further: Map<string, Party> | undefined;
}

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
    const known = this.#callers.get(caller);
    if (known === undefined) return undefined;
    const party = known.on.x === x ? known : known.further?.get(x);
    return party?.on.isCurrent ? party.found : undefined;
  }

  keep(x: string, caller: string, found: Found): void {
    const on = this.#byX.get(x) ?? { x, appKey: found.app.appKey, isCurrent: true, parties: 0 };
    this.#byX.set(x, on);
    on.parties += 1;
    this.#size += 1;
    this.#callers.set(caller, this.#withParty(this.#callers.peek(caller), { on, found }));
    while (this.#size > this.#most && this.#callers.size > 1) this.#callers.pop();
  }

  forget(x: string): void {
    const on = this.#byX.get(x);
    if (on === undefined) return;
    on.isCurrent = false;
    this.#size -= on.parties;
    this.#byX.delete(x);
  }

  forgetApp(appKey: string): void {
    for (const on of this.#byX.values()) if (on.appKey === appKey) this.forget(on.x);
  }

  forgetAll(): void {
    for (const x of this.#byX.keys()) this.forget(x);
    this.#callers.clear();
  }

  /** Without what was forgotten in the meantime, or is known better now. */
  #withParty(known: Caller | undefined, party: Party): Caller {
    if (known === undefined) return { ...party, further: undefined };
    const further = known.further ?? new Map<string, Party>();
    further.set(known.on.x, { on: known.on, found: known.found });
    for (const [x, other] of further) {
      if (other.on.isCurrent && x !== party.on.x) continue;
      this.#leave(other);
      further.delete(x);
    }
    return { ...party, further: further.size === 0 ? undefined : further };
  }

  #leave({ on }: Party): void {
    if (!on.isCurrent) return;
    on.parties -= 1;
    this.#size -= 1;
    if (on.parties === 0) this.forget(on.x);
  }
}
