import { Dialog, ReliableProvisionals, type ServerTransaction } from '../sip/index.ts';
import type { AppClient } from './AppClient.ts';
import { AppDialog, dialogIdOf } from './AppDialog.ts';
import type { ServerContext } from './ServerContext.ts';
import { forwardedText, metaOf, sipMessage } from './serverMessage.ts';

/** A peer's INVITE or SUBSCRIBE outside of any dialog, and the dialog that the client's responses make of it. */
export class IncomingInvite {
  readonly dialogId: string;
  readonly #context: ServerContext;
  readonly #transaction: ServerTransaction;
  readonly #client: AppClient;
  #dialog: AppDialog | undefined;

  constructor(context: ServerContext, transaction: ServerTransaction, client: AppClient) {
    this.#context = context;
    this.#transaction = transaction;
    this.#client = client;
    const { callId, fromTag } = transaction.arrival.essentials;
    this.dialogId = dialogIdOf(callId, fromTag);
    if (transaction.kind !== 'invite') return;
    transaction.events.onCancel = (cancel, arrival) => {
      const text = forwardedText(cancel, arrival);
      client.send(
        sipMessage(metaOf('network', arrival.flow, text.length), cancelTransactionId, this.dialogId, text),
      );
    };
    transaction.events.onAckTimeout = () => {
      if (this.#dialog !== undefined) context.ender.hangUp(this.#dialog, 'ACK timeout');
    };
  }

  /** The dialog as of a response that forms one; made with the first (RFC 3261 12.1). */
  formDialog(): AppDialog {
    if (this.#dialog !== undefined) return this.#dialog;
    const { request, arrival, localTag } = this.#transaction;
    const dialog = new AppDialog({
      id: this.dialogId,
      dialog: Dialog.ofUas(request, arrival.essentials, localTag),
      client: this.#client,
      method: request.method,
      flow: arrival.flow,
    });
    if (this.#transaction.kind === 'invite') {
      const invite = this.#transaction;
      dialog.incomingInvite = invite;
      dialog.reliableProvisionals = new ReliableProvisionals(invite, this.#context.stack, () => {
        if (!invite.isAnswered) invite.reply(504, { reason: 'No PRACK' });
      });
    }
    this.#context.dialogs.add(dialog);
    this.#dialog = dialog;
    return dialog;
  }

  /** The final response went out; 0 where there was none. */
  decided(status: number): void {
    const dialog = this.#dialog;
    if (dialog === undefined) return;
    dialog.incomingInvite = undefined;
    dialog.reliableProvisionals?.end();
    if (status < 200 || status >= 300) this.#context.dialogs.remove(dialog);
  }
}

/** drachtio-srf finds the INVITE of a CANCEL by Call-ID; the id only has to be there. */
const cancelTransactionId = 'cancel';
