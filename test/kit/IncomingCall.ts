import { Dialog, type InviteServerTransaction, type SipRequest } from '../../embedded/sip/index.ts';
import type { Phone } from './Phone.ts';
import { PhoneCall } from './PhoneCall.ts';
import type { PhoneMedia } from './PhoneMedia.ts';
import { within } from './Series.ts';

/** A call that a phone gets. It is the test's to ring, answer or refuse. */
export class IncomingCall extends PhoneCall {
  readonly invite: SipRequest;
  readonly arrivedAt = Date.now();
  readonly #transaction: InviteServerTransaction;
  readonly #acknowledged = Promise.withResolvers<void>();

  constructor(phone: Phone, media: PhoneMedia | undefined, transaction: InviteServerTransaction) {
    super(phone, media);
    this.invite = transaction.request;
    this.#transaction = transaction;
    transaction.events.onCancel = (cancel) => {
      this.over({ how: 'cancelled', reason: cancel.headers.get('reason') });
    };
  }

  get callId(): string {
    return this.invite.headers.get('call-id') ?? '';
  }

  /** User part of the From URI: who seems to call. */
  get shownNumber(): string {
    return /sips?:([^@>;]+)@/.exec(this.invite.headers.get('from') ?? '')?.[1] ?? '';
  }

  /** User part of the Request-URI: whom they want. */
  get wantedNumber(): string {
    return /^sips?:([^@>;]+)@/.exec(this.invite.uri)?.[1] ?? '';
  }

  /** Says that the phone rings: 180, or 183 with early media. */
  ring(status: 180 | 183 = 180): void {
    if (this.#transaction.isAnswered) return;
    if (status === 183) this.listenTo(this.invite.body);
    const body = status === 183 ? this.sdp('sendrecv') : '';
    this.#transaction.reply(status, { headers: this.#headers(body), body });
  }

  /** Picks up. Resolves when our answer was acknowledged. @throws PatienceError */
  answer(): Promise<void> {
    if (!this.#transaction.isAnswered) {
      const { request, arrival, localTag } = this.#transaction;
      this.dialog = Dialog.ofUas(request, arrival.essentials, localTag);
      this.listenTo(request.body);
      const body = this.sdp('sendrecv');
      this.#transaction.reply(200, { headers: this.#headers(body), body });
    }
    return within(this.#acknowledged.promise, `${this.phone.name} waiting for the ACK of its answer`);
  }

  /** Refuses with a status, such as 486, and further headers, such as a Reason. */
  reject(status: number, headers: Readonly<Record<string, string>> = {}): void {
    if (this.#transaction.isAnswered) return;
    this.#transaction.reply(status, { headers });
    this.over({ how: 'refused', status });
  }

  override receiveAck(ack: SipRequest): void {
    super.receiveAck(ack);
    this.#acknowledged.resolve();
  }

  #headers(body: string): Readonly<Record<string, string>> {
    const { 'Content-Type': contentType = 'application/sdp', ...headers } = this.phone.sessionHeaders();
    return body === '' ? headers : { ...headers, 'Content-Type': contentType };
  }
}
