import { setTimeout as delay } from 'node:timers/promises';
import { sleepUntil } from '../calls/sleepUntil.ts';
import { quantile } from '../statistics.ts';
import { LoadPhones } from './LoadPhones.ts';
import { inTurn, plainPairs, recordedPairs } from './pairs.ts';

export interface Pace {
  readonly target: { readonly host: string; readonly port: number };
  readonly callsPerSecond: number;
  /** So many of a hundred calls are recorded. */
  readonly recordedPercent: number;
  readonly talkSeconds: number;
}

/** Since the start, but for the delays, which are those since they were told before. */
export interface Progress {
  readonly begun: number;
  readonly completed: number;
  readonly recorded: number;
  /** What became of the calls that were not completed. */
  readonly failures: Readonly<Record<string, number>>;
  readonly postDialDelayMs: { readonly p50: number; readonly p99: number };
}

/** What has happened between two moments. */
export function progressSince(before: Progress, now: Progress): Progress {
  const failures = Object.entries(now.failures)
    .map(([what, times]) => [what, times - (before.failures[what] ?? 0)] as const)
    .filter(([, times]) => times > 0);
  return {
    ...now,
    begun: now.begun - before.begun,
    completed: now.completed - before.completed,
    recorded: now.recorded - before.recorded,
    failures: Object.fromEntries(failures),
  };
}

/** Calls at an even pace, whatever becomes of them, until it is told to stop. */
export class PacedLoad {
  readonly #phones = new LoadPhones();
  readonly #underWay = new Set<Promise<void>>();
  readonly #failures: Record<string, number> = {};
  #begun = 0;
  #recorded = 0;
  #completed = 0;
  #pacing: Promise<void> = Promise.resolve();
  #isStopping = false;

  /** @returns where B's phone listens */
  start(): Promise<number> {
    return this.#phones.start();
  }

  begin(pace: Pace): void {
    this.#isStopping = false;
    this.#pacing = this.#keepPace(pace);
  }

  /** Begins no more calls, and waits for the end of all. */
  async finish(): Promise<void> {
    this.#isStopping = true;
    await this.#pacing;
    await Promise.all(this.#underWay);
  }

  progress(): Progress {
    const delays = this.#phones.postDialDelaysMs.splice(0);
    return {
      begun: this.#begun,
      completed: this.#completed,
      recorded: this.#recorded,
      failures: this.#failures,
      postDialDelayMs:
        delays.length === 0
          ? { p50: 0, p99: 0 }
          : { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) },
    };
  }

  async stop(): Promise<void> {
    await this.#phones.stop();
  }

  async #keepPace(pace: Pace): Promise<void> {
    const startedAt = performance.now();
    for (let turn = 0; !this.#isStopping; turn += 1) {
      const call = this.#call(pace);
      this.#underWay.add(call);
      void call.finally(() => this.#underWay.delete(call));
      await sleepUntil(startedAt + (1000 * (turn + 1)) / pace.callsPerSecond);
    }
  }

  async #call({ target, recordedPercent, talkSeconds }: Pace): Promise<void> {
    this.#begun += 1;
    const recordedBefore = this.#recorded;
    // Even among the others, not all at once.
    const withSound = Math.floor((this.#begun * recordedPercent) / 100) > recordedBefore;
    if (withSound) this.#recorded += 1;
    const pair = withSound ? inTurn(recordedPairs, this.#recorded) : inTurn(plainPairs, this.#begun);
    const end = await this.#phones.call({
      ...pair,
      target,
      withSound,
      talk: () => delay(1000 * talkSeconds),
    });
    if (end === 'completed') this.#completed += 1;
    else this.#failures[end] = (this.#failures[end] ?? 0) + 1;
  }
}
