import { SipStackError } from '../errors.ts';
import { type HeaderRecord, makeRequest, type SipRequest, type SipResponse } from '../SipMessage.ts';
import { transactionTimeoutMs } from '../timerValues.ts';
import type { NextHop } from '../transport/Flow.ts';
import type { ClientTransactionEvents } from './NonInviteClientTransaction.ts';
import type { OutgoingPath } from './OutgoingPath.ts';
import type { Arrival, TransactionContext } from './TransactionContext.ts';

export interface InviteClientEvents extends ClientTransactionEvents {
  /** A 2xx of another branch of a forked INVITE: the user has to ACK it and, not wanting two calls, to BYE it. */
  onForkedAnswer?(response: SipResponse, arrival: Arrival): void;
}

/** What an INVITE client transaction may ask of the stack, beyond what every transaction may. */
export interface InviteClientContext extends TransactionContext {
  /** Sends a CANCEL, whose transaction shares the branch of the INVITE. */
  sendCancel(invite: InviteClientTransaction, cancel: SipRequest): void;
  /** Sends the ACK of a 2xx, which is no part of the transaction. */
  sendAck(ack: SipRequest, hop: NextHop): OutgoingPath;
}

type State = 'calling' | 'proceeding' | 'accepted' | 'completed' | 'terminated';

/**
 * INVITE client transaction (RFC 3261 17.1.1 with RFC 6026).
 * calling -> proceeding (1xx) -> completed (3xx-6xx; ACKs each) or accepted (2xx; its user ACKs each branch once,
 * repeated ones are ACKed again from here) -> terminated.
 */
export class InviteClientTransaction {
  readonly kind = 'invite';
  readonly request: SipRequest;
  readonly path: OutgoingPath;
  readonly #context: InviteClientContext;
  readonly #events: InviteClientEvents;
  readonly #onEnd: () => void;
  /** ACKs sent for 2xx responses, by the To tag of the branch; undefined until the user has sent it. */
  readonly #answers = new Map<string, OutgoingPath | undefined>();
  #state: State = 'calling';
  #reliable = false;
  #sent = false;
  #cancel: SipRequest | undefined;
  #cancelSent = false;
  #refusalAck: SipRequest | undefined;
  #retransmitTimer: NodeJS.Timeout | undefined;
  #timeoutTimer: NodeJS.Timeout | undefined;

  constructor(
    context: InviteClientContext,
    request: SipRequest,
    path: OutgoingPath,
    events: InviteClientEvents,
    onEnd: () => void,
  ) {
    this.#context = context;
    this.request = request;
    this.path = path;
    this.#events = events;
    this.#onEnd = onEnd;
  }

  get state(): State {
    return this.#state;
  }

  /** Whether {@link cancel} was asked for. */
  get isCancelled(): boolean {
    return this.#cancel !== undefined;
  }

