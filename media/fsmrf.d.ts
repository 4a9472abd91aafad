/**
 * The parts of drachtio-fsmrf 5.0.1 and drachtio-modesl 1.3.1 that this folder uses. Both are JavaScript without types.
 */
declare module 'drachtio-modesl' {
  import type { EventEmitter } from 'node:events';
  import type { Server as NetServer, Socket } from 'node:net';

  export interface EslEvent {
    getHeader(name: string): string | null;
    getBody(): string;
  }

  /** One event socket, to FreeSWITCH or from it. It never throws for an `error` event that nobody hears. */
  export class Connection extends EventEmitter {
    constructor(host: string, port: number, password: string, onReady: () => void);
    /** null once the connection is closed */
    socket: Socket | null;
    /** While true the connection does not try to connect again by itself. */
    closing: boolean | undefined;
    api(command: string, onAnswer: (answer: EslEvent) => void): void;
    execute(application: string, argument: string, onComplete: (event: EslEvent) => void): string;
    /** sends a command that is no `api` command */
    sendRecv(command: string, onReply: () => void): void;
    subscribe(events: string): void;
    disconnect(): void;
  }

  /** Takes the connections of FreeSWITCH to a port that listens already. */
  export class Server extends EventEmitter {
    constructor(options: { server: NetServer; myevents: boolean });
  }

  const esl: { Connection: typeof Connection; Server: typeof Server };
  export default esl;
}

declare module 'drachtio-fsmrf' {
  import type { CreateUACOptions, Dialog } from 'drachtio-srf';

  /** The part of srf that is used. */
  export interface MediaSignalling {
    createUAC(uri: string, options: CreateUACOptions): Promise<Dialog>;
  }

  /** What the media servers of one drachtio connection share. */
  export default class Mrf {
    constructor(srf: MediaSignalling);
  }
}

declare module 'drachtio-fsmrf/lib/mediaserver.js' {
  import type { EventEmitter } from 'node:events';
  import type { Server } from 'node:net';
  import type Mrf from 'drachtio-fsmrf';
  import type { Connection } from 'drachtio-modesl';

  /** drachtio-srf's dialog with FreeSWITCH (its own types say that `destroy` returns nothing). */
  export interface MediaDialog extends EventEmitter {
    /** `sdp` answers a re-INVITE of the other side's that nobody listens for */
    readonly local: { readonly contact: string; sdp: string | undefined };
    readonly remote: { readonly sdp: string };
    /** sends a request in the dialog; resolves with the final response, whatever its status */
    request(options: {
      method: string;
      headers: Readonly<Record<string, string>>;
      body: string;
    }): Promise<MediaResponse>;
    /** sends a BYE; never rejects for the dialogs that signallingTo hands out */
    destroy(): Promise<unknown>;
  }

  export interface MediaResponse {
    readonly status: number;
    readonly reason: string;
    readonly body: string;
  }

  export interface Endpoint extends EventEmitter {
    readonly uuid: string;
    /** null once the event socket is closed */
    readonly conn: Connection | null;
    readonly dialog: MediaDialog | null;
  }

  export default class MediaServer extends EventEmitter {
    constructor(
      connection: Connection,
      mrf: Mrf,
      listenAddress: string,
      listenPort: number,
      advertisedAddress: string | undefined,
      advertisedPort: number | undefined,
      profile: string,
    );
    /** While true a lost connection is neither announced nor logged by the package. */
    closing: boolean | undefined;
    /** the event socket server for FreeSWITCH's connections, and the listening socket below it */
    readonly _server: {
      readonly server: Server;
      on(event: 'connection::open', listener: (connection: Connection) => void): void;
    };
    createEndpoint(options: { remoteSdp?: string }): Promise<Endpoint>;
    disconnect(): void;
  }
}
