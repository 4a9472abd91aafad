import { setImmediate as immediate } from 'node:timers/promises';
import type { Logger } from '../telemetry/logger.ts';
import { peerAddresses } from './dialogPeer.ts';
import {
  isDialogGone,
  type SrfAcknowledge,
  type SrfDialog,
  type SrfReceived,
  type SrfRequest,
  type SrfResponse,
} from './drachtio.ts';
import { passedStatus } from './passedStatus.ts';
import { formatReason, readQ850 } from './reason.ts';
import { sdpOf } from './sdp.ts';

/** Methods that a dialog or a new request may use; the others are answered 405 (RFC 3261 8.2.1). */
export const ALLOWED_METHODS = 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK';

/** Methods inside a dialog that this application does not pass on and does not pretend to. */
const REFUSED_IN_DIALOG = ['refer', 'message', 'notify', 'subscribe', 'publish'];

/** How a dialog ended without our doing. */
export interface DialogEnd {
  /** `peer`: it sent BYE. `stack`: the SIP server gave it up, for instance because no ACK came. */
  readonly by: 'peer' | 'stack';
  /** From the peer's Reason header. */
  readonly q850: number | undefined;
}

/** What became of a re-INVITE. */
export type Modified =
  | { readonly kind: 'answered'; readonly sdp: string }
  /** A re-INVITE without an offer: the 200 held one, and its ACK must hold the answer. */
  | {
      readonly kind: 'offered';
      readonly sdp: string;
      readonly acknowledge: (answer: string | undefined) => void;
    }
  | { readonly kind: 'refused'; readonly status: number };

/** Answers a re-INVITE or UPDATE of the peer. `offer` is undefined when it asks for one. */
export type ModifyHandler = (offer: string | undefined) => Promise<Modified>;

/** Takes the body of an INFO and answers with a SIP status. */
export type InfoHandler = (contentType: string, body: string) => Promise<number>;

/** The connection to the SIP server, which may be lost and come back while dialogs go on. */
export interface SipConnection {
  /** A socket that is open now, for a dialog whose own was lost. */
  openSocket(): SrfRequest['socket'] | undefined;
  /** Does something at once or, while the connection is lost, as soon as it is back. */
  whenOpen(act: () => void): void;
  /** Whether a request came from nobody we deal with: no trunk and no registered handset. It is counted then. */
  isForeign(request: SrfRequest): boolean;
}

export interface SipDialogOptions {
  readonly dialog: SrfDialog;
  readonly connection: SipConnection;
  readonly logger: Logger;
}

/**
 * A confirmed INVITE dialog with one party.
 *
 * It ends once: by `hangUp`, or by the peer or the stack, which `onEnd` tells. Requests that the peer sends inside it
 * and that have no handler are answered as RFC 3261 wants. What comes inside it from an address that is neither his nor a
 * trunk's gets 403: tags are no password. A BYE is taken all the same, since the SIP server has ended the dialog by then.
 */
export class SipDialog {
  readonly #dialog: SrfDialog;
  readonly #options: SipDialogOptions;
  #ended = false;
  #modifying = false;
  #end: ((end: DialogEnd) => void) | undefined;
  #endedBefore: DialogEnd | undefined;
  #modify: ModifyHandler | undefined;
  #info: InfoHandler | undefined;