  start(): void {
    const { timers } = this.#context;
    this.#restartTimeout(transactionTimeoutMs(timers));
    this.path.send({
      onSent: (reliable) => {
        this.#reliable = reliable;
        clearTimeout(this.#retransmitTimer);
        if (!reliable && this.#state === 'calling') this.#scheduleRetransmit(timers.t1Ms);
        if (!this.#sent) this.#events.onSent?.(this.path);
        this.#sent = true;
      },
      onFailure: (error) => this.#failed(error),
    });
  }

  receive(response: SipResponse, arrival: Arrival): void {
    switch (this.#state) {
      case 'calling':
      case 'proceeding':
        if (response.status < 200) this.#progress(response, arrival);
        else if (response.status < 300) this.#accept(response, arrival);
        else this.#refuse(response, arrival);
        return;
      case 'accepted':
        if (response.status >= 200 && response.status < 300) this.#acceptAgain(response, arrival);
        return;
      case 'completed':
        if (response.status >= 300 && this.#refusalAck !== undefined) this.path.sendRelated(this.#refusalAck);
        return;
      case 'terminated':
        return;
    }
  }

  /**
   * Asks the callee to give up (RFC 3261 9.1): at once where a provisional response has come, else as soon as one
   * comes. The final response still arrives through the events.
   * @returns the CANCEL request
   * @throws SipStackError SIP_TRANSACTION_STATE once there is a final response
   */
  cancel(headers: HeaderRecord = {}): SipRequest {
    if (this.#state !== 'calling' && this.#state !== 'proceeding') {
      throw new SipStackError(
        'SIP_TRANSACTION_STATE',
        'too late to cancel: the INVITE has its final response',
      );
    }
    this.#cancel ??= relatedRequest(this.request, 'CANCEL', this.request.headers.get('to') ?? '', headers);
    if (this.#state === 'proceeding') this.#sendCancel();
    return this.#cancel;
  }

  /**
   * Sends the ACK of a 2xx and repeats it for each repetition of that 2xx (13.2.2.4).
   * @param toTag the To tag of the 2xx, which tells the branches of a forked INVITE apart
   */
  acknowledge(ack: SipRequest, hop: NextHop, toTag: string): OutgoingPath {
    const path = this.#context.sendAck(ack, hop);
    if (this.#state === 'accepted') this.#answers.set(toTag, path);
    return path;
  }

  /** Ends the transaction without a word to its user. */
  terminate(): void {
    if (this.#state === 'terminated') return;
    this.#clearTimers();
    this.#state = 'terminated';
    this.#onEnd();
    this.#events.onEnd?.();
  }

  #progress(response: SipResponse, arrival: Arrival): void {
    const first = this.#state === 'calling';
    this.#state = 'proceeding';
    clearTimeout(this.#retransmitTimer);
    if (first && this.#cancel !== undefined) this.#sendCancel();
    else if (!this.#cancelSent && (first || response.status > 100)) this.#restartRingTimeout();
    this.#events.onProvisional?.(response, arrival);
  }

  #accept(response: SipResponse, arrival: Arrival): void {
    this.#clearTimers();
    this.#state = 'accepted';
    this.#restartTimeout(transactionTimeoutMs(this.#context.timers), () => this.terminate());
    this.#answers.set(arrival.essentials.toTag ?? '', undefined);
    this.#events.onFinal(response, arrival);
  }

  #acceptAgain(response: SipResponse, arrival: Arrival): void {
    const tag = arrival.essentials.toTag ?? '';
    if (this.#answers.has(tag)) {
      this.#answers.get(tag)?.resend();
      return;
    }
    this.#answers.set(tag, undefined);
    this.#events.onForkedAnswer?.(response, arrival);
  }

  #refuse(response: SipResponse, arrival: Arrival): void {
    this.#clearTimers();
    this.#state = 'completed';
    this.#refusalAck = relatedRequest(this.request, 'ACK', response.headers.get('to') ?? '');
    this.path.sendRelated(this.#refusalAck);
    if (this.#reliable) this.terminate();
    else this.#restartTimeout(this.#context.timers.timerDMs, () => this.terminate());
    this.#events.onFinal(response, arrival);
  }

  #sendCancel(): void {
    if (this.#cancelSent || this.#cancel === undefined) return;
    this.#cancelSent = true;
    this.#context.sendCancel(this, this.#cancel);
    // A callee that answers the CANCEL and then nothing must not hold the transaction (9.1, last paragraph).
    this.#restartTimeout(transactionTimeoutMs(this.#context.timers));
  }

  #restartRingTimeout(): void {
    this.#restartTimeout(this.#context.timers.timerCMs, () => this.cancel());
  }

  #restartTimeout(delayMs: number, action = (): void => this.#timedOut()): void {
    clearTimeout(this.#timeoutTimer);
    this.#timeoutTimer = this.#context.schedule(delayMs, action);
  }

  #scheduleRetransmit(intervalMs: number): void {
    this.#retransmitTimer = this.#context.schedule(intervalMs, () => {
      this.path.resend();
      this.#scheduleRetransmit(2 * intervalMs);
    });
  }

  #timedOut(): void {
    this.terminate();
    this.#events.onTimeout();
  }

  #failed(error: Error): void {
    if (this.#state !== 'calling' && this.#state !== 'proceeding') return;
    this.terminate();
    this.#events.onTransportError(error);
  }

  #clearTimers(): void {
    clearTimeout(this.#retransmitTimer);
    clearTimeout(this.#timeoutTimer);
  }
}

/** CANCEL and the ACK of a refusal repeat what names the INVITE, and its route (9.1, 17.1.1.3). */
function relatedRequest(
  invite: SipRequest,
  method: string,
  to: string,
  extra: HeaderRecord = {},
): SipRequest {
  const { headers } = invite;
  const number = (headers.get('cseq') ?? '').split(/\s/)[0] ?? '';
  return makeRequest(method, invite.uri, {
    'Max-Forwards': '70',
    Route: headers.getAll('route'),
    From: headers.get('from'),
    To: to,
    'Call-ID': headers.get('call-id'),
    CSeq: `${number} ${method}`,
    ...extra,
  });
}
