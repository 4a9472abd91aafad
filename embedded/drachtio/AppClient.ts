import type { Socket } from 'node:net';
import { type ClientMessage, parseClientMessage } from './clientMessage.ts';
import { FrameReader, frameOf } from './framing.ts';

export interface AppClientEvents {
  onMessage(message: ClientMessage, client: AppClient): void;
  /** A frame could not be read; the connection is being closed. */
  onBadFrame(error: unknown): void;
  onClose(client: AppClient): void;
}

/** A client that does not authenticate in this time is disconnected. */
const authenticateTimeoutMs = 5_000;
/** A client that reads nothing while this much waits for it is disconnected. */
const maxUnsentOctets = 64 * 1_048_576;

/** The connection of one application. It owns its socket and ends it. */
export class AppClient {
  isAuthenticated = false;
  tags: readonly string[] = [];
  readonly #socket: Socket;
  readonly #events: AppClientEvents;
  readonly #reader = new FrameReader();
  readonly #authenticateTimer: NodeJS.Timeout;
  #open = true;
  #corked = false;

  constructor(socket: Socket, events: AppClientEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => this.close());
    socket.on('close', () => this.close());
    this.#authenticateTimer = setTimeout(() => {
      if (!this.isAuthenticated) this.close();
    }, authenticateTimeoutMs);
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Sends one frame. What one turn of the event loop sends goes out in one write. */
  send(payload: string): void {
    if (!this.#open) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(frameOf(payload), 'latin1');
    if (this.#socket.writableLength > maxUnsentOctets) this.close();
  }

  /** Sends what is waiting, then closes. */
  end(): void {
    this.#socket.end(() => this.close());
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#authenticateTimer);
    this.#socket.destroy();
    this.#events.onClose(this);
  }

  #receive(chunk: Buffer): void {
    try {
      for (const payload of this.#reader.push(chunk.toString('latin1'))) {
        if (this.#open) this.#events.onMessage(parseClientMessage(payload), this);
      }
    } catch (error) {
      // What strangers send is no news, and would only fill the log.
      if (this.isAuthenticated) this.#events.onBadFrame(error);
      this.close();
    }
  }
}