  constructor(options: SipDialogOptions) {
    this.#options = options;
    this.#dialog = options.dialog;
    this.#listen();
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** At most one listener. A dialog that has ended before it is set tells at once. */
  onEnd(listener: (end: DialogEnd) => void): void {
    this.#end = listener;
    if (this.#endedBefore) listener(this.#endedBefore);
  }

  onModify(handler: ModifyHandler): void {
    this.#modify = handler;
  }

  onInfo(handler: InfoHandler): void {
    this.#info = handler;
  }

  /** Sends BYE, as soon as there is a connection, and forgets the dialog, whatever is answered. */
  hangUp(q850: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.connection.whenOpen(() => this.#sendBye(q850));
  }

  /**
   * Sends a re-INVITE. It never rejects: a peer that cannot be reached is `refused` with 503.
   * @param offer the SDP offered, or undefined to ask the peer for an offer
   */
  modify(offer: string | undefined): Promise<Modified> {
    if (this.#ended) return Promise.resolve({ kind: 'refused', status: 481 });
    if (this.#modifying) return Promise.resolve({ kind: 'refused', status: 491 });
    this.#modifying = true;
    this.#useOpenSocket();
    const headers = { Contact: this.#dialog.local.contact };
    return new Promise<Modified>((resolve) => {
      this.#dialog.request(
        { method: 'INVITE', headers, ...(offer === undefined ? { noAck: true } : { body: offer }) },
        (error, response, acknowledge) => {
          if (response && response.status < 200) return;
          this.#modifying = false;
          resolve(error || !response ? refusedBy(error) : modifiedBy(response, acknowledge));
        },
      );
    });
  }

  /**
   * Passes an INFO to the peer. It never rejects.
   * @returns the status of the answer
   */
  sendInfo(contentType: string, body: string): Promise<number> {
    return this.#ask('INFO', { 'Content-Type': contentType }, body);
  }

  /** Whether the peer still knows the dialog; asked after a time in which its BYE may have been missed. */
  async isAlive(): Promise<boolean> {
    if (this.#ended) return false;
    const status = await this.#ask('OPTIONS', {});
    return status !== 481 && status !== 408;
  }

  #sendBye(q850: number): void {
    this.#useOpenSocket();
    try {
      this.#dialog.destroy({ headers: { Reason: formatReason(q850) } }, (error) => {
        if (error && !isDialogGone(error)) this.#options.logger.debug({ err: error }, 'BYE was not sent');
      });
    } catch (error) {
      this.#options.logger.debug({ err: error }, 'BYE was not sent');
    }
  }

  #ask(method: string, headers: Record<string, string>, body?: string): Promise<number> {
    if (this.#ended) return Promise.resolve(481);
    this.#useOpenSocket();
    return new Promise<number>((resolve) => {
      this.#dialog.request({ method, headers, ...(body !== undefined && { body }) }, (error, response) => {
        if (response && response.status < 200) return;
        resolve(response ? passedStatus(response.status) : isDialogGone(error) ? 481 : 503);
      });
    });
  }

  /** Requests go over the socket that the dialog began on; after a reconnection that one is closed. */
  #useOpenSocket(): void {
    if (!this.#dialog.req.socket.destroyed) return;
    const socket = this.#options.connection.openSocket();
    if (socket) this.#dialog.req.socket = socket;
  }

  #listen(): void {
    this.#dialog.on('destroy', (bye: SrfRequest) => {
      if (this.#ended) return;
      this.#ended = true;
      if (this.#isStranger(bye)) {
        this.#options.logger.warn(
          { address: bye.source_address },
          'a call was ended from an address of no trunk',
        );
      }
      const end: DialogEnd = {
        by: bye.source === 'application' ? 'stack' : 'peer',
        q850: readQ850(bye.get('Reason')),
      };
      this.#endedBefore = end;
      this.#end?.(end);
    });
    this.#dialog.on('modify', (request: SrfRequest, response: SrfResponse) => {
      if (this.#refusesStranger(request, response)) return;
      this.#own(this.#answerModify(request, response), response);
    });
    this.#dialog.on('update', (request: SrfRequest, response: SrfResponse) => {
      if (this.#refusesStranger(request, response)) return;
      // Without SDP an UPDATE only refreshes the session (RFC 4028); with SDP it is a re-INVITE in other clothes.
      if (request.body) this.#own(this.#answerModify(request, response), response);
      else response.send(200, { headers: this.#sessionHeaders(request) });
    });
    this.#dialog.on('info', (request: SrfRequest, response: SrfResponse) => {
      if (this.#refusesStranger(request, response)) return;
      this.#own(this.#answerInfo(request, response), response);
    });
    for (const method of REFUSED_IN_DIALOG) this.#dialog.on(method, refuseMethod);
    this.#dialog.on('error', (error: Error) => this.#options.logger.debug({ err: error }, 'dialog error'));
  }

  #isStranger(request: SrfRequest): boolean {
    if (request.source === 'application') return false;
    if (peerAddresses(this.#dialog).includes(request.source_address)) return false;
    return this.#options.connection.isForeign(request);
  }

  #refusesStranger(request: SrfRequest, response: SrfResponse): boolean {
    if (!this.#isStranger(request)) return false;
    response.send(403);
    return true;
  }

  /** Whatever goes wrong with one request costs that request only. */
  #own(answering: Promise<void>, response: SrfResponse): void {
    answering.catch((error: unknown) => {
      this.#options.logger.error({ err: error }, 'a request inside a call could not be answered');
      response.send(500);
    });
  }

  async #answerModify(request: SrfRequest, response: SrfResponse): Promise<void> {
    const offer = sdpOf({ contentType: request.get('Content-Type'), body: request.body });
    if (request.body && offer === undefined) {
      response.send(415, { headers: { Accept: 'application/sdp' } });
      return;
    }
    const modified = await this.#modifiedBy(offer);
    if (this.#ended) return;
    if (modified.kind === 'refused') {
      response.send(modified.status);
      return;
    }
    if (modified.kind === 'offered') {
      this.#dialog.once('ack', (ack: SrfRequest) => {
        modified.acknowledge(sdpOf({ contentType: ack.get('Content-Type'), body: ack.body }));
      });
    }
    const headers = { Contact: this.#dialog.local.contact, ...this.#sessionHeaders(request) };
    response.send(200, { headers, body: modified.sdp });
  }

  async #modifiedBy(offer: string | undefined): Promise<Modified> {
    // Both sides at once is glare: each is told to try again after a time of its own (RFC 3261 14.1).
    if (this.#modifying) return { kind: 'refused', status: 491 };
    // Where this process was held up, it is read in one piece with the word that the 200 is out, for which others wait.
    if (!this.#modify) await immediate();
    if (this.#modify) return this.#modify(offer);
    return { kind: 'answered', sdp: this.#dialog.local.sdp };
  }

  async #answerInfo(request: SrfRequest, response: SrfResponse): Promise<void> {
    const type = request.get('Content-Type');
    if (!request.body || type === undefined) response.send(200);
    else response.send(this.#info ? await this.#info(type, request.body) : 415);
  }

  /** The peer that refreshes a session goes on doing so (RFC 4028, 9). */
  #sessionHeaders(request: SrfRequest): Record<string, string> {
    const expires = /^\s*(\d{2,9})/.exec(request.get('Session-Expires') ?? '')?.[1];
    if (expires === undefined) return {};
    return { 'Session-Expires': `${expires};refresher=uac`, Require: 'timer' };
  }
}

function refusedBy(error: unknown): Modified {
  return { kind: 'refused', status: isDialogGone(error) ? 481 : 503 };
}

function modifiedBy(response: SrfReceived, acknowledge: SrfAcknowledge | undefined): Modified {
  if (response.status >= 300) return { kind: 'refused', status: passedStatus(response.status) };
  const sdp = sdpOf({ contentType: response.get('Content-Type'), body: response.body }) ?? '';
  if (!acknowledge) return { kind: 'answered', sdp };
  return {
    kind: 'offered',
    sdp,
    acknowledge: (answer) => acknowledge(answer === undefined ? {} : { body: answer }),
  };
}

function refuseMethod(_request: SrfRequest, response: SrfResponse): void {
  response.send(405, { headers: { Allow: ALLOWED_METHODS } });
}
