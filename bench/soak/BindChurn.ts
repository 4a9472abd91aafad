import { setTimeout as delay } from 'node:timers/promises';
import type { SignedClient } from '../binds/SignedClient.ts';
import { churnedPairs, inTurn } from './pairs.ts';

/** Binds and unbinds one pair after the other, at an even pace, beside the calls. */
export class BindChurn implements AsyncDisposable {
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  /** Binds that were made, and unmade. */
  turns = 0;
  /** What the partner API refused or did not answer. */
  readonly failures: string[] = [];

  /** @param perSecond 0: none at all */
  constructor(client: SignedClient, perSecond: number) {
    this.#running = perSecond > 0 ? this.#run(client, 1000 / perSecond) : Promise.resolve();
  }

  async #run(client: SignedClient, everyMs: number): Promise<void> {
    const { signal } = this.#stopping;
    for (let turn = 0; !signal.aborted; turn += 1) {
      const { a, b, x } = inTurn(churnedPairs, turn);
      try {
        await client.unbind(await client.bind(a, b, x));
        this.turns += 1;
      } catch (error) {
        this.failures.push(error instanceof Error ? error.message : String(error));
      }
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }
}
