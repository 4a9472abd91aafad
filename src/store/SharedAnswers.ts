import { LRUCache } from 'lru-cache';
import type { Found } from '../../routing/types.ts';
import type { ExtensionOwners } from './ExtensionOwners.ts';

interface SharedAnswer {
  readonly found: Found;
  /** AXE: for whom it does not hold. */
  readonly owners: ExtensionOwners | undefined;
}

/**
 * What all callers of an X meet alike, once for each X:
 * - AX: everyone but A, or everyone where nobody is bound
 * - AXE: who has no extension on this X
 * - X: everyone
 */
export class SharedAnswers {
  readonly #byX: LRUCache<string, SharedAnswer>;

  /** @param most X numbers that are remembered */
  constructor(most: number) {
    this.#byX = new LRUCache({ max: most });
  }

  get size(): number {
    return this.#byX.size;
  }

  /** @returns undefined when nothing is remembered; `not-shared` when it does not hold for this caller, or may not */
  find(x: string, caller: string): Found | 'not-shared' | undefined {
    const answer = this.#byX.get(x);
    if (answer === undefined) return undefined;
    const { found, owners } = answer;
    const { relation } = found;
    const isOthers = relation?.mode === 'AX' ? relation.a === caller : owners?.mayInclude(caller);
    return isOthers ? 'not-shared' : found;
  }

  /**
   * Keeps what others than the caller get as well, if there is any such thing in his answer.
   * @param owners AXE: who may have an extension
   */
  keep(answer: Found, owners: ExtensionOwners | undefined): void {
    const found = withoutTheMoment(answer);
    // Without them no other stranger can be told from an owner; and an owner's own answer is nobody else's.
    if (found.app.mode === 'AXE' && owners === undefined) return;
    this.#byX.set(found.number.number, { found, owners });
  }

  forget(x: string): void {
    this.#byX.delete(x);
  }

  forgetApp(appKey: string): void {
    for (const [x, { found }] of this.#byX.entries()) if (found.app.appKey === appKey) this.#byX.delete(x);
  }

  forgetAll(): void {
    this.#byX.clear();
  }
}

/** AX: A's answer without what is his alone. */
function withoutTheMoment(found: Found): Found {
  const { relation } = found;
  if (relation?.mode !== 'AX') return found;
  return { ...found, relation: { ...relation, temporaryCallee: undefined, lastCaller: undefined } };
}
