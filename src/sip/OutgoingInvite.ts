import type { Logger } from '../telemetry/logger.ts';
import type { CallLadder } from './CallLadder.ts';
import {
  isSipError,
  type SrfClient,
  type SrfDialog,
  type SrfReceived,
  type SrfRequest,
  type SrfUnacknowledged,
} from './drachtio.ts';
import { formatReason, Q850, readQ850 } from './reason.ts';
import { ALLOWED_METHODS, type SipConnection, SipDialog } from './SipDialog.ts';
import type { SipTap } from './SipTap.ts';
import { sdpOf } from './sdp.ts';

/** How an INVITE that we sent ended. */
export type InviteResult =
  | { readonly kind: 'answered'; readonly dialog: SipDialog; readonly sdp: string }
  /** We left the offer to the callee: his 200 holds it and is not acknowledged before it is answered. */
  | {
      readonly kind: 'offered';
      readonly sdp: string;
      readonly accept: (answer: string) => Promise<SipDialog>;
      readonly abandon: () => void;
    }
  /** `status` is undefined when no peer answered: the server could not send, or is not there. */
  | { readonly kind: 'failed'; readonly status: number | undefined; readonly q850: number | undefined };

/** A provisional response above 100. */
export interface Progress {
  readonly status: number;
  readonly sdp: string | undefined;
}

export interface OutgoingInviteOptions {
  readonly srf: SrfClient;
  /** Request-URI: the callee's number at the trunk, or what the callee's handset calls itself. */
  readonly uri: string;
  /** Where it is sent, as a SIP URI, when that is not what the Request-URI says. */
  readonly nextHop?: string;
  /** E.164 that the callee sees as the caller. */
  readonly shown: string;
  /** SDP; undefined leaves the offer to the callee. */
  readonly offer: string | undefined;
  readonly auth?: { readonly username: string; readonly password: string };
  readonly onProgress: (progress: Progress) => void;
  readonly connection: SipConnection;
  readonly logger: Logger;
  readonly tap: SipTap | undefined;
  /** Where the INVITE and all that follows in its dialog is drawn. */
  readonly ladder: CallLadder | undefined;
}

/**
 * An INVITE to one trunk or handset. Nothing of the caller's request is in it: From, Contact and P-Asserted-Identity show the
 * number given, `localhost` in them is replaced by the SIP server with its own address, and Call-ID and tags are the
 * server's own.
 */
export class OutgoingInvite {
  /** Never rejects. */
  readonly result: Promise<InviteResult>;
  readonly #options: OutgoingInviteOptions;
  #request: SrfRequest | undefined;
  #cancelCause: number | undefined;
  #settled = false;

  constructor(options: OutgoingInviteOptions) {
    this.#options = options;
    this.result = new Promise((resolve) => {
      try {
        this.#send((result) => {
          this.#settled = true;
          resolve(result);
        });
      } catch (error) {
        options.logger.warn({ err: error }, 'an INVITE could not be sent');
        resolve({ kind: 'failed', status: undefined, q850: undefined });
      }
    });
  }

  /**
   * Sends CANCEL, at once or as soon as the INVITE is out. A callee who answers all the same is hung up on; the result
   * is a failure in either case.
   */
  cancel(q850: number): void {
    if (this.#settled || this.#cancelCause !== undefined) return;
    this.#cancelCause = q850;
    if (this.#request) this.#sendCancel(this.#request, q850);
  }

  #send(settle: (result: InviteResult) => void): void {
    const { srf, uri, nextHop, shown, offer, auth, onProgress, tap, ladder } = this.#options;
    const identity = `<sip:${shown}@localhost>`;
    const headers = {
      From: identity,
      Contact: identity,
      'P-Asserted-Identity': identity,
      Allow: ALLOWED_METHODS,
    };
    const media = offer === undefined ? { noAck: true } : { localSdp: offer };
    srf.createUAC(
      uri,
      { headers, ...media, ...(auth && { auth }), ...(nextHop !== undefined && { proxy: nextHop }) },
      {
        cbRequest: (error, request) => {
          if (error || !request) return;
          this.#request = request;
          if (ladder) tap?.follow(request, 'callee', ladder);
          if (this.#cancelCause !== undefined) this.#sendCancel(request, this.#cancelCause);
        },
        cbProvisional: (response) => {
          if (this.#cancelCause === undefined && response.status > 100) onProgress(progressOf(response));
        },
      },
      (error, answered) => settle(this.#resultOf(error, answered)),
    );
  }

  #resultOf(error: unknown, answered: SrfDialog | SrfUnacknowledged | undefined): InviteResult {
    if (!answered) return failureOf(error, this.#options.logger);
    if (this.#cancelCause !== undefined) {
      this.#abandon(answered, this.#cancelCause);
      return { kind: 'failed', status: 487, q850: undefined };
    }
    if (!isDialog(answered)) {
      return {
        kind: 'offered',
        sdp: answered.sdp,
        accept: async (answer) => this.#dialogOf(await answered.ack(answer)),
        abandon: () => this.#abandon(answered, Q850.normalClearing),
      };
    }
    return { kind: 'answered', dialog: this.#dialogOf(answered), sdp: answered.remote.sdp };
  }

  #dialogOf(dialog: SrfDialog): SipDialog {
    return new SipDialog({ dialog, connection: this.#options.connection, logger: this.#options.logger });
  }

  #abandon(answered: SrfDialog | SrfUnacknowledged, q850: number): void {
    if (isDialog(answered)) {
      this.#dialogOf(answered).hangUp(q850);
      return;
    }
    answered.destroy().catch((error: unknown) => {
      this.#options.logger.debug({ err: error }, 'an unanswered offer could not be ended');
    });
  }

  #sendCancel(request: SrfRequest, q850: number): void {
    try {
      request.cancel({ headers: { Reason: formatReason(q850) } }, (error) => {
        if (error) this.#options.logger.debug({ err: error }, 'CANCEL was not sent');
      });
    } catch (error) {
      this.#options.logger.debug({ err: error }, 'CANCEL was not sent');
    }
  }
}

function isDialog(answered: SrfDialog | SrfUnacknowledged): answered is SrfDialog {
  return 'remote' in answered;
}

function progressOf(response: SrfReceived): Progress {
  return {
    status: response.status,
    sdp: sdpOf({ contentType: response.get('Content-Type'), body: response.body }),
  };
}

function failureOf(error: unknown, logger: Logger): InviteResult {
  if (!isSipError(error)) {
    logger.warn({ err: error }, 'an INVITE could not be sent');
    return { kind: 'failed', status: undefined, q850: undefined };
  }
  return { kind: 'failed', status: error.status, q850: readQ850(error.res?.get('Reason')) };
}
