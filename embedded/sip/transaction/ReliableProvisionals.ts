import { randomInt } from 'node:crypto';
import { type SipRequest, type SipResponse, serialize } from '../SipMessage.ts';
import { transactionTimeoutMs } from '../timerValues.ts';
import type { InviteServerTransaction } from './InviteServerTransaction.ts';
import type { TransactionContext } from './TransactionContext.ts';

/** The option tag of reliable provisional responses in Supported and Require. */
export const reliableTag = '100rel';

/**
 * The callee's side of RFC 3262 for one INVITE: numbers its reliable provisional responses, sends one after the other
 * and repeats each until its PRACK. The owner calls {@link end} with the final response.
 */
export class ReliableProvisionals {
  readonly #invite: InviteServerTransaction;
  readonly #context: TransactionContext;
  readonly #onUnacknowledged: () => void;
  readonly #queue: { rseq: number; bytes: string }[] = [];
  #rseq = randomInt(1, 2 ** 20);
  #repeatTimer: NodeJS.Timeout | undefined;
  #giveUpTimer: NodeJS.Timeout | undefined;

  /** @param onUnacknowledged one response got no PRACK for 64*T1: the INVITE should be refused (RFC 3262 3) */
  constructor(invite: InviteServerTransaction, context: TransactionContext, onUnacknowledged: () => void) {
    this.#invite = invite;
    this.#context = context;
    this.#onUnacknowledged = onUnacknowledged;
  }

  /** Sends the response reliably, after those that still wait for their PRACK. @returns its bytes */
  send(response: SipResponse): string {
    this.#rseq += 1;
    response.headers.set('Require', reliableTag).set('RSeq', String(this.#rseq));
    const bytes = serialize(response);
    this.#queue.push({ rseq: this.#rseq, bytes });
    if (this.#queue.length === 1) this.#sendFirst();
    return bytes;
  }

  /** A PRACK came. @returns whether it is for the response that waits for one; else it is to be answered 481 */
  acknowledge(prack: SipRequest): boolean {
    const [rseq] = (prack.headers.get('rack') ?? '').split(/\s+/);
    const [first] = this.#queue;
    if (first === undefined || rseq !== String(first.rseq)) return false;
    this.#stopTimers();
    this.#queue.shift();
    this.#sendFirst();
    return true;
  }

  /** The final response goes out: nothing is repeated any more. */
  end(): void {
    this.#stopTimers();
    this.#queue.length = 0;
  }

  #sendFirst(): void {
    const [first] = this.#queue;
    if (first === undefined) return;
    this.#invite.sendProvisional(first.bytes);
    this.#scheduleRepeat(first.bytes, this.#context.timers.t1Ms);
    this.#giveUpTimer = this.#context.schedule(transactionTimeoutMs(this.#context.timers), () => {
      this.end();
      this.#onUnacknowledged();
    });
  }

  #scheduleRepeat(bytes: string, intervalMs: number): void {
    this.#repeatTimer = this.#context.schedule(intervalMs, () => {
      this.#invite.sendProvisional(bytes);
      this.#scheduleRepeat(bytes, 2 * intervalMs);
    });
  }

  #stopTimers(): void {
    clearTimeout(this.#repeatTimer);
    clearTimeout(this.#giveUpTimer);
  }
}
