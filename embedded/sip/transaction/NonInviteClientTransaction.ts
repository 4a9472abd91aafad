import type { SipRequest, SipResponse } from '../SipMessage.ts';
import { transactionTimeoutMs } from '../timerValues.ts';
import type { OutgoingPath } from './OutgoingPath.ts';
import type { Arrival, TransactionContext } from './TransactionContext.ts';

/** What the user of a client transaction hears. Exactly one of final, timeout and transport error comes. */
export interface ClientTransactionEvents {
  /** The request was handed to its transport for the first time; the path holds its bytes. */
  onSent?(path: OutgoingPath): void;
  onProvisional?(response: SipResponse, arrival: Arrival): void;
  onFinal(response: SipResponse, arrival: Arrival): void;
  /** No final response within 64*T1: treat it as a 408 (RFC 3261 8.1.3.1). */
  onTimeout(): void;
  /** The request could not be sent: treat it as a 503 (8.1.3.1). */
  onTransportError(error: Error): void;
  /** The transaction is over, lingering included. */
  onEnd?(): void;
}

type State = 'trying' | 'proceeding' | 'completed' | 'terminated';

/**
 * Non-INVITE client transaction (RFC 3261 17.1.2).
 * trying -> proceeding (1xx) -> completed (final, absorbs repeated ones for T4) -> terminated.
 */
export class NonInviteClientTransaction {
  readonly kind = 'nonInvite';
  readonly request: SipRequest;
  readonly path: OutgoingPath;
  readonly #context: TransactionContext;
  readonly #events: ClientTransactionEvents;
  readonly #onEnd: () => void;
  #state: State = 'trying';
  #reliable = false;
  #sent = false;
  #retransmitTimer: NodeJS.Timeout | undefined;
  #timeoutTimer: NodeJS.Timeout | undefined;

  constructor(
    context: TransactionContext,
    request: SipRequest,
    path: OutgoingPath,
    events: ClientTransactionEvents,
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

  start(): void {
    const { timers } = this.#context;
    this.#timeoutTimer = this.#context.schedule(transactionTimeoutMs(timers), () => this.#timedOut());
    this.path.send({
      onSent: (reliable) => {
        this.#reliable = reliable;
        clearTimeout(this.#retransmitTimer);
        if (!reliable && this.#state === 'trying') this.#scheduleRetransmit(timers.t1Ms);
        if (!this.#sent) this.#events.onSent?.(this.path);
        this.#sent = true;
      },
      onFailure: (error) => this.#failed(error),
    });
  }

  receive(response: SipResponse, arrival: Arrival): void {
    if (this.#state !== 'trying' && this.#state !== 'proceeding') return;
    if (response.status < 200) {
      this.#state = 'proceeding';
      this.#events.onProvisional?.(response, arrival);
      return;
    }
    this.#clearTimers();
    this.#state = 'completed';
    if (this.#reliable) this.terminate();
    else this.#timeoutTimer = this.#context.schedule(this.#context.timers.t4Ms, () => this.terminate());
    this.#events.onFinal(response, arrival);
  }

  /** Ends the transaction without a word to its user. */
  terminate(): void {
    if (this.#state === 'terminated') return;
    this.#clearTimers();
    this.#state = 'terminated';
    this.#onEnd();
    this.#events.onEnd?.();
  }

  #scheduleRetransmit(intervalMs: number): void {
    this.#retransmitTimer = this.#context.schedule(intervalMs, () => {
      this.path.resend();
      const { t2Ms } = this.#context.timers;
      this.#scheduleRetransmit(this.#state === 'proceeding' ? t2Ms : Math.min(2 * intervalMs, t2Ms));
    });
  }

  #timedOut(): void {
    this.terminate();
    this.#events.onTimeout();
  }

  #failed(error: Error): void {
    if (this.#state !== 'trying' && this.#state !== 'proceeding') return;
    this.terminate();
    this.#events.onTransportError(error);
  }

  #clearTimers(): void {
    clearTimeout(this.#retransmitTimer);
    clearTimeout(this.#timeoutTimer);
  }
}
