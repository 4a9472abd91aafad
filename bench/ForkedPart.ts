import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A part of a bench in a process of its own, which takes one order at a time and answers it. */
export class ForkedPart implements AsyncDisposable {
  readonly #child: ChildProcess;

  /** @param file a script that ends when it is disconnected */
  constructor(file: string, options: readonly string[] = []) {
    this.#child = fork(file, options);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The next message that comes. @throws Error when the process ends instead */
  async hear<Message>(): Promise<Message> {
    const heard = new AbortController();
    const { signal } = heard;
    try {
      const [message] = await Promise.race([
        once(this.#child, 'message', { signal }),
        once(this.#child, 'exit', { signal }).then(([code]) => {
          throw new Error(`a process of the bench ended (${code})`);
        }),
      ]);
      return message;
    } finally {
      heard.abort();
    }
  }

  /** @throws Error when the process ends before it has answered */
  ask<Message>(order: object): Promise<Message> {
    const answer = this.hear<Message>();
    this.#child.send(order);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'exit');
    if (!this.#child.connected) return;
    this.#child.disconnect();
    await gone;
  }
}
