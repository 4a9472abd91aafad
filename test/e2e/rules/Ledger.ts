import { randomInt } from 'node:crypto';
import type { Sql } from '../../../src/store/database.ts';

/** One binding, or one relation of a binding (AXYB). */
export interface Entry {
  readonly subscriptionId: string;
  /** AXYB: the Y of a relation. */
  readonly y?: string;
}

const keyOf = ({ subscriptionId, y = '' }: Entry): string => `${subscriptionId} ${y}`.trim();

/**
 * What all clients together were told: how often something was made, and how often it was ended. Answers may arrive in
 * another order than that in which the database did the work, so the sum counts only when nothing is under way.
 */
export class Ledger {
  readonly #sums = new Map<string, number>();
  /** What may be alive, for the next who wants to change or end something. */
  readonly #alive: Entry[] = [];
  /** Bindings that end by themselves. */
  readonly #mortal = new Set<string>();

  made(entry: Entry, { isMortal = false } = {}): void {
    this.#add(entry, 1);
    this.#alive.push(entry);
    if (isMortal) this.#mortal.add(keyOf(entry));
  }

  ended(entry: Entry): void {
    this.#add(entry, -1);
    this.#forget(entry);
  }

  /** It was not there any more when somebody wanted it. */
  missed(entry: Entry): void {
    this.#forget(entry);
  }

  /** Something that somebody made; undefined where there is nothing. Somebody else may be ending it already. */
  pick(): Entry | undefined {
    return this.#alive.length === 0 ? undefined : this.#alive[randomInt(this.#alive.length)];
  }

  /**
   * Where the clients and the database disagree: what they were told was made and not ended must be there, nothing else
   * may be, and nothing was ended twice. What ends by itself may be gone.
   */
  async differences(sql: Sql, appKey: string): Promise<string[]> {
    const rows = await sql<{ subscriptionId: string; y: string | null }[]>`
      SELECT subscription_id AS "subscriptionId", NULL AS y FROM bindings WHERE app_key = ${appKey}
      UNION ALL SELECT subscription_id, NULL FROM ax_bindings WHERE app_key = ${appKey}
      UNION ALL SELECT subscription_id, NULL FROM axe_bindings WHERE app_key = ${appKey}
      UNION ALL SELECT subscription_id, NULL FROM axyb_bindings WHERE app_key = ${appKey}
      UNION ALL SELECT subscription_id, y FROM axyb_relations WHERE app_key = ${appKey}`;
    const there = new Set(rows.map(({ subscriptionId, y }) => keyOf({ subscriptionId, ...(y && { y }) })));
    const unknown = [...there].filter((key) => !this.#sums.has(key)).map((key) => `nobody made ${key}`);
    const wrong = [...this.#sums].flatMap(([key, sum]) => {
      const [binding = ''] = key.split(' ');
      // A relation ends with its binding.
      const expected = (this.#sums.get(binding) ?? 0) > 0 ? sum : Math.min(sum, 0);
      const isThere = there.has(key) ? 1 : 0;
      if (expected === isThere || (this.#mortal.has(key) && isThere === 0 && expected === 1)) return [];
      return [`${key}: by what clients were told ${expected}, in the database ${isThere}`];
    });
    return [...unknown, ...wrong];
  }

  #add(entry: Entry, more: number): void {
    const key = keyOf(entry);
    this.#sums.set(key, (this.#sums.get(key) ?? 0) + more);
  }

  #forget(entry: Entry): void {
    const at = this.#alive.findIndex((other) => keyOf(other) === keyOf(entry));
    if (at < 0) return;
    const last = this.#alive.pop();
    if (last !== undefined && at < this.#alive.length) this.#alive[at] = last;
  }
}
