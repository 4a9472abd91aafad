import {
  type Arrival,
  Dialog,
  type InviteClientEvents,
  type InviteClientTransaction,
  reliableTag,
  type SipRequest,
  type SipResponse,
} from '../sip/index.ts';
import type { AppClient } from './AppClient.ts';
import { AppDialog } from './AppDialog.ts';
import { forwardFailure, forwardResponse, type SentEcho } from './forwardToClient.ts';
import type { ServerContext } from './ServerContext.ts';
import { sessionExpiresOf } from './SessionTimer.ts';

export interface OutgoingInviteOptions {
  readonly client: AppClient;
  readonly transactionId: string;
  readonly dialogId: string;
  readonly request: SipRequest;
}

/** A client's INVITE or SUBSCRIBE and the dialog that comes of it. */
export class OutgoingInvite {
  readonly client: AppClient;
  /** Set once an INVITE is on its way. */
  transaction: InviteClientTransaction | undefined;
  readonly #context: ServerContext;
  readonly #options: OutgoingInviteOptions;
  #dialog: AppDialog | undefined;
  #lastRseq = 0;

  constructor(context: ServerContext, options: OutgoingInviteOptions) {
    this.#context = context;
    this.#options = options;
    this.client = options.client;
  }

  /** @param onDecided called once, when there is a final response or will be none */
  events(echo: SentEcho, onDecided: () => void): InviteClientEvents {
    const { client, transactionId, dialogId, request } = this.#options;
    const failed = (status: number, error?: Error): void => {
      onDecided();
      this.#forget();
      if (echo.sent()) forwardFailure(client, transactionId, dialogId, request, status);
      else echo.refuse(error ?? new Error('request could not be sent'));
    };
    return {
      onSent: (path) => echo.onSent(path),
      onProvisional: (response, arrival) => this.#progress(response, arrival),
      onFinal: (response, arrival) => {
        onDecided();
        if (response.status < 300) this.#answer(response, arrival);
        else {
          this.#forget();
          forwardResponse(client, transactionId, dialogId, response, arrival);
        }
      },
      onForkedAnswer: (response, arrival) => this.#declineFork(response, arrival),
      onTimeout: () => failed(408),
      onTransportError: (error) => failed(503, error),
      onEnd: () => this.#giveUpWaitingForAck(),
    };
  }

  #progress(response: SipResponse, arrival: Arrival): void {
    if (response.status === 100) return;
    const { client, transactionId, dialogId } = this.#options;
    const rseq = Number(response.headers.get('rseq'));
    if (Number.isInteger(rseq) && response.headers.list('require').includes(reliableTag)) {
      // A reliable response that comes again, or before its predecessor, is not passed on (RFC 3262 4).
      const isInOrder = this.#lastRseq === 0 || rseq === this.#lastRseq + 1;
      if (!isInOrder) return;
      this.#lastRseq = rseq;
      this.#formDialog(response, arrival);
    }
    forwardResponse(client, transactionId, dialogId, response, arrival);
  }

  #answer(response: SipResponse, arrival: Arrival): void {
    const { client, transactionId, dialogId, request } = this.#options;
    const { essentials } = arrival;
    const dialog = this.#formDialog(response, arrival);
    const { transaction } = this;
    if (transaction !== undefined) {
      dialog.unacknowledged = { invite: transaction, cseq: essentials.cseq, toTag: essentials.toTag ?? '' };
      const agreed = sessionExpiresOf(response.headers);
      if (agreed !== undefined) {
        this.#context.ender.startSessionTimer(dialog, agreed.intervalSeconds, agreed.refresher !== 'uas');
      }
    }
    if (!client.isOpen && request.method === 'INVITE') {
      this.#context.ender.hangUp(dialog, 'Application gone');
      return;
    }
    forwardResponse(client, transactionId, dialogId, response, arrival);
  }

  /** The dialog with this branch: kept where an early one exists already, else made. */
  #formDialog(response: SipResponse, arrival: Arrival): AppDialog {
    const { client, dialogId, request } = this.#options;
    if (this.#dialog !== undefined && this.#dialog.dialog.remoteTag === (arrival.essentials.toTag ?? '')) {
      this.#dialog.refreshTarget(response, arrival.flow);
      return this.#dialog;
    }
    const dialog = new AppDialog({
      id: dialogId,
      dialog: Dialog.ofUac(request, response, arrival.essentials),
      client,
      method: request.method,
      flow: arrival.flow,
      localContact: request.headers.get('contact'),
    });
    dialog.localSdp = request.body;
    this.#context.dialogs.add(dialog);
    this.#dialog = dialog;
    return dialog;
  }

  /** The client knows one dialog for its INVITE: a second answer is taken and hung up (RFC 3261 13.2.2.4). */
  #declineFork(response: SipResponse, arrival: Arrival): void {
    const { request } = this.#options;
    const { essentials } = arrival;
    const dialog = Dialog.ofUac(request, response, essentials);
    const hop = dialog.nextHopVia(arrival.flow.transport);
    this.transaction?.acknowledge(dialog.ack(essentials.cseq), hop, essentials.toTag ?? '');
    this.#context.stack.request(dialog.request('BYE'), hop, {
      onFinal() {},
      onTimeout() {},
      onTransportError() {},
    });
  }

  /** The answer's transaction ends and the client has never sent its ACK: it has lost interest in the call. */
  #giveUpWaitingForAck(): void {
    const dialog = this.#dialog;
    if (dialog?.unacknowledged?.invite === this.transaction && dialog?.unacknowledged !== undefined) {
      this.#context.ender.hangUp(dialog, 'ACK timeout');
    }
  }

  #forget(): void {
    if (this.#dialog !== undefined) this.#context.dialogs.remove(this.#dialog);
    this.#dialog = undefined;
  }
}
