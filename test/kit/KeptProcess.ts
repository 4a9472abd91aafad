import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** What it has to end when it is told to, before it is killed. */
const STOP_PATIENCE_MS = 15_000;

export interface KeptProcessOptions {
  /** Starts the program. */
  readonly begin: () => ChildProcess;
  /** Milliseconds after which it is started again when it ends by itself, as a supervisor does; absent: it stays away. */
  readonly restartAfterMs?: number | undefined;
}

/** A server program of this machine: started, kept running if that is wanted, and stopped. */
export class KeptProcess {
  readonly #options: KeptProcessOptions;
  #child: ChildProcess;
  #lives = 1;
  #isStopping = false;
  #restart: NodeJS.Timeout | undefined;

  constructor(options: KeptProcessOptions) {
    this.#options = options;
    this.#child = this.#begin();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** How often it has been started. */
  get lives(): number {
    return this.#lives;
  }

  /** Its exit code or signal; undefined as long as it runs. */
  get ending(): number | string | undefined {
    return this.#child.exitCode ?? this.#child.signalCode ?? undefined;
  }

  /** Ends it for good; resolves when it is gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (this.ending !== undefined) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const impatient = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
    await gone;
    clearTimeout(impatient);
  }

  #begin(): ChildProcess {
    const child = this.#options.begin();
    // Should this process end in any way, its child does not stay behind.
    const reap = (): void => void child.kill('SIGKILL');
    process.once('exit', reap);
    child.once('exit', () => {
      process.off('exit', reap);
      const { restartAfterMs } = this.#options;
      if (this.#isStopping || restartAfterMs === undefined) return;
      this.#restart = setTimeout(() => {
        this.#lives += 1;
        this.#child = this.#begin();
      }, restartAfterMs);
    });
    return child;
  }
}
