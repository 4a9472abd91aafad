import { SipStackError } from '../errors.ts';
import { newTag } from '../identifiers.ts';
import {
  type HeaderRecord,
  makeResponse,
  type SipRequest,
  type SipResponse,
  serialize,
} from '../SipMessage.ts';
import { transactionTimeoutMs } from '../timerValues.ts';
import type { ReplyPath } from './ReplyPath.ts';
import type { Arrival, TransactionContext } from './TransactionContext.ts';

export interface ReplyOptions {
  readonly reason?: string;
  readonly headers?: HeaderRecord;
  readonly body?: string;
}

/** What the user of a server transaction may want to hear; set on `events`. */
export interface ServerTransactionEvents {
  /** The final response went out, whoever sent it; 0 where the transaction ended without one. Comes once. */
  onFinal?(status: number): void;
  /** The transaction is over, lingering included. */
  onEnd?(): void;
}

type State = 'trying' | 'proceeding' | 'completed' | 'terminated';

/**
 * Non-INVITE server transaction (RFC 3261 17.2.2).
 * trying -> proceeding (1xx sent) -> completed (final sent, repeats it for 64*T1 over UDP) -> terminated.
 */
export class NonInviteServerTransaction {
  readonly kind = 'nonInvite';
  readonly request: SipRequest;
  readonly arrival: Arrival;
  readonly replyPath: ReplyPath;
  events: ServerTransactionEvents = {};
  readonly #context: TransactionContext;
  readonly #onEnd: () => void;
  #state: State = 'trying';
  #localTag: string | undefined;
  #lastBytes: string | undefined;
  #endTimer: NodeJS.Timeout | undefined;

  constructor(
    context: TransactionContext,
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
    // A user that never answers must not hold the transaction: the client has given up by then.
    this.#endTimer = context.schedule(2 * transactionTimeoutMs(context.timers), () => this.terminate());
  }

  get state(): State {
    return this.#state;
  }

  get isAnswered(): boolean {
    return this.#state === 'completed' || this.#state === 'terminated';
  }

  /** The To tag of our responses: that of the request inside a dialog, else one made once. */
  get localTag(): string {
    this.#localTag ??= this.arrival.essentials.toTag ?? newTag();
    return this.#localTag;
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
    this.#lastBytes = bytes;
    this.replyPath.send(bytes);
    if (response.status < 200) {
      this.#state = 'proceeding';
      return bytes;
    }
    this.#state = 'completed';
    clearTimeout(this.#endTimer);
    if (this.replyPath.isReliable) this.terminate();
    else {
      this.#endTimer = this.#context.schedule(transactionTimeoutMs(this.#context.timers), () =>
        this.terminate(),
      );
    }
    this.events.onFinal?.(response.status);
    return bytes;
  }

  /** The client sent its request again. */
  receiveAgain(): void {
    if (this.#lastBytes !== undefined) this.replyPath.send(this.#lastBytes);
  }

  /** Ends the transaction without a word to its user. */
  terminate(): void {
    if (this.#state === 'terminated') return;
    const unanswered = !this.isAnswered;
    clearTimeout(this.#endTimer);
    this.#state = 'terminated';
    this.#onEnd();
    if (unanswered) this.events.onFinal?.(0);
    this.events.onEnd?.();
  }
}
