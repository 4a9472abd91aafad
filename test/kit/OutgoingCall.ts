import {
  Dialog,
  type InviteClientTransaction,
  newTag,
  type SipRequest,
  type SipResponse,
} from '../../embedded/sip/index.ts';
import type { Phone } from './Phone.ts';
import { PhoneCall } from './PhoneCall.ts';
import type { PhoneMedia } from './PhoneMedia.ts';
import { Series } from './Series.ts';

/** A call that a phone makes. */
export class OutgoingCall extends PhoneCall {
  readonly invite: SipRequest;
  readonly startedAt = Date.now();
  /** Provisional responses above 100, in order. */
  readonly progress: Series<SipResponse>;
  readonly answered: Promise<SipResponse>;
  readonly #transaction: InviteClientTransaction;
  readonly #tag = newTag();

  constructor(
    phone: Phone,
    media: PhoneMedia | undefined,
    makeInvite: (call: OutgoingCall, tag: string) => SipRequest,
  ) {
    super(phone, media);
    this.progress = new Series(`${phone.name} waiting for ringing`, ({ status }) => String(status));
    this.invite = makeInvite(this, this.#tag);
    const { promise, resolve, reject } = Promise.withResolvers<SipResponse>();
    this.answered = promise;
    // Who only waits for the end does not have to hear twice that there was no answer.
    promise.catch(() => undefined);
    this.#transaction = phone.stack.invite(this.invite, phone.serverHop, {
      onProvisional: (response) => {
        if (response.status === 100) return;
        this.listenTo(response.body);
        this.progress.push(response);
      },
      onFinal: (response, { essentials }) => {
        if (response.status >= 300) {
          this.over({
            how: this.#transaction.isCancelled && response.status === 487 ? 'cancelled' : 'refused',
            status: response.status,
            reason: response.headers.get('reason'),
            retryAfter: response.headers.get('retry-after'),
          });
          reject(new Error(`${phone.name} was refused with ${response.status}`));
          return;
        }
        const dialog = Dialog.ofUac(this.invite, response, essentials);
        this.dialog = dialog;
        this.#transaction.acknowledge(
          dialog.ack(essentials.cseq),
          phone.hopOf(dialog),
          essentials.toTag ?? '',
        );
        this.listenTo(response.body);
        resolve(response);
      },
      onTimeout: () => this.#lost(reject, 'no final response'),
      onTransportError: (error) => this.#lost(reject, error.message),
    });
  }

  get callId(): string {
    return this.invite.headers.get('call-id') ?? '';
  }

  /** Gives up before the answer; says nothing where that has come already. */
  cancel(headers: Readonly<Record<string, string>> = {}): void {
    if (this.isOver || this.dialog !== undefined) return;
    this.#transaction.cancel(headers);
  }

  /** Gives up or hangs up, whichever it takes; also where the answer crosses our CANCEL. */
  async leave(): Promise<void> {
    this.cancel();
    await Promise.race([this.ended, this.answered.catch(() => undefined)]);
    if (!this.isOver) await this.hangUp();
  }

  #lost(reject: (error: Error) => void, why: string): void {
    this.over({ how: 'lost' });
    reject(new Error(`${this.phone.name}: ${why}`));
  }
}
