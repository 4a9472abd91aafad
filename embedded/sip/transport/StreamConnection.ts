import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Flow, TransportName } from './Flow.ts';
import { type StreamFault, StreamFramer } from './StreamFramer.ts';

export interface StreamConnectionEvents {
  onMessage(text: string, connection: StreamConnection): void;
  onFault(fault: StreamFault, head: string, connection: StreamConnection): void;
  onClose(connection: StreamConnection): void;
  onSent?(bytes: string, connection: StreamConnection): void;
}

export interface StreamConnectionOptions {
  readonly socket: Socket;
  readonly transport: TransportName;
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly localHost: string;
  readonly localPort: number;
  /** Still being dialled: what is sent waits, and this long at most. */
  readonly connectTimeoutMs?: number;
  /** Closed after this long without a byte in either direction. */
  readonly idleTimeoutMs: number;
}

/** A peer that reads nothing while this much waits for it is cut off. */
const maxUnsentOctets = 4_194_304;
/**
 * A message that has begun has to be whole within this time, and whoever opened the connection has to have sent a first
 * one: those who send slowly or nothing hold it no longer.
 */
const messageMs = 30_000;

/** One TCP or TLS connection, dialled or accepted. It owns its socket and ends it. */
export class StreamConnection implements Flow {
  readonly transport: TransportName;
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly localHost: string;
  readonly localPort: number;
  /** The peer opened it. */
  readonly isAccepted: boolean;
  readonly #socket: Socket;
  readonly #events: StreamConnectionEvents;
  readonly #framer: StreamFramer;
  #connectTimer: NodeJS.Timeout | undefined;
  #messageTimer: NodeJS.Timeout | undefined;
  #open = true;
  #connected: boolean;
  #silent: boolean;
  #waiting: { bytes: string; onFailure: ((error: Error) => void) | undefined }[] = [];
  #lastError: Error | undefined;

  constructor(options: StreamConnectionOptions, events: StreamConnectionEvents) {
    this.#socket = options.socket;
    this.transport = options.transport;
    this.remoteHost = options.remoteHost;
    this.remotePort = options.remotePort;
    this.localHost = options.localHost;
    this.localPort = options.localPort;
    this.#events = events;
    this.isAccepted = options.connectTimeoutMs === undefined;
    this.#connected = this.isAccepted;
    this.#silent = this.isAccepted;
    this.#framer = new StreamFramer({
      onMessage: (text) => {
        this.#silent = false;
        events.onMessage(text, this);
      },
      onPing: () => this.send('\r\n'),
      onFault: (fault, head) => events.onFault(fault, head, this),
    });
    this.#listen(options);
  }

  /** The peer opened it and has not sent a whole message yet. */
  get isSilent(): boolean {
    return this.#silent;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  send(bytes: string, onFailure?: (error: Error) => void): void {
    if (!this.#open) {
      const error = this.#lastError ?? new Error('connection closed');
      if (onFailure !== undefined) queueMicrotask(() => onFailure(error));
      return;
    }
    if (!this.#connected) {
      this.#waiting.push({ bytes, onFailure });
      return;
    }
    this.#events.onSent?.(bytes, this);
    this.#socket.write(bytes, 'latin1', (error) => {
      if (error) onFailure?.(error);
    });
    if (this.#socket.writableLength > maxUnsentOctets) this.close(new Error('peer reads too slowly'));
  }

  /** Ends the connection at once; what was not sent is reported as failed. */
  close(reason = new Error('connection closed')): void {
    if (!this.#open) return;
    this.#open = false;
    this.#lastError = reason;
    clearTimeout(this.#connectTimer);
    clearTimeout(this.#messageTimer);
    this.#socket.destroy();
    const unsent = this.#waiting;
    this.#waiting = [];
    this.#events.onClose(this);
    for (const { onFailure } of unsent) onFailure?.(reason);
  }

  /** Sends what is queued, then ends the connection. */
  end(): void {
    this.#socket.end(() => this.close());
  }

  #listen(options: StreamConnectionOptions): void {
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.setTimeout(options.idleTimeoutMs);
    socket.on('timeout', () => this.close(new Error('idle for too long')));
    socket.on('error', (error) => this.close(error));
    socket.on('close', () => this.close());
    socket.on('end', () => this.close());
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    if (options.connectTimeoutMs === undefined) {
      this.#awaitMessage();
      return;
    }
    this.#connectTimer = setTimeout(
      () => this.close(new Error('connect timed out')),
      options.connectTimeoutMs,
    );
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => this.#onConnected());
  }

  #onConnected(): void {
    clearTimeout(this.#connectTimer);
    this.#connected = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { bytes, onFailure } of waiting) this.send(bytes, onFailure);
  }

  #receive(chunk: Buffer): void {
    this.#framer.push(chunk.toString('latin1'));
    if (this.#framer.hasPartialMessage || this.#silent) {
      this.#awaitMessage();
    } else {
      clearTimeout(this.#messageTimer);
      this.#messageTimer = undefined;
    }
  }

  #awaitMessage(): void {
    if (this.#messageTimer !== undefined || !this.#open) return;
    this.#messageTimer = setTimeout(() => this.close(new Error('no whole message in time')), messageMs);
  }
}
