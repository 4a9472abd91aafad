import { SipStackError } from '../errors.ts';
import { newTag } from '../identifiers.ts';
import { makeResponse, type SipRequest, type SipResponse, serialize } from '../SipMessage.ts';
import { transactionTimeoutMs } from '../timerValues.ts';
import type { ReplyOptions, ServerTransactionEvents } from './NonInviteServerTransaction.ts';
import type { ReplyPath } from './ReplyPath.ts';
import type { Arrival, TransactionContext } from './TransactionContext.ts';

/** What the user of an INVITE server transaction may want to hear; set on `events`. */
export interface InviteServerEvents extends ServerTransactionEvents {
  /** The caller gave up; the 487 is already sent. */
  onCancel?(cancel: SipRequest, arrival: Arrival): void;
  /** The first ACK of our 2xx. */
  onAck?(ack: SipRequest, arrival: Arrival): void;
  /** Our 2xx was repeated for 64*T1 and no ACK came: the dialog should be ended with a BYE (13.3.1.4). */
  onAckTimeout?(): void;
}

/** What an INVITE server transaction may ask of the stack, beyond what every transaction may. */
export interface InviteServerContext extends TransactionContext {
  /** ACKs of this transaction's 2xx shall be given to it. */
  expectAck(invite: InviteServerTransaction): void;
}

type State = 'proceeding' | 'accepted' | 'completed' | 'confirmed' | 'terminated';

/**
 * INVITE server transaction (RFC 3261 17.2.1 with RFC 6026), together with the repetition of the 2xx until its ACK
 * that is the UAS core's duty (13.3.1.4).
 * proceeding -> completed (3xx-6xx, repeated until ACK) -> confirmed, or accepted (2xx) -> terminated.
 */
export class InviteServerTransaction {
  readonly kind = 'invite';
  readonly request: SipRequest;
  readonly arrival: Arrival;
  readonly replyPath: ReplyPath;
  events: InviteServerEvents = {};
  readonly #context: InviteServerContext;
  readonly #onEnd: () => void;
  #state: State = 'proceeding';
  #localTag: string | undefined;
  #lastBytes: string | undefined;
  #acknowledged = false;
  #repeatTimer: NodeJS.Timeout | undefined;
  #endTimer: NodeJS.Timeout | undefined;

  constructor(
    context: InviteServerContext,
    request: SipRequest,
    arrival: Arrival,
    replyPath: ReplyPath,
    onEnd: () => void,
  ) {
    this.#context = context;
    this.request = request;
    this.arrival = arrival;
    this.replyPath = replyPath;
    this.#onEnd = onEnd;
    this.#repeatTimer = context.schedule(context.timers.tryingAfterMs, () => this.#sendTrying());
  }

  get state(): State {
    return this.#state;
  }

  get isAnswered(): boolean {
    return this.#state !== 'proceeding';
  }

  /** The To tag of our responses: that of the request inside a dialog, else one made once. Settable before the first. */
  get localTag(): string {
    this.#localTag ??= this.arrival.essentials.toTag ?? newTag();
    return this.#localTag;
  }

  set localTag(tag: string) {
    this.#localTag ??= this.arrival.essentials.toTag ?? tag;
  }

  /** Makes a response and sends it. @returns the response @throws SipStackError as {@link respond} */
  reply(status: number, options: ReplyOptions = {}): SipResponse {
    const response = makeResponse(this.request, status, { ...options, toTag: this.localTag });
    this.respond(response);
    return response;
  }

  /**
   * Sends a response. @returns its bytes
   * @throws SipStackError SIP_TRANSACTION_STATE after a final response
   */
  respond(response: SipResponse): string {
    if (this.isAnswered)
      throw new SipStackError('SIP_TRANSACTION_STATE', 'the final response was already sent');
    const bytes = serialize(response);
    clearTimeout(this.#repeatTimer);
    this.#lastBytes = bytes;
    if (response.status >= 300) this.#refuse();
    else if (response.status >= 200) this.#accept();
    this.replyPath.send(bytes);
    if (response.status >= 200) this.events.onFinal?.(response.status);
    return bytes;
  }

  /** Sends the bytes of a provisional response, first or again. Nothing happens once there is a final response. */
  sendProvisional(bytes: string): void {
    if (this.isAnswered) return;
    clearTimeout(this.#repeatTimer);
    this.#lastBytes = bytes;
    this.replyPath.send(bytes);
  }

  /** The client sent its INVITE again. */
  receiveAgain(): void {
    const repeats = this.#state === 'proceeding' || this.#state === 'completed';
    if (repeats && this.#lastBytes !== undefined) this.replyPath.send(this.#lastBytes);
    else if (this.#state === 'proceeding') this.#sendTrying();
  }

  /**
   * An ACK came, with the branch of the INVITE or as a request of its dialog.
   * @returns whether it is the first one of a 2xx
   */
  receiveAck(ack: SipRequest, arrival: Arrival): boolean {
    if (this.#state === 'completed') {
      clearTimeout(this.#repeatTimer);
      clearTimeout(this.#endTimer);
      this.#state = 'confirmed';
      if (this.replyPath.isReliable) this.terminate();
      else this.#endTimer = this.#context.schedule(this.#context.timers.t4Ms, () => this.terminate());
      return false;
    }
    if (this.#state !== 'accepted' || this.#acknowledged) return false;
    this.#acknowledged = true;
    clearTimeout(this.#repeatTimer);
    this.#lastBytes = undefined;
    this.events.onAck?.(ack, arrival);
    return true;
  }

  /** A CANCEL for this INVITE came; it is answered by the stack. */
  receiveCancel(cancel: SipRequest, arrival: Arrival): void {
    if (this.isAnswered) return;
    this.reply(487);
    this.events.onCancel?.(cancel, arrival);
  }

  /** Ends the transaction without a further message. */
  terminate(): void {
    if (this.#state === 'terminated') return;
    const unanswered = !this.isAnswered;
    clearTimeout(this.#repeatTimer);
    clearTimeout(this.#endTimer);
    this.#state = 'terminated';
    this.#onEnd();
    if (unanswered) this.events.onFinal?.(0);
    this.events.onEnd?.();
  }

  #sendTrying(): void {
    if (this.#state !== 'proceeding' || this.#lastBytes !== undefined) return;
    this.#lastBytes = serialize(makeResponse(this.request, 100));
    this.replyPath.send(this.#lastBytes);
  }

  #accept(): void {
    const { timers } = this.#context;
    this.#state = 'accepted';
    this.#context.expectAck(this);
    // Repeated over any transport, as the path behind the next hop may lose it (13.3.1.4).
    this.#scheduleRepeat(timers.t1Ms);
    this.#endTimer = this.#context.schedule(transactionTimeoutMs(timers), () => {
      const { onAckTimeout } = this.events;
      const missed = !this.#acknowledged;
      this.terminate();
      if (missed) onAckTimeout?.();
    });
  }

  #refuse(): void {
    const { timers } = this.#context;
    this.#state = 'completed';
    if (!this.replyPath.isReliable) this.#scheduleRepeat(timers.t1Ms);
    this.#endTimer = this.#context.schedule(transactionTimeoutMs(timers), () => this.terminate());
  }

  #scheduleRepeat(intervalMs: number): void {
    this.#repeatTimer = this.#context.schedule(intervalMs, () => {
      if (this.#lastBytes !== undefined) this.replyPath.send(this.#lastBytes);
      this.#scheduleRepeat(Math.min(2 * intervalMs, this.#context.timers.t2Ms));
    });
  }
}
