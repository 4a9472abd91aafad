import type { CallSnapshot } from '../store/CallSnapshot.ts';
import type { Message } from '../store/Message.ts';
import type { CallJournal } from './CallLog.ts';

/** A journal that has not made a call durable for so long takes no new ones. A group commit needs milliseconds. */
const SLOW_MS = 2000;

/**
 * A journal that also counts as away while it hangs: a database that accepts but does not answer would have people rung
 * for calls that can never be connected.
 */
export class PromptJournal implements CallJournal {
  readonly #journal: CallJournal;
  readonly #clock: () => number;
  /** When each `open` that is under way began, oldest first. */
  readonly #opening = new Map<symbol, number>();

  /** @param clock milliseconds */
  constructor(journal: CallJournal, clock: () => number) {
    this.#journal = journal;
    this.#clock = clock;
  }

  get available(): boolean {
    if (!this.#journal.available) return false;
    for (const beganAt of this.#opening.values()) return this.#clock() - beganAt < SLOW_MS;
    return true;
  }

  async open(call: CallSnapshot, event: Message): Promise<void> {
    const key = Symbol('open');
    this.#opening.set(key, this.#clock());
    try {
      await this.#journal.open(call, event);
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
