import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type Srf from 'drachtio-srf';
import type { ServerAddress } from '../config.ts';
import type { Logger } from '../telemetry/logger.ts';
import { admit } from './admission.ts';
import { createSrf, type Headers, type SrfClient, type SrfRequest, type SrfResponse } from './drachtio.ts';
import { gatherWrites } from './gatheredWrites.ts';
import type { HandsetDesk } from './handsets/HandsetDesk.ts';
import { IncomingInvite } from './IncomingInvite.ts';
import { OutgoingInvite, type OutgoingInviteOptions } from './OutgoingInvite.ts';
import { ALLOWED_METHODS, type SipConnection } from './SipDialog.ts';
import type { SipTap } from './SipTap.ts';

const LONGEST_RECONNECT_MS = 250;
const PING_MS = 5000;
/** What the SIP server had chosen us for when it was told to send nothing more is here after so long at the latest. */
const STRAGGLER_MS = 250;

/** Requests outside a dialog that exist but that this application does not serve. */
const REFUSED_METHODS = ['message', 'subscribe', 'notify', 'publish', 'refer', 'info'];

export interface SipFrontEndOptions<Trunk> {
  /** drachtio-server, or the embedded one. */
  readonly server: ServerAddress;
  /** The trunk that an address and port belong to. */
  readonly trunkOf: (address: string, port: number) => Trunk | undefined;
  /** Test handsets; absent where they are switched off. */
  readonly handsets?: HandsetDesk;
  /** Sees all messages; absent where no ladders are drawn. */
  readonly tap?: SipTap;
  /** Counts a request from an address that belongs to no trunk. */
  readonly onRejectedSource: () => void;
  readonly logger: Logger;
}

interface SipFrontEndEvents<Trunk> {
  invite: [invite: IncomingInvite<Trunk>];
  /** The connection to the SIP server stands (again). */
  up: [];
  down: [];
}

/** Who sent an INVITE. */
type Origin<Trunk> =
  | { readonly kind: 'trunk'; readonly trunk: Trunk }
  | { readonly kind: 'handset'; readonly number: string }
  /** A handset that has not proved who it is. */
  | { readonly kind: 'refused'; readonly status: number; readonly headers: Headers };

/**
 * The connection to the SIP server and everything that comes in over it.
 *
 * A request whose source belongs to no trunk gets a bare 403 and is counted. Silence would be better against
 * scanners, but drachtio-server has answered an INVITE with 100 before an application sees it and has no way to be
 * told to forget it: an INVITE without a final response would only hold a transaction in it and in drachtio-srf for
 * minutes. Who wants silence closes the port to other addresses in the firewall. With test handsets switched on, a
 * stranger's REGISTER and INVITE are challenged instead.
 *
 * The connection is made again for ever, at most a quarter of a second after the SIP server is back; calls in progress
 * stay (`up` tells that they should be looked at) and new ones wait in the carrier's retransmissions.
 */
export class SipFrontEnd<Trunk> extends EventEmitter<SipFrontEndEvents<Trunk>> {
  readonly #options: SipFrontEndOptions<Trunk>;
  readonly #drachtio = createSrf();
  readonly #srf: SrfClient = this.#drachtio.client;
  readonly #owed: (() => void)[] = [];
  #connected = false;
  #listeningOn: readonly string[] = [];
  #isLeaving = false;
  #retryAfterSeconds: number | undefined;

  constructor(options: SipFrontEndOptions<Trunk>) {
    super();
    this.#options = options;
    this.#takeRequests();
    this.#watchConnection();
  }

  /** The drachtio-srf instance, for the media adapter, which shares its connection. */
  get srf(): Srf {
    return this.#drachtio.srf;
  }

