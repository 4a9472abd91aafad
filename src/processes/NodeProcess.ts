import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Answers,
  type FromProcess,
  type OpenPorts,
  PROCESS_ARGUMENT,
  type Question,
  type ToProcess,
} from './processMessages.ts';
import type { Use } from './SharedUse.ts';

export interface NodeProcessOptions<Assignment> {
  /** The program, which is told PROCESS_ARGUMENT. */
  readonly program: string;
  /** Its place in the group; two that live at the same time never share one. */
  readonly slot: number;
  readonly assignment: Assignment;
  /** What it tells the others. */
  readonly onUse: (use: Use) => void;
}

/** How a process ended: its exit code, or the signal that ended it. */
export type Exit = number | NodeJS.Signals;

/** A process that ended before it was ready, or was never started. */
export class ProcessGoneError extends Error {
  readonly code = 'PROCESS_GONE';
  constructor(slot: number, how: string) {
    super(`process ${slot} ended (${how}) before it was ready`);
    this.name = 'ProcessGoneError';
  }
}

/** A busy process answers late, a hung one never. */
const ANSWER_PATIENCE_MS = 3_000;

/** One process of the group, as its parent sees it. */
export class NodeProcess<Assignment> {
  readonly slot: number;
  readonly startedAtMs = performance.now();
  /** Resolves when it takes calls. @throws ProcessGoneError */
  readonly ready: Promise<OpenPorts>;
  readonly gone: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answers[Question] | undefined) => void>();
  #isReady = false;
  #isAskedToStop = false;
  #nextId = 1;
  #life: string | undefined;

  constructor({ program, slot, assignment, onUse }: NodeProcessOptions<Assignment>) {
    this.slot = slot;
    const ready = Promise.withResolvers<OpenPorts>();
    const gone = Promise.withResolvers<Exit>();
    this.ready = ready.promise;
    this.gone = gone.promise;
    // Who waits for its end only need not hear of it twice.
    ready.promise.catch(() => undefined);
    this.#child = fork(program, [PROCESS_ARGUMENT], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const end = (exit: Exit, how: string): void => {
      this.#isReady = false;
      for (const answered of this.#waiting.values()) answered(undefined);
      ready.reject(new ProcessGoneError(slot, how));
      gone.resolve(exit);
    };
    this.#child.once('error', (error) => end(1, error.message));
    this.#child.once('exit', (code, signal) => end(signal ?? code ?? 1, String(signal ?? code)));
    this.#child.on('message', (message: FromProcess) => {
      if (message.type === 'ready') {
        this.#isReady = true;
        this.#life = message.life;
        ready.resolve(message.ports);
      } else if (message.type === 'used') onUse(message.use);
      else this.#waiting.get(message.id)?.(message.answer);
    });
    this.#tell({ type: 'start', assignment });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it has been ready and still runs. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** By what the database knows it; undefined until it is ready. */
  get life(): string | undefined {
    return this.#life;
  }

  get isAskedToStop(): boolean {
    return this.#isAskedToStop;
  }

  /** Asks it to let its calls end and to leave; `gone` tells when it has. */
  stop(): void {
    this.#isAskedToStop = true;
    if (!this.#tell({ type: 'stop' })) this.kill();
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Tells it that another process has died, so that it takes over what that one held. */
  takeOver(life: string): void {
    this.#tell({ type: 'died', life });
  }

  /** Tells it what the other processes have. */
  hear(use: Use): void {
    this.#tell({ type: 'used', use });
  }

  /** @returns undefined when it does not answer in time, or at all */
  async ask<Asked extends Question>(question: Asked): Promise<Answers[Asked] | undefined> {
    const id = this.#nextId;
    this.#nextId += 1;
    const answer = Promise.withResolvers<Answers[Question] | undefined>();
    const impatience = new AbortController();
    this.#waiting.set(id, answer.resolve);
    if (!this.#isReady || !this.#tell({ type: 'ask', id, question })) answer.resolve(undefined);
    const late = delay(ANSWER_PATIENCE_MS, undefined, { signal: impatience.signal }).catch(() => undefined);
    const first = await Promise.race([answer.promise, late]);
    impatience.abort();
    this.#waiting.delete(id);
    // The answer to this id is one to this question.
    return first as Answers[Asked] | undefined;
  }

  /** @returns whether there is somebody to be told */
  #tell(message: ToProcess<Assignment>): boolean {
    if (!this.#child.connected) return false;
    // A process that ends meanwhile is heard of by its exit; one that is slow to read hears it all the same.
    this.#child.send(message, () => undefined);
    return true;
  }
}
