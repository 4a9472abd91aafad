import type { Dispatcher } from 'undici';

/** More than this ends the reply. */
export const LONGEST_REPLY_BYTES = 64 * 1024;

/** What came of a POST. */
export interface PostOutcome {
  /** Undefined if no reply began. */
  readonly status: number | undefined;
  /** The reply's body as far as it came; empty if nobody wants to read it. */
  readonly body: Buffer;
  /** Why there is no reply, or why it broke off. */
  readonly error: Error | undefined;
  /** The request went out over a connection that had carried others before. */
  readonly wasKeptConnection: boolean;
}

/** A POST that this side broke off or did not make. `ETIMEDOUT`: no complete reply in time. */
export class PostFailure extends Error {
  readonly code: 'ETIMEDOUT' | 'PUSH_REPLY_TOO_LONG' | 'PUSH_URL_INVALID' | 'PUSH_STOPPED';
  constructor(code: PostFailure['code'], message: string) {
    super(message);
    this.name = 'PostFailure';
    this.code = code;
  }
}

export interface PostExchangeOptions {
  readonly timeoutMs: number;
  readonly keepsReply: boolean;
  readonly isKeptConnection: () => boolean;
  /** Called once. */
  readonly onEnd: (outcome: PostOutcome) => void;
}

/** One POST's view of undici: reads the reply to its end, so that the connection lives on, within limits of time and size. */
export class PostExchange implements Dispatcher.DispatchHandler {
  readonly #options: PostExchangeOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #status: number | undefined;
  #bytes = 0;
  #ended = false;

  constructor(options: PostExchangeOptions) {
    this.#options = options;
    this.#timer = setTimeout(() => {
      const timeout = new PostFailure('ETIMEDOUT', 'no complete reply in time');
      this.#end(timeout);
      this.#controller?.abort(timeout);
    }, options.timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended) controller.abort(new PostFailure('ETIMEDOUT', 'connected too late'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    // An interim reply (RFC 9110 15.2) is followed by the one that counts.
    if (status >= 200) this.#status = status;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > LONGEST_REPLY_BYTES)
      controller.abort(new PostFailure('PUSH_REPLY_TOO_LONG', 'the reply is too long'));
    else if (this.#options.keepsReply) this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#end(undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#end(error);
  }

  #end(error: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    const { onEnd, isKeptConnection } = this.#options;
    onEnd({
      status: this.#status,
      body: Buffer.concat(this.#chunks),
      error,
      wasKeptConnection: isKeptConnection(),
    });
  }
}
