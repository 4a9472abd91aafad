import type { CallSnapshot } from '../store/CallSnapshot.ts';
import type { Message } from '../store/Message.ts';
import type { CallJournal } from './CallLog.ts';

/** A journal that has not made a call durable for so long is tried with one call at a time. A commit needs milliseconds. */
const SLOW_MS = 2000;
/**
 * It is looked at once more, so much later, before it counts as slow: when this process was held up itself, what the
 * database answered meanwhile is still to be read.
 */
const SECOND_LOOK_MS = 250;

/**
 * A journal that also counts as away while it hangs: a database that accepts but does not answer would have people rung
 * for calls that can never be connected. While it hangs, one call is let through now and then; the first that becomes
 * durable opens the door again.
 */
export class PromptJournal implements CallJournal {
  readonly #journal: CallJournal;
  readonly #clock: () => number;
  /** When each `open` that is under way began, oldest first. */
  readonly #opening = new Map<symbol, number>();
  #newest = 0;
  /** What was found to be late, and when. */
  #late: { readonly key: symbol; readonly foundAt: number } | undefined;

  /** @param clock milliseconds, of a clock that nobody sets */
  constructor(journal: CallJournal, clock: () => number) {
    this.#journal = journal;
    this.#clock = clock;
  }

  get available(): boolean {
    if (!this.#journal.available) return false;
    const oldest = this.#opening.entries().next().value;
    if (oldest === undefined) return true;
    const [key, beganAt] = oldest;
    const now = this.#clock();
    if (now - beganAt < SLOW_MS || now - this.#newest >= SLOW_MS) return true;
    if (this.#late?.key !== key) this.#late = { key, foundAt: now };
    return now - this.#late.foundAt < SECOND_LOOK_MS;
  }

  async open(call: CallSnapshot, event: Message | undefined): Promise<void> {
    const key = Symbol('open');
    this.#newest = this.#clock();
    this.#opening.set(key, this.#newest);
    try {
      await this.#journal.open(call, event);
      // The journal writes in order: what began earlier and is not durable now says nothing of its health any more.
      for (const earlier of this.#opening.keys()) {
        if (earlier === key) break;
        this.#opening.delete(earlier);
      }
    } finally {
      this.#opening.delete(key);
    }
  }

  progress(call: CallSnapshot, event: Message): Promise<void> {
    return this.#journal.progress(call, event);
  }

  close(call: CallSnapshot, messages: readonly Message[]): Promise<void> {
    return this.#journal.close(call, messages);
  }
}
