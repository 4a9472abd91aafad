import type { OutboxMessage } from '../store/outbox.ts';
import type { LaneQueue, Parcel } from './LaneQueue.ts';

interface Chain {
  readonly waiting: OutboxMessage[];
  lastSeq: number;
  onTheWay: boolean;
  unsettled: number;
  putOff: boolean;
}

/**
 * Messages that go in order: the events of one call go one after the other, those of different calls side by side. What
 * is about an application's numbers is one such chain.
 */
export class EventQueue implements LaneQueue {
  readonly #chains = new Map<string, Chain>();
  /** Calls whose next event may go. */
  readonly #ready: Chain[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get held(): readonly string[] {
    return [...this.#chains.keys()];
  }

  holds(sessionId: string): boolean {
    return this.#chains.has(sessionId);
  }

  add(messages: readonly OutboxMessage[]): boolean {
    let all = true;
    for (const message of messages) all = this.#addOne(message) && all;
    return all;
  }

  #addOne(message: OutboxMessage): boolean {
    let chain = this.#chains.get(message.sessionId);
    if (chain === undefined) {
      chain = { waiting: [], lastSeq: -1, onTheWay: false, unsettled: 0, putOff: false };
      this.#chains.set(message.sessionId, chain);
    }
    if (chain.putOff) return false;
    if (message.seq <= chain.lastSeq) return true;
    chain.lastSeq = message.seq;
    chain.waiting.push(message);
    this.#size += 1;
    if (!chain.onTheWay && chain.waiting.length === 1) this.#ready.push(chain);
    return true;
  }

  take(): Parcel | undefined {
    const chain = this.#ready.shift();
    const message = chain?.waiting.shift();
    if (chain === undefined || message === undefined) return undefined;
    chain.onTheWay = true;
    chain.unsettled += 1;
    return { id: message.id, body: message.text, rows: [message], attempts: message.attempts };
  }

  passed(parcel: Parcel): void {
    const chain = this.#chainOf(parcel);
    if (chain === undefined) return;
    chain.onTheWay = false;
    if (chain.waiting.length > 0) this.#ready.push(chain);
  }

  putOff(parcel: Parcel): void {
    const chain = this.#chainOf(parcel);
    if (chain === undefined) return;
    chain.onTheWay = false;
    chain.putOff = true;
    this.#size -= chain.waiting.length;
    chain.waiting.length = 0;
  }

  unload(): void {
    this.#ready.length = 0;
    for (const [sessionId, chain] of this.#chains) {
      this.#size -= chain.waiting.length;
      chain.waiting.length = 0;
      chain.putOff = true;
      if (chain.unsettled === 0) this.#chains.delete(sessionId);
    }
  }

  settled(parcel: Parcel): void {
    const chain = this.#chainOf(parcel);
    if (chain === undefined) return;
    this.#size -= 1;
    chain.unsettled -= 1;
    const idle = chain.unsettled === 0 && !chain.onTheWay && chain.waiting.length === 0;
    if (idle) this.#chains.delete(parcel.rows[0]?.sessionId ?? '');
  }

  close(): void {
    this.#ready.length = 0;
    this.#chains.clear();
  }

  #chainOf(parcel: Parcel): Chain | undefined {
    return this.#chains.get(parcel.rows[0]?.sessionId ?? '');
  }
}
