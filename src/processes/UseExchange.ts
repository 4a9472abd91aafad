import type { Use } from './SharedUse.ts';

/** One that is told what the others have. */
export interface Listener {
  hear(use: Use): void;
}

/** Where the parent adds up what its processes hold, and tells each of what the others have. */
export class UseExchange<Member extends Listener> {
  readonly #held = new Map<Member, Map<string, number>>();

  /** From now on it hears of the others, first of what they hold already. */
  join(member: Member): void {
    this.#held.set(member, new Map());
    const names = new Set([...this.#held.values()].flatMap((held) => [...held.keys()]));
    if (names.size > 0) this.#inform(member, names, new Map());
  }

  /** It has ended, and holds nothing any more. */
  leave(member: Member): void {
    const names = this.#held.get(member)?.keys();
    this.#held.delete(member);
    if (names !== undefined) this.#informOthers(member, new Set(names), new Map());
  }

  /** News of a member. */
  told(member: Member, { held, taken }: Use): void {
    const own = this.#held.get(member);
    if (own === undefined) return;
    for (const [name, count] of held) {
      if (count === 0) own.delete(name);
      else own.set(name, count);
    }
    this.#informOthers(member, new Set(held.keys()), taken);
  }

  #informOthers(member: Member, names: ReadonlySet<string>, taken: Use['taken']): void {
    if (names.size === 0 && taken.size === 0) return;
    for (const other of this.#held.keys()) if (other !== member) this.#inform(other, names, taken);
  }

  #inform(member: Member, names: ReadonlySet<string>, taken: Use['taken']): void {
    const held = new Map([...names].map((name) => [name, this.#heldBesides(member, name)]));
    member.hear({ held, taken });
  }

  #heldBesides(member: Member, name: string): number {
    let sum = 0;
    for (const [other, held] of this.#held) if (other !== member) sum += held.get(name) ?? 0;
    return sum;
  }
}
