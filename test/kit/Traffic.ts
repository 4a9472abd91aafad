import { setTimeout as delay } from 'node:timers/promises';
import type { Phone } from './Phone.ts';
import { within } from './Series.ts';
import type { Pair } from './Tenant.ts';

export interface TrafficOptions {
  /** Who calls; was told where to dial. */
  readonly anna: Phone;
  /** Who is called, and answers. */
  readonly ben: Phone;
  /** Who calls on which X, in turn. */
  readonly pairs: readonly Pair[];
  /** Milliseconds from one call to the next. */
  readonly everyMs: number;
  /** Milliseconds from the answer until one of both hangs up. */
  readonly talkMs: number;
}

/** What became of the calls. */
export interface TrafficReport {
  readonly calls: number;
  /** What went wrong, one line for each call that did not go as it should. */
  readonly lost: readonly string[];
}

/** Calls that come one after the other, as a carrier sends them: each is answered, lasts a while and is hung up. */
export class Traffic {
  readonly #options: TrafficOptions;
  readonly #calls: Promise<void>[] = [];
  readonly #lost: string[] = [];
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: TrafficOptions) {
    this.#options = options;
    options.ben.onCall = (call) => {
      call.ring();
      call.answer().catch((error: unknown) => this.#lost.push(`Ben could not answer: ${error}`));
    };
    this.#running = this.#run();
  }

  /** Calls begun so far. */
  get begun(): number {
    return this.#calls.length;
  }

  /** Begins no further call, and waits for the end of those in progress. */
  async end(): Promise<TrafficReport> {
    this.#stopping.abort();
    await this.#running;
    await Promise.all(this.#calls);
    return { calls: this.#calls.length, lost: this.#lost };
  }

  async #run(): Promise<void> {
    const { pairs, everyMs } = this.#options;
    const { signal } = this.#stopping;
    for (let nth = 0; !signal.aborted; nth++) {
      const pair = pairs[nth % pairs.length];
      if (pair === undefined) return;
      const at = new Date().toISOString();
      const call = this.#talk(pair).catch((error: unknown) => {
        this.#lost.push(`call ${nth} at ${at}: ${error instanceof Error ? error.message : error}`);
      });
      this.#calls.push(call);
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #talk({ a, x }: Pair): Promise<void> {
    const { anna, talkMs } = this.#options;
    const call = await anna.call(x, { from: a });
    await within(call.answered, 'the answer');
    await Promise.race([delay(talkMs), call.ended]);
    if (call.isOver) throw new Error(`ended too early: ${JSON.stringify(await call.ended)}`);
    const status = await call.hangUp();
    if (status !== 200) throw new Error(`the BYE was answered with ${status}`);
  }
}