  /** Where the SIP server listens, as it says itself: `udp/192.0.2.1:5060`. Empty before the first connection. */
  get listeningOn(): readonly string[] {
    return this.#listeningOn;
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  /** Begins to connect; resolves when the connection stands for the first time. */
  start(): Promise<void> {
    const { host, port, secret } = this.#options.server;
    const up = new Promise<void>((resolve) => this.once('up', resolve));
    this.#srf.connect({
      host,
      port,
      secret,
      enablePing: true,
      pingInterval: PING_MS,
      reconnect: { retryMaxDelay: LONGEST_RECONNECT_MS },
    });
    const { tap } = this.#options;
    // Before drachtio-srf acts on a message: what it leads to would else stand before it.
    if (tap) this.#srf.app.client?.wp.prependListener('msg', (_socket, wire: string) => tap.take(wire));
    return up;
  }

  /**
   * Asks the SIP server to send new calls, and all else that begins something, to other applications; where there is none
   * it answers 503 itself, so that carriers look elsewhere. What was on its way here is still taken. Dialogs stay.
   * @returns resolves when nothing new comes any more; what should come all the same gets 503
   */
  async drain(retryAfterSeconds: number): Promise<void> {
    this.#isLeaving = true;
    this.#takeNothingNew();
    await delay(STRAGGLER_MS);
    this.#retryAfterSeconds = retryAfterSeconds;
  }

  stop(): void {
    if (!this.#connected) {
      this.#giveUpConnecting();
      return;
    }
    this.#connected = false;
    // drachtio-srf forgets what it has half read, and would take the rest, if it still comes, for a message and throw.
    for (const socket of this.#srf.app.client?.mapServer.keys() ?? []) socket.removeAllListeners('data');
    this.#srf.disconnect();
  }

  invite(options: Omit<OutgoingInviteOptions, 'srf' | 'connection' | 'logger' | 'tap'>): OutgoingInvite {
    return new OutgoingInvite({
      ...options,
      srf: this.#srf,
      connection: this.#connection,
      logger: this.#options.logger,
      tap: this.#options.tap,
    });
  }

  /**
   * Sends OPTIONS outside a dialog.
   * @returns the status answered; undefined when it could not be sent
   */
  options(uri: string): Promise<number | undefined> {
    return new Promise((resolve) => {
      if (!this.#connected) {
        resolve(undefined);
        return;
      }
      const headers = { From: '<sip:axbridge@localhost>', Contact: '<sip:axbridge@localhost>' };
      this.#srf.request(uri, { method: 'OPTIONS', headers }, (error, request) => {
        if (error || !request) resolve(undefined);
        else request.on('response', ({ status }) => resolve(status));
      });
    });
  }

  /** A call that ends while the connection is lost leaves its BYE here. */
  readonly #connection: SipConnection = {
    openSocket: () => this.#openSocket(),
    whenOpen: (act) => {
      if (this.#connected && this.#openSocket()) act();
      else this.#owed.push(act);
    },
    isForeign: (request) => this.#countsForeign(request),
  };

  /** drachtio-srf's own `disconnect` knows only connections that stand, and would go on trying. */
  #giveUpConnecting(): void {
    const wire = this.#srf.app.client?.wp;
    if (wire === undefined) return;
    wire.closing = true;
    clearTimeout(wire.reconnectVars.retryTimer ?? undefined);
    wire.socket?.destroy();
  }

  #openSocket(): SrfRequest['socket'] | undefined {
    for (const socket of this.#srf.app.client?.mapServer.keys() ?? []) {
      if (!socket.destroyed) return socket;
    }
    return undefined;
  }

  #takeNothingNew(): void {
    // drachtio-server 0.9.10 takes the first of these for all; later ones do so one by one.
    for (const method of [...(this.#srf.app.client?.verbs.keys() ?? [])]) {
      this.#srf.unregisterForMessages(method);
    }
  }

  #watchConnection(): void {
    const { logger, server } = this.#options;
    const address = `${server.host}:${server.port}`;
    this.#srf.on('connect', (error: Error | null, listeningOn?: string) => {
      if (error) {
        logger.error({ err: error, server: address }, 'the SIP server refuses the connection');
        return;
      }
      // drachtio-srf sets this on its first connection only; without it each message waits for the last one's ACK.
      const socket = this.#openSocket();
      socket?.setNoDelay(true);
      if (socket) gatherWrites(socket);
      this.#connected = true;
      this.#listeningOn = listeningOn?.split(',') ?? [];
      logger.info({ server: address, listeningOn: this.#listeningOn }, 'connected to the SIP server');
      if (this.#isLeaving) this.#takeNothingNew();
      for (const act of this.#owed.splice(0)) act();
      this.emit('up');
    });
    this.#srf.on('close', () => this.#lose('closed'));
    this.#srf.on('error', (error: Error) => this.#lose(error.message));
  }

  #lose(reason: string): void {
    if (!this.#connected) {
      this.#options.logger.debug({ reason }, 'no connection to the SIP server');
      return;
    }
    this.#connected = false;
    this.#options.logger.error({ reason }, 'lost the connection to the SIP server');
    this.emit('down');
  }

  #takeRequests(): void {
    this.#srf.use((request, _response, next) => {
      if (isUnanswerable(request)) this.#ignore(request);
      else next();
    });
    this.#srf.invite((request, response) => this.#takeInvite(request, response));
    this.#srf.use('options', (request, response) => {
      if (this.#isForeign(request, response)) return;
      if (this.#retryAfterSeconds === undefined) {
        response.send(200, { headers: { Allow: ALLOWED_METHODS, Accept: 'application/sdp' } });
      } else {
        response.send(503, { headers: { 'Retry-After': String(this.#retryAfterSeconds) } });
      }
    });
    this.#srf.use('register', (request, response) => this.#takeRegister(request, response));
    for (const method of REFUSED_METHODS) {
      this.#srf.use(method, (request, response) => {
        if (!this.#isForeign(request, response)) response.send(405, { headers: { Allow: ALLOWED_METHODS } });
      });
    }
    this.#srf.use((request, response, next) => {
      // What is left belonged to a dialog that has just ended; drachtio-srf answers PRACK and needs no word for ACK.
      if (request.method === 'ACK' || request.method === 'PRACK') next();
      else if (!this.#isForeign(request, response)) response.send(481);
    });
  }

  /** drachtio-server forgets after four seconds what nobody answers; drachtio-srf never does. */
  #ignore(request: SrfRequest): void {
    this.#options.onRejectedSource();
    for (const { pendingNetworkInvites } of this.#srf.app.client?.mapServer.values() ?? []) {
      pendingNetworkInvites.delete(request.get('Call-ID') ?? '');
    }
  }

  #takeInvite(request: SrfRequest, response: SrfResponse): void {
    const origin = this.#originOf(request);
    if (origin === undefined) {
      this.#reject(response);
      return;
    }
    if (this.#retryAfterSeconds !== undefined) {
      response.send(503, { headers: { 'Retry-After': String(this.#retryAfterSeconds) } });
      return;
    }
    if (origin.kind === 'refused') {
      response.send(origin.status, { headers: origin.headers });
      return;
    }
    const admission = admit(request);
    if (admission.kind === 'refused') {
      response.send(admission.status, { headers: admission.headers });
      return;
    }
    const { x, offer } = admission;
    const trunk = origin.kind === 'trunk' ? origin.trunk : undefined;
    const caller = origin.kind === 'handset' ? origin.number : admission.caller;
    const srf = this.#srf;
    const connection = this.#connection;
    const { logger, tap } = this.#options;
    const invite = new IncomingInvite({
      srf,
      request,
      response,
      trunk,
      caller,
      x,
      offer,
      connection,
      logger,
      tap,
    });
    this.emit('invite', invite);
  }

  /** @returns undefined for an address that belongs to no trunk, where there are no handsets */
  #originOf(request: SrfRequest): Origin<Trunk> | undefined {
    const { trunkOf, handsets } = this.#options;
    const trunk = trunkOf(request.source_address, request.source_port);
    // Who has registered from here is no carrier, even where a trunk's addresses include his.
    if (trunk !== undefined && !handsets?.knows(request)) return { kind: 'trunk', trunk };
    const call = handsets?.caller(request);
    return call?.kind === 'call' ? { kind: 'handset', number: call.number } : call;
  }

  #takeRegister(request: SrfRequest, response: SrfResponse): void {
    const { handsets } = this.#options;
    if (handsets === undefined) {
      if (!this.#isForeign(request, response)) response.send(405, { headers: { Allow: ALLOWED_METHODS } });
    } else if (this.#retryAfterSeconds !== undefined) {
      response.send(503, { headers: { 'Retry-After': String(this.#retryAfterSeconds) } });
    } else {
      handsets.register(request, response).catch((error: unknown) => {
        // The SIP server went away while the database was asked; the phone sends its REGISTER again.
        this.#options.logger.debug({ err: error }, 'a REGISTER could not be answered');
      });
    }
  }

  #isForeign(request: SrfRequest, response: SrfResponse): boolean {
    if (!this.#countsForeign(request)) return false;
    response.send(403);
    return true;
  }

  #countsForeign(request: SrfRequest): boolean {
    const { trunkOf, handsets, onRejectedSource } = this.#options;
    if (trunkOf(request.source_address, request.source_port) !== undefined) return false;
    if (handsets?.isRegisteredAt(request)) return false;
    onRejectedSource();
    return true;
  }

  #reject(response: SrfResponse): void {
    this.#options.onRejectedSource();
    response.send(403);
  }
}

/**
 * A request that would begin a dialog and has no tag in From, as before RFC 3261: drachtio-server 0.9.10 ends with an
 * assertion when it is answered, whatever the answer. The embedded server has refused it by then.
 */
function isUnanswerable(request: SrfRequest): boolean {
  const beginsDialog = request.method === 'INVITE' || request.method === 'SUBSCRIBE';
  return beginsDialog && !/;\s*tag\s*=\s*[^\s;]/i.test(request.get('From') ?? '');
}
