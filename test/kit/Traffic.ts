import { setTimeout as delay } from 'node:timers/promises';
import type { Phone } from './Phone.ts';
import type { CallEnd } from './PhoneCall.ts';
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
  /** Milliseconds from the answer until the caller hangs up. */
  readonly talkMs: number;
}

/**
 * What became of a call, as its caller saw it.
 * - `talked`: it was answered, lasted as long as he wished, and his BYE was answered with 200
 * - `cut`: it was answered and ended before, or nobody knew it any more when he hung up
 * - `refused`: it got a final response of 300 or more
 * - `unheard`: nothing final came
 */
export type Fate = 'talked' | 'cut' | 'refused' | 'unheard';

/** One call as its caller saw it; times are milliseconds of `performance.now()`. */
export interface SeenCall {
  readonly pair: Pair;
  readonly startedAt: number;
  answeredAt?: number;
  endedAt?: number;
  fate?: Fate;
  /** What was seen of its end, for people. */
  detail?: string;
}

const ANSWER_PATIENCE_MS = 20_000;

/** What became of the calls. */
export interface TrafficReport {
  readonly calls: number;
  /** What went wrong, one line for each call that did not go as it should. */
  readonly lost: readonly string[];
}

/** Calls that keep coming, as a carrier sends them, whatever becomes of them, until `end`. */
export class Traffic {
  readonly calls: SeenCall[] = [];
  readonly #options: TrafficOptions;
  readonly #under: Promise<void>[] = [];
  readonly #unanswered: string[] = [];
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: TrafficOptions) {
    this.#options = options;
    options.ben.onCall = (call) => {
      call.ring();
      call.answer().catch((error: unknown) => this.#unanswered.push(`could not be answered: ${error}`));
    };
    this.#running = this.#run();
  }

  /** Calls begun so far. */
  get begun(): number {
    return this.calls.length;
  }

  /** Calls that were begun and are not over. */
  get inFlight(): readonly SeenCall[] {
    return this.calls.filter(({ endedAt }) => endedAt === undefined);
  }

  /** Calls of which both sides are connected. */
  get talking(): readonly SeenCall[] {
    return this.inFlight.filter(({ answeredAt }) => answeredAt !== undefined);
  }

  /** Begins no further call, and waits for the end of those in progress. */
  async end(): Promise<TrafficReport> {
    this.#stopping.abort();
    await this.#running;
    await Promise.all(this.#under);
    const lost = this.calls.flatMap(({ fate, detail }, nth) =>
      fate === 'talked' ? [] : [`call ${nth}: ${fate} (${detail})`],
    );
    return { calls: this.calls.length, lost: [...lost, ...this.#unanswered] };
  }

  async #run(): Promise<void> {
    const { pairs, everyMs } = this.#options;
    const { signal } = this.#stopping;
    for (let nth = 0; !signal.aborted; nth++) {
      const pair = pairs[nth % pairs.length];
      if (pair === undefined) return;
      const seen: SeenCall = { pair, startedAt: performance.now() };
      this.calls.push(seen);
      this.#under.push(this.#make(seen));
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #make(seen: SeenCall): Promise<void> {
    try {
      Object.assign(seen, await this.#talk(seen));
    } catch (error) {
      seen.fate = seen.answeredAt === undefined ? 'unheard' : 'cut';
      seen.detail = error instanceof Error ? error.message : String(error);
    }
    seen.endedAt = performance.now();
  }

  async #talk(seen: SeenCall): Promise<Required<Pick<SeenCall, 'fate' | 'detail'>>> {
    const { anna, talkMs } = this.#options;
    const call = await anna.call(seen.pair.x, { from: seen.pair.a });
    const final = Promise.race([call.ended, call.answered.then(() => 'answered' as const)]);
    const first = await within(
      final.catch(() => call.ended),
      'an answer',
      ANSWER_PATIENCE_MS,
    ).catch(async (error: unknown) => {
      await call.leave();
      throw error;
    });
    if (first !== 'answered') return ending(first);
    seen.answeredAt = performance.now();
    await Promise.race([delay(talkMs), call.ended]);
    if (call.isOver) return { fate: 'cut', detail: 'ended too early' };
    const status = await call.hangUp();
    return { fate: status === 200 ? 'talked' : 'cut', detail: `BYE: ${status}` };
  }
}

function ending({ how, status }: CallEnd): Required<Pick<SeenCall, 'fate' | 'detail'>> {
  return how === 'refused' ? { fate: 'refused', detail: String(status) } : { fate: 'unheard', detail: how };
}
