import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises';
import type { Logger } from '../telemetry/logger.ts';

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 500;

export interface GroupCommitOptions<Item> {
  /** What is written, for log lines. */
  readonly name: string;
  /** Writes a group in one transaction. It is called again with the same group when it threw, so it must be repeatable. */
  readonly write: (group: Item[]) => Promise<void>;
  /** Called with an item that the database refuses for what it holds; everything beside it is written all the same. */
  readonly onRefused: (item: Item, error: unknown) => void;
  readonly largestGroup: number;
  /** Milliseconds that a group gathers before it is written, for what nobody waits for. Default 0: at once. */
  readonly gatherMs?: number;
  readonly logger: Logger;
}

/** What a log line may hold of a database error: its other fields can carry column values. */
function describe(error: unknown): object {
  if (!(error instanceof Error)) return { reason: String(error) };
  return { code: 'code' in error ? String(error.code) : error.name, reason: error.message };
}

/** SQLSTATE class 22 (data exception) and 23 (constraint violation): the rows are at fault, and trying again is useless. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^2[23]/.test(String(error.code));
}

/**
 * Writes items in groups, one transaction a group, in the order in which they came.
 *
 * While one group is being written the next one gathers: an idle database sees an item at once, a busy one sees
 * larger groups. A database that is away loses nothing: the group stays as it is and is tried again, and what
 * comes meanwhile waits in memory behind it. How much may wait is for the owner to decide (`depth`, `failing`).
 */
export class GroupCommit<Item> {
  readonly #options: GroupCommitOptions<Item>;
  readonly #stopped = new AbortController();
  #waiting: Item[] = [];
  #writing = 0;
  #running: Promise<void> | undefined;
  #failing = false;
  #hurried = false;

  constructor(options: GroupCommitOptions<Item>) {
    this.#options = options;
  }

  /** Items not yet written. */
  get depth(): number {
    return this.#waiting.length + this.#writing;
  }

  /** True from a failed write until the next one that succeeds. */
  get failing(): boolean {
    return this.#failing;
  }

  add(item: Item): void {
    this.#waiting.push(item);
    this.#running ??= this.#run();
  }

  /** Resolves when all that was added before is written, or the group commit was stopped. */
  async flush(): Promise<void> {
    this.#hurried = true;
    while (this.#running !== undefined) await this.#running;
    this.#hurried = false;
  }

  /** Ends retries and returns the items that were not written. */
  async stop(): Promise<Item[]> {
    this.#stopped.abort();
    await this.flush();
    return this.#waiting.splice(0);
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#stopped.signal.aborted) {
      await this.#gather();
      const group = this.#waiting.splice(0, this.#options.largestGroup);
      this.#writing = group.length;
      const unwritten = await this.#write(group);
      this.#writing = 0;
      if (unwritten.length > 0) this.#waiting = [...unwritten, ...this.#waiting];
    }
    this.#running = undefined;
  }

  /** At the least one turn of the event loop, so that everything that this turn has to say shares a group. */
  async #gather(): Promise<void> {
    const { gatherMs = 0, largestGroup } = this.#options;
    if (gatherMs === 0 || this.#waiting.length >= largestGroup || this.#hurried) await immediate();
    else await delay(gatherMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
  }

  /** Returns the items that were left when the group commit was stopped. */
  async #write(group: Item[]): Promise<Item[]> {
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)) {
      try {
        await this.#options.write(group);
        if (this.#failing)
          this.#options.logger.info({ depth: this.depth }, `${this.#options.name}: written again`);
        this.#failing = false;
        return [];
      } catch (error) {
        if (isRefusal(error)) return this.#writeHalves(group, error);
        if (!this.#failing)
          this.#options.logger.error(
            { ...describe(error), depth: this.depth },
            `${this.#options.name}: not written, will retry`,
          );
        this.#failing = true;
      }
      try {
        await delay(retryMs, undefined, { signal: this.#stopped.signal });
      } catch {
        return group;
      }
    }
  }

  async #writeHalves(group: Item[], error: unknown): Promise<Item[]> {
    const [only, ...others] = group;
    if (only !== undefined && others.length === 0) {
      this.#options.logger.error(describe(error), `${this.#options.name}: refused by the database`);
      this.#options.onRefused(only, error);
      return [];
    }
    const middle = group.length >> 1;
    const left = await this.#write(group.slice(0, middle));
    if (left.length > 0) return [...left, ...group.slice(middle)];
    return this.#write(group.slice(middle));
  }
}
