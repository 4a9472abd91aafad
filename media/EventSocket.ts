import type { Connection } from 'drachtio-modesl';
import { MediaError } from './errors.ts';
import { hearApplications } from './heardEvents.ts';

/** Milliseconds in which FreeSWITCH answers a command, or never will. */
const ANSWER_MS = 5000;

/**
 * The commands of one event socket, each with an end: an answer, a time limit, or the closing of the socket.
 * (drachtio-modesl forgets the callbacks of a closed socket.)
 */
export class EventSocket {
  readonly #connection: Connection;
  readonly #pending = new Set<(closed: MediaError) => void>();
  readonly #onClose: () => void;
  #closed = false;
  #hearsApplications = false;

  /** @param onClose called once, when the socket has closed */
  constructor(connection: Connection, onClose: () => void) {
    this.#connection = connection;
    // The closing that follows an error is what counts; drachtio-fsmrf's own listener would write to the console.
    connection.removeAllListeners('error');
    connection.on('error', () => undefined);
    this.#onClose = onClose;
    if (connection.socket === null) queueMicrotask(() => this.#end());
    else connection.on('esl::end', () => this.#end());
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Sends one `api` command.
   * @returns FreeSWITCH's answer
   * @throws MediaError `no-answer` in time, `ended` where the socket is or gets closed
   */
  api(command: string, timeoutMs: number = ANSWER_MS): Promise<string> {
    return this.#ask(command, timeoutMs, (answered) => {
      this.#connection.api(command, (answer) => answered(answer.getBody().trim()));
    });
  }

  /**
   * Sends one `api` command that answers `+OK`.
   * @throws MediaError `refused` for any other answer, and as `api` does
   */
  async command(command: string): Promise<void> {
    const answer = await this.api(command);
    if (answer.startsWith('+OK')) return;
    throw new MediaError('refused', `${verbOf(command)}: ${answer.slice(0, 80)}`);
  }

  /**
   * Runs a dialplan application on the channel that opened this socket, without a time limit.
   * @param onStart called when the application has begun
   * @returns its `Application-Response`
   * @throws MediaError `ended`
   */
  execute(channel: string, application: string, argument: string, onStart: () => void): Promise<string> {
    const connection = this.#connection;
    return this.#ask(application, undefined, (answered) => {
      if (!this.#hearsApplications) hearApplications(connection);
      this.#hearsApplications = true;
      const started = `esl::event::CHANNEL_EXECUTE::${channel}`;
      const id = connection.execute(application, argument, (event) => {
        connection.off(started, begin);
        answered(event.getHeader('Application-Response') ?? '');
      });
      const begin: Parameters<typeof connection.on>[1] = (event) => {
        if (event.getHeader('Application-UUID') !== id) return;
        connection.off(started, begin);
        onStart();
      };
      connection.on(started, begin);
    });
  }

  /** Closes the socket without waiting for the other side. */
  destroy(): void {
    this.#connection.socket?.destroy();
    this.#end();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const fail of this.#pending) fail(new MediaError('ended', 'the event socket closed'));
    this.#pending.clear();
    this.#onClose();
  }

  #ask(
    command: string,
    timeoutMs: number | undefined,
    send: (answered: (text: string) => void) => void,
  ): Promise<string> {
    if (this.#closed) return Promise.reject(new MediaError('ended', 'the event socket is closed'));
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    let timer: NodeJS.Timeout | undefined;
    const fail = (error: MediaError): void => {
      clearTimeout(timer);
      this.#pending.delete(fail);
      reject(error);
    };
    if (timeoutMs !== undefined) {
      timer = setTimeout(
        () => fail(new MediaError('no-answer', `${verbOf(command)}: no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
    }
    this.#pending.add(fail);
    send((text) => {
      clearTimeout(timer);
      this.#pending.delete(fail);
      resolve(text);
    });
    return promise;
  }
}

/** The command without its arguments, for an error's text. */
function verbOf(command: string): string {
  return command.split(' ', 1)[0] ?? '';
}
