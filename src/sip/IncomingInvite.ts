import type { Logger } from '../telemetry/logger.ts';
import type { CallLadder } from './CallLadder.ts';
import type { SrfClient, SrfMessage, SrfRequest, SrfResponse } from './drachtio.ts';
import { formatReason, readQ850 } from './reason.ts';
import { ALLOWED_METHODS, type SipConnection, SipDialog } from './SipDialog.ts';
import type { SipTap } from './SipTap.ts';

/** The caller gave up before our answer reached him. */
export class CallerGoneError extends Error {
  readonly code = 'CALLER_GONE';
  constructor(cause: unknown) {
    super('the INVITE was ended before it could be answered', { cause });
    this.name = 'CallerGoneError';
  }
}

/** How an INVITE is turned down. */
export interface Rejection {
  /** 300–699. */
  readonly status: number;
  /** Cause for the Reason header. */
  readonly q850?: number;
  readonly retryAfterSeconds?: number;
}

export interface IncomingInviteOptions<Trunk> {
  readonly srf: SrfClient;
  readonly request: SrfRequest;
  readonly response: SrfResponse;
  /** Undefined for a call from a test handset. */
  readonly trunk: Trunk | undefined;
  /** E.164, or '' when withheld. */
  readonly caller: string;
  /** E.164. */
  readonly x: string;
  /** The caller's SDP; undefined when he leaves the offer to us. */
  readonly offer: string | undefined;
  readonly connection: SipConnection;
  readonly logger: Logger;
  readonly tap: SipTap | undefined;
}

/**
 * An INVITE from a trunk or a test handset that waits for an answer. It takes any number of provisional responses and then one of
 * `answer` and `reject`; what comes after that, or after the caller's CANCEL, does nothing.
 */
export class IncomingInvite<Trunk> {
  readonly #options: IncomingInviteOptions<Trunk>;
  readonly #provisionalHeaders: Record<string, string>;
  #cancelled = false;
  #cancel: ((q850: number | undefined) => void) | undefined;
  #done = false;

  constructor(options: IncomingInviteOptions<Trunk>) {
    this.#options = options;
    const { request } = options;
    this.#provisionalHeaders = /\b100rel\b/i.test(request.get('Require') ?? '') ? { Require: '100rel' } : {};
    request.on('cancel', (cancel: SrfMessage) => {
      if (this.#done) return;
      this.#cancelled = true;
      this.#cancel?.(readQ850(cancel.get('Reason')));
    });
  }

  /** The trunk it came over; undefined for a call from a test handset. */
  get trunk(): Trunk | undefined {
    return this.#options.trunk;
  }

  get caller(): string {
    return this.#options.caller;
  }

  get x(): string {
    return this.#options.x;
  }

  get offer(): string | undefined {
    return this.#options.offer;
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** Draws it and all that follows in its dialog. */
  drawOn(ladder: CallLadder): void {
    this.#options.tap?.follow(this.#options.request, 'caller', ladder);
  }

  /** At most one listener; the SIP server has answered CANCEL and INVITE itself by then. */
  onCancel(listener: (q850: number | undefined) => void): void {
    this.#cancel = listener;
  }

  /** Sends 180 or 183, with SDP when there is early media. */
  progress(status: 180 | 183, sdp?: string): void {
    if (this.#done || this.#cancelled) return;
    const headers = this.#provisionalHeaders;
    this.#options.response.send(status, sdp === undefined ? { headers } : { headers, body: sdp });
  }

  /**
   * Sends 200.
   * @param onAnswered gets the dialog in the same turn in which the server says that the 200 is out: what follows it
   * on the server's connection, such as the callee's BYE, is handled before a promise can tell
   * @param onAcknowledged for a caller who left the offer to us: gets the SDP of his ACK
   * @throws CallerGoneError when the caller's CANCEL was first or the server lost the transaction
   */
  answer(
    sdp: string,
    onAnswered: (dialog: SipDialog) => void,
    onAcknowledged?: (answer: string | undefined) => void,
  ): Promise<void> {
    const { srf, request, response, connection, logger } = this.#options;
    return new Promise((resolve, reject) => {
      if (this.#done || this.#cancelled) {
        reject(new CallerGoneError(undefined));
        return;
      }
      this.#done = true;
      const headers = { Allow: ALLOWED_METHODS };
      srf.createUAS(request, response, { localSdp: sdp, headers }, (error, dialog) => {
        if (!dialog) {
          reject(new CallerGoneError(error));
          return;
        }
        if (onAcknowledged) dialog.once('ack', (ack: SrfRequest) => onAcknowledged(ack.body || undefined));
        onAnswered(new SipDialog({ dialog, connection, logger }));
        resolve();
      });
    });
  }

  reject({ status, q850, retryAfterSeconds }: Rejection): void {
    if (this.#done || this.#cancelled) return;
    this.#done = true;
    this.#options.response.send(status, {
      headers: {
        ...(q850 !== undefined && { Reason: formatReason(q850) }),
        ...(retryAfterSeconds !== undefined && { 'Retry-After': String(retryAfterSeconds) }),
      },
    });
  }
}
