import type { Answers, FromProcess, Question, ReadyProcess, ToProcess } from './processMessages.ts';
import { SharedUse } from './SharedUse.ts';

/** What a process does at its parent's word. */
export interface Duties {
  /** How it answers questions. */
  readonly answers: { readonly [Each in Question]: () => Promise<Answers[Each]> | Answers[Each] };
  /** Takes over what a process held that has died. */
  readonly takeOver: (life: string) => void;
}

/**
 * The end of the wire to the parent in one process of a group.
 *
 * The parent says when to stop. A SIGTERM to this process alone means the same, and the parent puts another in its place;
 * SIGINT comes from a terminal to all processes at once and is the parent's to hear. Without a parent there is no SIP
 * server to speak to and another process may already have this one's node id: it leaves at once.
 */
export class ProcessLink<Assignment> {
  /** Resolves with what this process is to do. */
  readonly assignment: Promise<Assignment>;
  /** Resolves with the reason when this process is to leave. */
  readonly stopping: Promise<string>;
  /** What it may have only so much of together with the other processes. */
  readonly shared = new SharedUse((use) => this.#tell({ type: 'used', use }));
  readonly #leaveAtOnce = () => process.exit(1);
  #duties: Duties | undefined;

  constructor() {
    const assignment = Promise.withResolvers<Assignment>();
    const stopping = Promise.withResolvers<string>();
    this.assignment = assignment.promise;
    this.stopping = stopping.promise;
    process.on('SIGINT', () => undefined);
    process.on('SIGTERM', (signal) => stopping.resolve(signal));
    process.on('disconnect', this.#leaveAtOnce);
    process.on('message', (message: ToProcess<Assignment>) => {
      if (message.type === 'start') assignment.resolve(message.assignment);
      else if (message.type === 'stop') stopping.resolve('parent');
      else if (message.type === 'died') this.#duties?.takeOver(message.life);
      else if (message.type === 'used') this.shared.hear(message.use);
      else void this.#answer(message.id, message.question);
    });
  }

  /** Tells the parent that this process takes calls and requests, and does from now on what the parent says. */
  ready(ready: ReadyProcess, duties: Duties): void {
    this.#duties = duties;
    this.#tell({ type: 'ready', ports: ready.ports, life: ready.life });
  }

  /** Lets this process end by itself. */
  close(): void {
    process.off('disconnect', this.#leaveAtOnce);
    this.shared.close();
    if (process.connected) process.disconnect();
  }

  /** What cannot be told is missing at the parent; nobody's calls end for it. */
  async #answer(id: number, question: Question): Promise<void> {
    const answer = await this.#answerTo(question).catch(() => undefined);
    if (answer !== undefined) this.#tell({ type: 'answer', id, answer });
  }

  async #answerTo(question: Question): Promise<Answers[Question] | undefined> {
    return this.#duties?.answers[question]();
  }

  #tell(message: FromProcess): void {
    if (process.connected) process.send?.(message);
  }
}
