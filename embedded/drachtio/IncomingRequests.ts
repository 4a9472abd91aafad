import { randomUUID } from 'node:crypto';
import {
  type InviteServerTransaction,
  type ServerTransaction,
  type SipRequest,
  type SipResponse,
  tagOf,
} from '../sip/index.ts';
import type { AppClient } from './AppClient.ts';
import type { AppDialog } from './AppDialog.ts';
import { IncomingInvite } from './IncomingInvite.ts';
import { respond } from './respond.ts';
import type { ServerContext } from './ServerContext.ts';
import { minSessionSeconds, sessionExpiresOf } from './SessionTimer.ts';
import { forwardedText, metaOf, newRequest, notOk, responseSent, sipMessage } from './serverMessage.ts';

/** Without a dialog these mean nothing, whoever may want them (RFC 3261 15.1.2, RFC 3262 3, RFC 3311 5.2). */
const dialogMethods = new Set(['BYE', 'PRACK', 'UPDATE']);

/** When a peer should look again whose request no client wants: applications come back, or others take over. */
const noClientRetrySeconds = '10';

/** INVITEs that wait for the first client, at the most: those of its first moments, not of an attack. */
const maxEarly = 1_000;

/** A request from the network that a client has still to answer. */
interface Pending {
  readonly transaction: ServerTransaction;
  readonly client: AppClient;
  readonly dialogId: string;
  readonly invite: IncomingInvite | undefined;
}

/** The requests that peers send, until clients have answered them. */
export class IncomingRequests {
  readonly #context: ServerContext;
  readonly #pending = new Map<string, Pending>();
  /** INVITEs that came before the first client that wants any. */
  readonly #early = new Set<InviteServerTransaction>();
  /** Runs while the first of them is still expected. */
  #awaiting: NodeJS.Timeout | undefined;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /** Requests that wait for a client's final answer. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /**
   * The server takes requests from now on, and its clients are still to come: after a crash they are back within moments,
   * and a caller whose INVITE was lost in it has sent it again by then.
   */
  started(): void {
    const { stack, patience } = this.#context;
    this.#awaiting = stack.schedule(patience.firstClientSeconds * 1000, () => {
      this.#awaiting = undefined;
      for (const transaction of [...this.#early]) this.#refuse(transaction);
    });
  }

