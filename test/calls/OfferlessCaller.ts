import {
  Dialog,
  makeRequest,
  newCallId,
  newTag,
  type SipRequest,
  type SipResponse,
  SipStack,
} from '../../embedded/sip/index.ts';
import { Series } from '../kit/Series.ts';

/** A call of a caller who left the offer to the other side, as answered. */
export interface OfferlessCall {
  readonly response: SipResponse;
  request(
    method: string,
    headers?: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<SipResponse | undefined>;
}

/** A caller whose INVITE holds no SDP, and whose ACK holds the answer, or not. */
export class OfferlessCaller {
  /** What came inside its dialogs. */
  readonly requests = new Series<SipRequest>('waiting for a request', ({ method }) => method);
  readonly #stack = new SipStack({ listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }] });
  readonly #server: { readonly host: string; readonly port: number };

  constructor(server: { readonly host: string; readonly port: number }) {
    this.#server = server;
    this.#stack.onRequest((request, transaction) => {
      this.requests.push(request);
      transaction.reply(200);
    });
  }

  start(): Promise<void> {
    return this.#stack.start();
  }

  close(): Promise<void> {
    return this.#stack.close();
  }

  /** @param answer SDP of the ACK, '' for an ACK without; undefined sends no ACK */
  async call(x: string, from: string, answer: string | undefined): Promise<OfferlessCall> {
    const invite = makeRequest('INVITE', `sip:${x}@127.0.0.1`, {
      'Max-Forwards': '70',
      From: `<sip:${from}@127.0.0.1>;tag=${newTag()}`,
      To: `<sip:${x}@127.0.0.1>`,
      'Call-ID': newCallId(),
      CSeq: '1 INVITE',
      Contact: `<sip:caller@127.0.0.1:${this.#stack.listeningPoint('udp').port}>`,
    });
    const answered = Promise.withResolvers<{ response: SipResponse; dialog: Dialog }>();
    const transaction = this.#stack.invite(
      invite,
      { transport: 'udp', ...this.#server },
      {
        onProvisional: () => {},
        onFinal: (response, { essentials }) => {
          const dialog = Dialog.ofUac(invite, response, essentials);
          if (response.status < 300 && answer !== undefined) {
            const ack = dialog.ack(1, { 'Content-Type': 'application/sdp' }, answer);
            transaction.acknowledge(ack, dialog.nextHop, essentials.toTag ?? '');
          }
          answered.resolve({ response, dialog });
        },
        onTimeout: () => answered.reject(new Error('no answer')),
        onTransportError: answered.reject,
      },
    );
    const { response, dialog } = await answered.promise;
    return {
      response,
      request: (method, headers = {}, body = '') =>
        new Promise((resolve) => {
          this.#stack.request(dialog.request(method, headers, body), dialog.nextHop, {
            onFinal: resolve,
            onTimeout: () => resolve(undefined),
            onTransportError: () => resolve(undefined),
          });
        }),
    };
  }
}

/** A session description of a phone that listens at a port. */
export const sdpOfPhone = (port: number) =>
  `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n`;
