import {
  type Arrival,
  Dialog,
  type HeaderRecord,
  makeRequest,
  newCallId,
  newTag,
  type SipResponse,
  SipStack,
} from '../../../embedded/sip/index.ts';

/** A SIP user agent of the tests that calls the media server without drachtio in between. */
export class SipCaller {
  readonly #stack: SipStack;
  readonly #transport: 'udp' | 'tcp';
  /** Methods of the requests that came from the other side. */
  readonly requests: string[] = [];

  static async start(transport: 'udp' | 'tcp' = 'udp'): Promise<SipCaller> {
    const stack = new SipStack({ listen: [{ transport, host: '127.0.0.1', port: 0 }] });
    await stack.start();
    return new SipCaller(stack, transport);
  }

  private constructor(stack: SipStack, transport: 'udp' | 'tcp') {
    this.#stack = stack;
    this.#transport = transport;
    stack.onRequest((request, transaction) => {
      this.requests.push(request.method);
      transaction.reply(200);
    });
  }

  /** Sends an INVITE and acknowledges what becomes of it. */
  async invite(port: number, sdp: string, headers: HeaderRecord = {}): Promise<SipCall> {
    const own = `127.0.0.1:${this.#stack.listeningPoint(this.#transport).port}`;
    const uri = `sip:drachtio@127.0.0.1:${port}`;
    const request = makeRequest(
      'INVITE',
      uri,
      {
        'Max-Forwards': '70',
        From: `<sip:test@${own}>;tag=${newTag()}`,
        To: `<${uri}>`,
        'Call-ID': newCallId(),
        CSeq: '1 INVITE',
        Contact: `<sip:test@${own};transport=${this.#transport}>`,
        ...(sdp === '' ? {} : { 'Content-Type': 'application/sdp' }),
        ...headers,
      },
      sdp,
    );
    const { promise, resolve, reject } = Promise.withResolvers<[SipResponse, Arrival]>();
    const hop = { transport: this.#transport, host: '127.0.0.1', port };
    this.#stack.invite(request, hop, {
      onFinal: (response, arrival) => resolve([response, arrival]),
      onTimeout: () => reject(new Error('no final response')),
      onTransportError: reject,
    });
    const [response, arrival] = await promise;
    if (response.status >= 300) return { status: response.status, sdp: '', bye: () => Promise.resolve(0) };
    const dialog = Dialog.ofUac(request, response, arrival.essentials);
    this.#stack.sendAck(dialog.ack(1), hop);
    return {
      status: response.status,
      sdp: response.body,
      bye: () => this.#send(dialog, 'BYE'),
    };
  }

  /** Sends an OPTIONS outside of a dialog and gives the status. */
  async options(port: number): Promise<number> {
    const own = `127.0.0.1:${this.#stack.listeningPoint(this.#transport).port}`;
    const request = makeRequest('OPTIONS', `sip:127.0.0.1:${port}`, {
      'Max-Forwards': '70',
      From: `<sip:test@${own}>;tag=${newTag()}`,
      To: `<sip:127.0.0.1:${port}>`,
      'Call-ID': newCallId(),
      CSeq: '1 OPTIONS',
    });
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#stack.request(
      request,
      { transport: this.#transport, host: '127.0.0.1', port },
      {
        onFinal: ({ status }) => resolve(status),
        onTimeout: () => reject(new Error('no response')),
        onTransportError: reject,
      },
    );
    return promise;
  }

  close(): Promise<void> {
    return this.#stack.close();
  }

  #send(dialog: Dialog, method: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#stack.request(dialog.request(method), dialog.nextHop, {
      onFinal: ({ status }) => resolve(status),
      onTimeout: () => reject(new Error(`no response to ${method}`)),
      onTransportError: reject,
    });
    return promise;
  }
}

/** What became of an INVITE. */
export interface SipCall {
  readonly status: number;
  readonly sdp: string;
  bye(): Promise<number>;
}
