import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import Srf from 'drachtio-srf';

/*
 * What this application uses of drachtio-srf, as it really is: the package's own types promise things that are not so
 * and leave out others. Nothing outside src/sip sees these.
 */

export type Headers = Readonly<Record<string, string>>;

/** What a SIP request and a SIP response have in common. */
export interface SrfMessage {
  readonly body: string | undefined;
  readonly raw: string;
  get(header: string): string | undefined;
  has(header: string): boolean;
}

export interface SrfRequest extends SrfMessage {
  readonly method: string;
  readonly uri: string;
  /** `application` when the server made the request itself, for instance a BYE because no ACK came. */
  readonly source: 'network' | 'application';
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  socket: Socket;
  on(event: 'cancel', listener: (cancel: SrfMessage) => void): this;
  on(event: 'update', listener: (request: SrfRequest, response: SrfResponse) => void): this;
  on(event: 'response', listener: (response: SrfReceived) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  /** Cancels an INVITE that the application sent. */
  cancel(options: { headers: Headers }, callback: (error?: unknown) => void): void;
}

/** A response that came from the network. */
export interface SrfReceived extends SrfMessage {
  readonly status: number;
  readonly reason: string;
}

/** The response that the application is about to send. */
export interface SrfResponse {
  send(status: number, options?: { headers?: Headers; body?: string }): void;
  send(
    status: number,
    reason: string,
    options: { headers?: Headers; body?: string },
    callback?: (error: unknown, sent?: SrfMessage) => void,
  ): void;
}

export type SrfAcknowledge = (options?: { body?: string }) => void;

export interface SrfDialog extends EventEmitter {
  readonly id: string;
  readonly connected: boolean;
  readonly type: 'uas' | 'uac';
  /** The INVITE that made the dialog; requests in the dialog go out over its socket. */
  readonly req: SrfRequest;
  /** The answer that made it: the peer's in a dialog of type uac. */
  readonly res: SrfMessage & Pick<SrfRequest, 'source_address'>;
  readonly local: { readonly sdp: string; readonly contact: string };
  readonly remote: { readonly sdp: string };
  destroy(options: { headers: Headers }, callback: (error?: unknown) => void): void;
  request(
    options: { method: string; headers?: Headers; body?: string; noAck?: boolean },
    callback: (error: unknown, response?: SrfReceived, acknowledge?: SrfAcknowledge) => void,
  ): void;
}

/** What `createUAC` gives for an INVITE without SDP: the callee's offer waits for an ACK that answers it. */
export interface SrfUnacknowledged {
  readonly sdp: string;
  ack(answer: string): Promise<SrfDialog>;
  destroy(): Promise<void>;
}

export interface SrfInviteOptions {
  readonly headers: Record<string, string>;
  readonly localSdp?: string;
  readonly noAck?: boolean;
  readonly auth?: { readonly username: string; readonly password: string };
  /** SIP URI that the request is sent to, without a Route header. */
  readonly proxy?: string;
}

export type SrfHandler = (request: SrfRequest, response: SrfResponse, next: () => void) => void;

/** What connects, and connects again for ever unless it is closing. */
export interface SrfWire extends EventEmitter {
  closing?: boolean;
  readonly socket?: Socket;
  readonly reconnectVars: { readonly retryTimer?: NodeJS.Timeout | null };
}

export interface SrfClient extends EventEmitter {
  readonly app: {
    readonly client?: {
      readonly mapServer: ReadonlyMap<Socket, { readonly pendingNetworkInvites: Map<string, unknown> }>;
      /** Emits `msg` with the socket and what the SIP server wrote on it, message by message; there from `connect` on. */
      readonly wp: SrfWire;
      /** What the server sends here, by method; a method goes as soon as the server has been told to stop. */
      readonly verbs: ReadonlyMap<string, unknown>;
    };
  };
  connect(options: {
    host: string;
    port: number;
    secret: string;
    enablePing: boolean;
    pingInterval: number;
    reconnect: { retryMaxDelay: number };
  }): void;
  disconnect(): void;
  invite(handler: SrfHandler): void;
  use(handler: SrfHandler): void;
  use(method: string, handler: SrfHandler): void;
  /** Tells the server to send no more requests of a method that begin something new. */
  unregisterForMessages(method: string): void;
  request(
    uri: string,
    options: { method: string; headers?: Headers },
    callback: (error: unknown, request?: SrfRequest) => void,
  ): void;
  createUAS(
    request: SrfRequest,
    response: SrfResponse,
    options: { localSdp: string; headers?: Headers },
    callback: (error: unknown, dialog?: SrfDialog) => void,
  ): void;
  createUAC(
    uri: string,
    options: SrfInviteOptions,
    progress: {
      cbRequest: (error: unknown, request?: SrfRequest) => void;
      cbProvisional: (response: SrfReceived) => void;
    },
    callback: (error: unknown, answered?: SrfDialog | SrfUnacknowledged) => void,
  ): void;
}

/** The status of a final response that is not 2xx, as drachtio-srf throws it. */
export interface SrfSipError extends Error {
  readonly status: number;
  readonly res?: SrfReceived;
}

export function isSipError(error: unknown): error is SrfSipError {
  return error instanceof Error && 'status' in error && typeof error.status === 'number';
}

/** Whether the server no longer knows the dialog that a request was for. */
export function isDialogGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENODIALOG';
}

/**
 * A drachtio-srf instance twice: as the package types it, for other packages that ask for one, and under the types above.
 */
export function createSrf(): { readonly srf: Srf; readonly client: SrfClient } {
  const srf = new Srf();
  const client: unknown = srf;
  if (!isSrfClient(client)) throw new TypeError('drachtio-srf has no createUAS and createUAC');
  return { srf, client };
}

function isSrfClient(srf: unknown): srf is SrfClient {
  return srf instanceof EventEmitter && 'createUAC' in srf && 'createUAS' in srf && 'invite' in srf;
}
