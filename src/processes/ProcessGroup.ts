import { setTimeout as delay } from 'node:timers/promises';
import { faultFields } from '../telemetry/fault.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type Exit, NodeProcess } from './NodeProcess.ts';
import type { Answers, OpenPorts, Question } from './processMessages.ts';
import { UseExchange } from './UseExchange.ts';

export interface ProcessGroupOptions<Assignment> {
  /** The program that each process runs. */
  readonly program: string;
  /** How many processes carry calls. */
  readonly count: number;
  /** What the process in a slot (1, 2, …) is to do. */
  readonly assign: (slot: number) => Assignment;
  readonly logger: Logger;
  /** Milliseconds between two looks whether a process still answers. */
  readonly lookEveryMs?: number;
}

/** A process that lived so long is started again at once when it dies. */
const STEADY_MS = 60_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
const LOOK_EVERY_MS = 5_000;
/** Looks without an answer, each of them with its own patience, after which a process counts as hung. */
const MOST_SILENT_LOOKS = 4;

/**
 * Processes that do the same work side by side: kept at their number, replaced one by one, stopped together.
 *
 * Each has a slot, and by it a node id of its own. When one dies another is told to take over what it held, and a new
 * one is started in the slot that became free. One that hangs is ended, because the SIP server would go on giving it
 * calls. One that is replaced goes only after its successor, in a free slot, takes calls.
 */
export class ProcessGroup<Assignment> {
  readonly #options: ProcessGroupOptions<Assignment>;
  readonly #processes = new Set<NodeProcess<Assignment>>();
  readonly #exchange = new UseExchange<NodeProcess<Assignment>>();
  readonly #stopping = new AbortController();
  /** Restarts under way, each of which ends by itself. */
  readonly #restarting = new Set<Promise<void>>();
  #replacing: Promise<void> | undefined;
  #restarts = 0;

  constructor(options: ProcessGroupOptions<Assignment>) {
    this.#options = options;
  }

  /** Processes that take calls now. */
  get running(): number {
    return [...this.#processes].filter(({ isReady, isAskedToStop }) => isReady && !isAskedToStop).length;
  }

  /** Processes that ended without having been asked to and were started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /**
   * Starts one process, which finds and makes what a first start makes, then the others.
   * @throws ProcessGoneError when one cannot run; those that could have been stopped then
   */
  async start(): Promise<OpenPorts> {
    const { count } = this.#options;
    try {
      const first = await this.#run(1);
      await Promise.all(Array.from({ length: count - 1 }, (_, index) => this.#run(index + 2)));
      return await first.ready;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /**
   * Puts a new process in the place of each, one after the other: what runs afterwards is the program as it lies on disk
   * now. Stops at the first that cannot run. Asked again while it is under way, it does nothing more.
   */
  replaceAll(): Promise<void> {
    this.#replacing ??= this.#replaceEach().finally(() => {
      this.#replacing = undefined;
    });
    return this.#replacing;
  }

  /** Asks every process to let its calls end and to leave; resolves when all have left. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const each of this.#processes) each.stop();
    await Promise.all([...this.#processes].map(({ gone }) => gone));
    await Promise.all([...this.#restarting, this.#replacing]);
  }

  /** Asks every process that takes calls or lets its last ones end. @returns the answers of those that answered */
  async ask<Asked extends Question>(question: Asked): Promise<Answers[Asked][]> {
    const answers = await Promise.all([...this.#processes].map((each) => each.ask(question)));
    return answers.filter((answer) => answer !== undefined);
  }

  async #replaceEach(): Promise<void> {
    const { logger } = this.#options;
    for (const old of [...this.#processes]) {
      if (this.#stopping.signal.aborted) return;
      // It died meanwhile: what was started again is new already.
      if (!this.#processes.has(old)) continue;
      const made = await this.#run(this.#freeSlot()).catch((error: unknown) => {
        logger.error(faultFields(error), 'a new process cannot run; the old ones stay');
      });
      if (made === undefined) return;
      // It died while its successor started: then there are two of those.
      const surplus = this.#processes.has(old) ? old : made;
      surplus.stop();
      await surplus.gone;
      logger.info({ slot: made.slot, replaces: old.slot }, 'replaced a process');
    }
  }

  /** Starts a process, waits until it takes calls, and keeps it. @throws ProcessGoneError */
  async #run(slot: number): Promise<NodeProcess<Assignment>> {
    const { program, assign } = this.#options;
    const made: NodeProcess<Assignment> = new NodeProcess({
      program,
      slot,
      assignment: assign(slot),
      onUse: (use) => this.#exchange.told(made, use),
    });
    this.#processes.add(made);
    this.#exchange.join(made);
    void made.gone.then(() => {
      this.#processes.delete(made);
      this.#exchange.leave(made);
    });
    await made.ready;
    this.#keep(made);
    return made;
  }

  #freeSlot(): number {
    const taken = new Set([...this.#processes].map(({ slot }) => slot));
    let slot = 1;
    while (taken.has(slot)) slot += 1;
    return slot;
  }

  /** Starts it again should it end without having been asked to. */
  #keep(kept: NodeProcess<Assignment>): void {
    void this.#endWhenHung(kept);
    void kept.gone.then((exit) => {
      if (kept.isAskedToStop || this.#stopping.signal.aborted) return;
      this.#tellOf(kept, exit);
      if (kept.life !== undefined) this.#aRunningOne?.takeOver(kept.life);
      const restarting: Promise<void> = this.#restart(kept).finally(() =>
        this.#restarting.delete(restarting),
      );
      this.#restarting.add(restarting);
    });
  }

  async #endWhenHung(kept: NodeProcess<Assignment>): Promise<void> {
    const { logger, lookEveryMs = LOOK_EVERY_MS } = this.#options;
    let silentLooks = 0;
    const gone = new AbortController();
    void kept.gone.then(() => gone.abort());
    while (silentLooks < MOST_SILENT_LOOKS) {
      await delay(lookEveryMs, undefined, { signal: gone.signal }).catch(() => undefined);
      if (gone.signal.aborted) return;
      silentLooks = (await kept.ask('obstacles')) === undefined ? silentLooks + 1 : 0;
    }
    logger.error({ slot: kept.slot, pid: kept.pid }, 'a process does not answer any more; ending it');
    kept.kill();
  }

  get #aRunningOne(): NodeProcess<Assignment> | undefined {
    return [...this.#processes].find(({ isReady, isAskedToStop }) => isReady && !isAskedToStop);
  }

  #tellOf({ slot, pid }: NodeProcess<Assignment>, exit: Exit): void {
    const { logger } = this.#options;
    if (exit === 0) logger.info({ slot, pid }, 'a process was asked to leave; starting another');
    else logger.error({ slot, pid, exit }, 'a process died; starting it again');
  }

  /** Starts another until one runs, at growing intervals. */
  async #restart(dead: NodeProcess<Assignment>): Promise<void> {
    const { logger } = this.#options;
    const { signal } = this.#stopping;
    let pauseMs = performance.now() - dead.startedAtMs > STEADY_MS ? 0 : FIRST_PAUSE_MS;
    for (;;) {
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      this.#restarts += 1;
      const slot = this.#freeSlot();
      try {
        await this.#run(slot);
        logger.info({ slot }, 'a process runs again');
        return;
      } catch (error) {
        logger.error(faultFields(error), 'a process cannot run; will be tried again');
        pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, pauseMs * 2));
      }
    }
  }
}
