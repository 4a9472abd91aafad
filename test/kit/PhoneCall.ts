import type {
  Dialog,
  Essentials,
  ServerTransaction,
  SipRequest,
  SipResponse,
} from '../../embedded/sip/index.ts';
import type { Phone } from './Phone.ts';
import type { PhoneMedia } from './PhoneMedia.ts';
import { answering, type Direction, readSdp, writeSdp } from './phoneSdp.ts';
import { Series, within } from './Series.ts';

/** How a call ended, seen from one phone. */
export interface CallEnd {
  /** `refused`: a final response of 300 and above; `lost`: nothing came back any more. */
  readonly how: 'i-hung-up' | 'other-hung-up' | 'refused' | 'cancelled' | 'lost';
  readonly at: number;
  /** Status of the refusal; 0 where there was none. */
  readonly status: number;
  /** Reason header (RFC 3326) of the BYE, CANCEL or refusal that came. */
  readonly reason: string | undefined;
  readonly retryAfter: string | undefined;
}

/** Port that nothing listens on, for calls without sound. */
const DISCARD_PORT = 9;

/** One call of a phone: its dialog once there is one, its sound, and what the other side asked for in it. */
export abstract class PhoneCall {
  readonly phone: Phone;
  readonly media: PhoneMedia | undefined;
  /** Requests of the other side inside the dialog, in order. */
  readonly requests: Series<SipRequest>;
  /** Resolves when the call is over and all its sound has been heard. */
  readonly ended: Promise<CallEnd>;
  /** What the other side last asked us to do with our sound: `sendonly` there means that it holds us. */
  remoteDirection: Direction = 'sendrecv';
  /** Whether what we say and hear goes by SRTP: we offered it, or the other side did. */
  isSecured: boolean;
  /** Status for the next re-INVITE of the other side; 200 unless a test changes it. */
  reinviteStatus = 200;
  /** Status for INFO of the other side. */
  infoStatus = 200;
  protected dialog: Dialog | undefined;
  readonly #endNow: (end: CallEnd) => void;
  #sdpVersion = 1;
  #isOver = false;

  protected constructor(phone: Phone, media: PhoneMedia | undefined) {
    this.phone = phone;
    this.media = media;
    this.isSecured = phone.offersSrtp;
    this.requests = new Series(`${phone.name} waiting for a request`, ({ method }) => method);
    const { promise, resolve } = Promise.withResolvers<CallEnd>();
    this.ended = promise;
    this.#endNow = resolve;
  }

  abstract get callId(): string;

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Waits for the end, whoever brings it. @throws PatienceError */
  end(patienceMs?: number): Promise<CallEnd> {
    return within(this.ended, `${this.phone.name} waiting for the end of the call`, patienceMs);
  }

  /** Ends an answered call. Resolves with the status of the answer to our BYE. */
  async hangUp(headers: Readonly<Record<string, string>> = {}): Promise<number> {
    const response = this.request('BYE', headers);
    this.over({ how: 'i-hung-up' });
    return (await response).status;
  }

  /** Holds (`sendonly`), takes back (`sendrecv`) or otherwise changes the session by re-INVITE. */
  reinvite(direction: Direction): Promise<SipResponse> {
    const dialog = this.#inDialog();
    const request = dialog.request('INVITE', this.phone.sessionHeaders(), this.sdp(direction));
    return new Promise((resolve, reject) => {
      const transaction = this.phone.stack.invite(request, this.phone.hopOf(dialog), {
        onFinal: (response, { essentials }) => {
          if (response.status < 300) {
            transaction.acknowledge(
              dialog.ack(essentials.cseq),
              this.phone.hopOf(dialog),
              essentials.toTag ?? '',
            );
            this.listenTo(response.body);
          }
          resolve(response);
        },
        onTimeout: () => reject(new Error(`${this.phone.name}: no answer to the re-INVITE`)),
        onTransportError: reject,
      });
    });
  }

  /** Sends any other request inside the dialog. */
  request(method: string, headers: Readonly<Record<string, string>> = {}, body = ''): Promise<SipResponse> {
    const dialog = this.#inDialog();
    return new Promise((resolve, reject) => {
      this.phone.stack.request(dialog.request(method, headers, body), this.phone.hopOf(dialog), {
        onFinal: resolve,
        onTimeout: () => reject(new Error(`${this.phone.name}: no answer to ${method}`)),
        onTransportError: reject,
      });
    });
  }

  /** Presses keys by SIP INFO, one after the other. Resolves when the last one was answered. */
  async pressByInfo(keys: string): Promise<void> {
    for (const key of keys) {
      const body = `Signal=${key}\r\nDuration=160\r\n`;
      await this.request('INFO', { 'Content-Type': 'application/dtmf-relay' }, body);
    }
  }

  /** The session description that we offer or answer with now. */
  sdp(direction: Direction): string {
    return writeSdp({
      host: this.media?.host ?? this.phone.host,
      port: this.media?.port ?? DISCARD_PORT,
      direction,
      version: this.#sdpVersion++,
      key: this.isSecured ? this.media?.srtpKey : undefined,
      ...this.phone.sdpOrigin,
    });
  }

  /** @internal A request of the other side inside this dialog, other than ACK. */
  receive(request: SipRequest, transaction: ServerTransaction): void {
    this.requests.push(request);
    if (request.method === 'BYE') {
      transaction.reply(200);
      this.over({ how: 'other-hung-up', reason: request.headers.get('reason') });
      return;
    }
    if (transaction.kind === 'invite' && this.reinviteStatus !== 200) {
      transaction.reply(this.reinviteStatus);
      this.reinviteStatus = 200;
      return;
    }
    const carriesOffer = request.method === 'INVITE' || (request.method === 'UPDATE' && request.body !== '');
    if (!carriesOffer) {
      transaction.reply(request.method === 'INFO' ? this.infoStatus : 200);
      return;
    }
    this.dialog?.refreshTarget(request);
    this.listenTo(request.body);
    const direction = answering(this.remoteDirection);
    transaction.reply(200, { headers: this.phone.sessionHeaders(), body: this.sdp(direction) });
  }

  /** @internal The ACK of an answer; it may hold the description that our answer asked for. */
  receiveAck(ack: SipRequest): void {
    this.listenTo(ack.body);
  }

  /** @internal Ends the call here, without a message. */
  over(end: Partial<CallEnd> & Pick<CallEnd, 'how'>): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.phone.forget(this);
    const whole: CallEnd = { at: Date.now(), status: 0, reason: undefined, retryAfter: undefined, ...end };
    if (this.media === undefined) this.#endNow(whole);
    else void this.media.close().then(() => this.#endNow(whole));
  }

  protected listenTo(sdp: string): void {
    if (sdp === '') return;
    const remote = readSdp(sdp);
    this.remoteDirection = remote.direction;
    this.isSecured = remote.key !== undefined;
    const speaking = remote.direction === 'sendrecv' || remote.direction === 'recvonly';
    if (!this.isOver) this.media?.connect({ ...remote, speaking });
  }

  protected dialogOf(essentials: Essentials | undefined): Dialog {
    if (this.dialog === undefined) throw new Error(`no dialog yet (${essentials?.callId ?? this.callId})`);
    return this.dialog;
  }

  #inDialog(): Dialog {
    return this.dialogOf(undefined);
  }
}
