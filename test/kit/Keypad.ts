import { SAMPLES_PER_PACKET } from './audio.ts';

export interface Press {
  /** How long the key is held, in steps of 20 ms. */
  readonly holdMs?: number;
  /** How long nothing is held afterwards. */
  readonly gapMs?: number;
}

/** The payload of one telephone-event packet (RFC 4733 2.3). */
export interface KeyEvent {
  /** The first packet of a key: the marker bit, and the timestamp of all that follow for it. */
  readonly isFirst: boolean;
  readonly payload: Buffer;
}

interface Held {
  readonly code: number;
  readonly holdTicks: number;
  readonly gapTicks: number;
  readonly released: () => void;
}

const TICK_MS = 20;
const KEYS = '0123456789*#ABCD';
const VOLUME = 10;
const END_PACKETS = 3;

/** The keys of a phone: pressed one after the other, and what that sends in each packet time. */
export class Keypad {
  readonly #waiting: Held[] = [];
  #ticks = 0;

  /** Presses these keys after those that wait. Resolves when the last one and its gap are over. */
  async press(keys: string, { holdMs = 100, gapMs = 60 }: Press = {}): Promise<void> {
    const presses = [...keys].map((key) => {
      const code = KEYS.indexOf(key);
      if (code < 0) throw new Error(`${key}: expected one of ${KEYS}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      const holdTicks = Math.max(1, Math.round(holdMs / TICK_MS));
      this.#waiting.push({ code, holdTicks, gapTicks: Math.round(gapMs / TICK_MS), released: resolve });
      return promise;
    });
    await Promise.all(presses);
  }

  /** What is sent in the next packet time in place of sound; nothing when no key is held. */
  tick(): readonly KeyEvent[] {
    const [held] = this.#waiting;
    if (held === undefined) return [];
    this.#ticks += 1;
    const tick = this.#ticks;
    if (tick >= held.holdTicks + held.gapTicks) this.#release(held);
    if (tick > held.holdTicks) return [];
    const isEnd = tick === held.holdTicks;
    const payload = Buffer.from([held.code, isEnd ? 0x80 | VOLUME : VOLUME, 0, 0]);
    payload.writeUInt16BE(tick * SAMPLES_PER_PACKET, 2);
    return Array.from({ length: isEnd ? END_PACKETS : 1 }, (_, repeat) => ({
      isFirst: tick === 1 && repeat === 0,
      payload,
    }));
  }

  /** Nobody presses anything any more. */
  close(): void {
    for (const { released } of this.#waiting.splice(0)) released();
  }

  #release(held: Held): void {
    this.#waiting.shift();
    this.#ticks = 0;
    held.released();
  }
}