  /** A client wants INVITEs from now on. */
  clientCame(): void {
    this.stop();
    const early = [...this.#early];
    this.#early.clear();
    for (const transaction of early) this.#receiveNew(transaction.request, transaction);
  }

  /** Waits for no client any more. */
  stop(): void {
    clearTimeout(this.#awaiting);
    this.#awaiting = undefined;
  }

  /** Takes a request from the network: to the client of its dialog, or to the next one that wants its verb. */
  receive(request: SipRequest, transaction: ServerTransaction): void {
    const { essentials } = transaction.arrival;
    const session = sessionExpiresOf(request.headers);
    const canHaveSession = request.method === 'INVITE' || request.method === 'UPDATE';
    if (essentials.fromTag === '' && (transaction.kind === 'invite' || request.method === 'SUBSCRIBE')) {
      // Clients of drachtio-server expect a tag, without which there is no dialog (RFC 3261 8.1.1.3).
      transaction.reply(400, { reason: 'Missing tag in From' });
    } else if (canHaveSession && session !== undefined && session.intervalSeconds < minSessionSeconds) {
      transaction.reply(422, { headers: { 'Min-SE': String(minSessionSeconds) } });
    } else if (essentials.toTag === undefined && !dialogMethods.has(request.method)) {
      this.#receiveNew(request, transaction);
    } else {
      const dialog = this.#context.dialogs.find(essentials);
      if (dialog === undefined) transaction.reply(481);
      else this.#receiveInDialog(request, transaction, dialog);
    }
  }

  /** Gives the ACK of a 2xx to the client. */
  receiveAck(ack: SipRequest, arrival: ServerTransaction['arrival']): void {
    const dialog = this.#context.dialogs.find(arrival.essentials);
    if (dialog === undefined) return;
    const text = forwardedText(ack, arrival);
    dialog.client.send(
      sipMessage(metaOf('network', arrival.flow, text.length), randomUUID(), dialog.id, text),
    );
  }

  /** Sends a client's response. */
  respond(client: AppClient, id: string, message: SipResponse, transactionId: string): void {
    const pending = this.#pending.get(transactionId);
    if (pending === undefined) {
      client.send(
        notOk(id, 'unable to find the request for this response: it was answered already, or never was'),
      );
      return;
    }
    const { transaction, invite } = pending;
    if (transaction.kind === 'invite')
      transaction.localTag = tagOf(message.headers.get('to') ?? '') ?? transaction.localTag;
    const sent = respond(this.#context, transaction, message, invite);
    if (message.status >= 200 && message.status < 300) this.#refreshTarget(transaction, pending.dialogId);
    this.#context.strangers.answered(transaction.arrival.flow.remoteHost, message.status);
    const dialogId = invite?.dialogId ?? pending.dialogId;
    const meta = metaOf('application', transaction.replyPath.flow, sent.bytes.length);
    client.send(responseSent(id, meta, transactionId, dialogId, sent.bytes));
  }

  /** A client has gone: its callers are told, and the other requests answered. */
  abandon(client: AppClient): void {
    for (const { client: owner, transaction } of this.#pending.values()) {
      if (owner === client && !transaction.isAnswered) transaction.reply(480);
    }
  }

  #receiveNew(request: SipRequest, transaction: ServerTransaction): void {
    const client = this.#context.registry.pick(request.method.toLowerCase());
    if (client === undefined) {
      const mayWait = this.#awaiting !== undefined && this.#early.size < maxEarly;
      if (mayWait && transaction.kind === 'invite') this.#wait(transaction);
      else this.#refuse(transaction);
      return;
    }
    const transactionId = randomUUID();
    const formsDialog = transaction.kind === 'invite' || request.method === 'SUBSCRIBE';
    const invite = formsDialog ? new IncomingInvite(this.#context, transaction, client) : undefined;
    this.#hold(transactionId, { transaction, client, dialogId: '', invite });
    const { arrival } = transaction;
    const text = forwardedText(request, arrival);
    client.send(newRequest(metaOf('network', arrival.flow, text.length), transactionId, arrival.flow, text));
  }

  /** Until a client comes, or the caller has given up. */
  #wait(transaction: InviteServerTransaction): void {
    this.#early.add(transaction);
    transaction.events.onFinal = () => this.#early.delete(transaction);
  }

  #refuse(transaction: ServerTransaction): void {
    transaction.reply(503, { headers: { 'Retry-After': noClientRetrySeconds } });
  }

  #receiveInDialog(request: SipRequest, transaction: ServerTransaction, dialog: AppDialog): void {
    const { arrival } = transaction;
    // A BYE is taken whatever its number: somebody else's request with a high one must not keep a call up.
    if (!dialog.dialog.accepts(arrival.essentials) && request.method !== 'BYE') {
      transaction.reply(500, { reason: 'CSeq out of order' });
      return;
    }
    if (request.method === 'PRACK' && !this.#receivePrack(request, transaction, dialog)) return;
    if (transaction.kind === 'invite' && !this.#admitInvite(transaction, dialog)) return;
    if (request.method === 'INVITE' || request.method === 'UPDATE') {
      const session = sessionExpiresOf(request.headers);
      if (session !== undefined) {
        this.#context.ender.startSessionTimer(dialog, session.intervalSeconds, session.refresher === 'uas');
      }
    }
    const { client } = dialog;
    if (!client.isOpen) {
      this.#answerForGoneClient(request, transaction, dialog);
      return;
    }
    const transactionId = randomUUID();
    if (!transaction.isAnswered) {
      this.#hold(transactionId, { transaction, client, dialogId: dialog.id, invite: undefined });
    }
    const text = forwardedText(request, arrival);
    client.send(sipMessage(metaOf('network', arrival.flow, text.length), transactionId, dialog.id, text));
    if (dialog.isEndedBy(request)) this.#context.dialogs.remove(dialog);
  }

  /** A PRACK is answered here, as drachtio-server's stack does; the client only hears of it. */
  #receivePrack(prack: SipRequest, transaction: ServerTransaction, dialog: AppDialog): boolean {
    const isExpected = dialog.reliableProvisionals?.acknowledge(prack) === true;
    transaction.reply(isExpected ? 200 : 481);
    return isExpected;
  }

  /** Only what the client has accepted leads later requests elsewhere (RFC 3261 12.2.2). */
  #refreshTarget({ request, arrival }: ServerTransaction, dialogId: string): void {
    if (request.method !== 'INVITE' && request.method !== 'UPDATE') return;
    this.#context.dialogs.get(dialogId)?.refreshTarget(request, arrival.flow);
  }

  /** Two INVITEs at once in one dialog are not possible (RFC 3261 14.2). */
  #admitInvite(transaction: InviteServerTransaction, dialog: AppDialog): boolean {
    if (dialog.outgoingInvite !== undefined) {
      transaction.reply(491);
      return false;
    }
    if (dialog.incomingInvite !== undefined) {
      transaction.reply(500, { headers: { 'Retry-After': '3' } });
      return false;
    }
    dialog.incomingInvite = transaction;
    transaction.events.onAckTimeout = () => this.#context.ender.hangUp(dialog, 'ACK timeout');
    return true;
  }

  #answerForGoneClient(request: SipRequest, transaction: ServerTransaction, dialog: AppDialog): void {
    const isBye = request.method === 'BYE';
    if (!transaction.isAnswered) transaction.reply(isBye ? 200 : 481);
    if (isBye) this.#context.dialogs.remove(dialog);
    else if (dialog.incomingInvite === transaction) dialog.incomingInvite = undefined;
  }

  /** Keeps the request until its final answer, and answers it where the client does not. */
  #hold(transactionId: string, pending: Pending): void {
    const { transaction } = pending;
    const { stack, patience } = this.#context;
    this.#pending.set(transactionId, pending);
    if (transaction.kind !== 'invite') {
      transaction.events.onFinal = () => this.#pending.delete(transactionId);
      return;
    }
    const timer = stack.schedule(patience.inviteAnswerSeconds * 1000, () => transaction.reply(480));
    transaction.events.onFinal = (status) => {
      clearTimeout(timer);
      this.#pending.delete(transactionId);
      pending.invite?.decided(status);
      const dialog = this.#context.dialogs.get(pending.dialogId);
      if (dialog?.incomingInvite === transaction) dialog.incomingInvite = undefined;
    };
  }
}
