import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { MediaStats } from './MediaServer.ts';
import type { FromChild, ToChild } from './messages.ts';
import type { MediaSettings } from './settings.ts';

/** The embedded media server could not be started or does not answer. */
export class MediaProcessError extends Error {
  override readonly name = 'MediaProcessError';
  readonly code: 'start_failed' | 'not_running';

  constructor(code: 'start_failed' | 'not_running', message: string) {
    super(message);
    this.code = code;
  }
}

const CHILD_PATH = fileURLToPath(new URL('./child.ts', import.meta.url));
/** After a crash the process is started again this much later, so that a crash at the start is no busy loop. */
const RESTART_DELAY_MS = 250;
/** A process that does not leave when it is asked to is killed. */
const STOP_TIMEOUT_MS = 5000;

/** Owns the media server's process: starts it, starts it again when it has crashed, and ends it. */
export class MediaProcess {
  restarts = 0;
  #settings: MediaSettings;
  #child: ChildProcess | undefined;
  /** The child has started and has not left since. */
  #isReady = false;
  #restartTimer: NodeJS.Timeout | undefined;
  #stopping = false;
  #questions = 0;
  readonly #waiting = new Map<
    number,
    { resolve: (stats: MediaStats) => void; reject: (error: Error) => void }
  >();

  constructor(settings: MediaSettings) {
    this.#settings = settings;
  }

  get eslPort(): number {
    return this.#settings.eslPort;
  }

  get sipPort(): number {
    return this.#settings.sipPort;
  }

  /** The process, while it runs; tests end it to see that it comes back. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** @throws MediaProcessError `start_failed` */
  async start(): Promise<void> {
    const child = fork(CHILD_PATH, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child = child;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    child.on('message', (message: FromChild) => {
      switch (message.type) {
        case 'started':
          // A restarted process keeps the ports that its clients know.
          this.#settings = { ...this.#settings, eslPort: message.eslPort, sipPort: message.sipPort };
          this.#isReady = true;
          child.on('exit', () => this.#onExit());
          resolve();
          return;
        case 'failed':
          reject(new MediaProcessError('start_failed', `media server: ${message.message}`));
          return;
        case 'stats':
          this.#waiting.get(message.id)?.resolve(message.stats);
          this.#waiting.delete(message.id);
      }
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(
        new MediaProcessError('start_failed', `media server left with code ${code} before it was ready`),
      ),
    );
    this.#tell(child, { type: 'start', settings: this.#settings });
    await promise;
  }

  /** @throws MediaProcessError `not_running` */
  stats(): Promise<MediaStats> {
    const child = this.#child;
    if (!child?.connected || !this.#isReady)
      return Promise.reject(new MediaProcessError('not_running', 'media server is not running'));
    const id = ++this.#questions;
    const { promise, resolve, reject } = Promise.withResolvers<MediaStats>();
    this.#waiting.set(id, { resolve, reject });
    this.#tell(child, { type: 'stats', id });
    return promise;
  }

  /** Hangs up what is left and ends the process. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    if (child.connected) this.#tell(child, { type: 'stop' });
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  }

  #tell(child: ChildProcess, message: ToChild): void {
    // When the process has gone, its exit says so.
    child.send(message, () => undefined);
  }

  #onExit(): void {
    this.#isReady = false;
    for (const { reject } of this.#waiting.values()) {
      reject(new MediaProcessError('not_running', 'media server left before it answered'));
    }
    this.#waiting.clear();
    if (this.#stopping) return;
    this.#restartTimer = setTimeout(() => void this.#restart(), RESTART_DELAY_MS);
  }

  async #restart(): Promise<void> {
    this.restarts++;
    try {
      await this.start();
    } catch {
      if (!this.#stopping) this.#restartTimer = setTimeout(() => void this.#restart(), RESTART_DELAY_MS);
    }
  }
}
