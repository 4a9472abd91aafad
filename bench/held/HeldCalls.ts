import { sleepUntil } from '../calls/sleepUntil.ts';
import { pairAt } from '../pairs.ts';
import { type CallEnd, LoadPhones } from '../soak/LoadPhones.ts';

export interface HeldOrder {
  readonly target: { readonly host: string; readonly port: number };
  readonly calls: number;
  readonly callsPerSecond: number;
}

/** Plain calls that are begun at an even pace, stay, and are ended at an even pace. */
export class HeldCalls {
  readonly #phones = new LoadPhones();
  readonly #hangUps: (() => void)[] = [];
  readonly #calls: Promise<CallEnd>[] = [];

  /** @returns where B's phone listens */
  start(): Promise<number> {
    return this.#phones.start();
  }

  /** @returns how many calls were answered, when that is known of all */
  async begin({ target, calls, callsPerSecond }: HeldOrder): Promise<number> {
    const startedAt = performance.now();
    const answers: Promise<boolean>[] = [];
    for (let index = 0; index < calls; index += 1) {
      await sleepUntil(startedAt + (1000 * index) / callsPerSecond);
      const answered = Promise.withResolvers<boolean>();
      const hungUp = Promise.withResolvers<void>();
      this.#hangUps.push(hungUp.resolve);
      const talk = (): Promise<void> => {
        answered.resolve(true);
        return hungUp.promise;
      };
      const call = this.#phones.call({ ...pairAt(index), target, withSound: false, talk });
      this.#calls.push(call);
      answers.push(Promise.race([answered.promise, call.then(() => false)]));
    }
    return (await Promise.all(answers)).filter((wasAnswered) => wasAnswered).length;
  }

  /** Ends all. @returns how many calls ended in each way */
  async end(callsPerSecond: number): Promise<Record<string, number>> {
    const startedAt = performance.now();
    for (const [index, hangUp] of this.#hangUps.splice(0).entries()) {
      await sleepUntil(startedAt + (1000 * index) / callsPerSecond);
      hangUp();
    }
    const ends: Record<string, number> = {};
    for (const end of await Promise.all(this.#calls.splice(0))) ends[end] = (ends[end] ?? 0) + 1;
    return ends;
  }

  async stop(): Promise<void> {
    await this.#phones.stop();
  }
}
