import type { Essentials } from './inspect.ts';
import { parseNameAddress } from './NameAddress.ts';
import { type HeaderRecord, makeRequest, type SipRequest, type SipResponse } from './SipMessage.ts';
import { parseSipUri } from './SipUri.ts';
import type { NextHop, TransportName } from './transport/Flow.ts';
import { nextHopOf } from './transport/nextHop.ts';

export interface DialogState {
  readonly role: 'uac' | 'uas';
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** From value of our requests, with our tag. */
  readonly localParty: string;
  /** To value of our requests, with the peer's tag. */
  readonly remoteParty: string;
  readonly remoteTarget: string;
  readonly routeSet: readonly string[];
  readonly localCseq: number;
  readonly remoteCseq: number | undefined;
}

/** One side's view of a dialog (RFC 3261 12): who, where to, over which route, and the two CSeq counts. */
export class Dialog {
  readonly role: 'uac' | 'uas';
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly localParty: string;
  readonly remoteParty: string;
  readonly routeSet: readonly string[];
  #remoteTarget: string;
  #localCseq: number;
  #remoteCseq: number | undefined;

  constructor(state: DialogState) {
    this.role = state.role;
    this.callId = state.callId;
    this.localTag = state.localTag;
    this.remoteTag = state.remoteTag;
    this.localParty = state.localParty;
    this.remoteParty = state.remoteParty;
    this.routeSet = state.routeSet;
    this.#remoteTarget = state.remoteTarget;
    this.#localCseq = state.localCseq;
    this.#remoteCseq = state.remoteCseq;
  }

  /** The dialog that a response to our request forms (12.1.2). */
  static ofUac(request: SipRequest, response: SipResponse, essentials: Essentials): Dialog {
    return new Dialog({
      role: 'uac',
      callId: essentials.callId,
      localTag: essentials.fromTag,
      remoteTag: essentials.toTag ?? '',
      localParty: request.headers.get('from') ?? '',
      remoteParty: response.headers.get('to') ?? '',
      remoteTarget: contactUri(response) ?? request.uri,
      routeSet: response.headers.list('record-route').reverse(),
      localCseq: essentials.cseq,
      remoteCseq: undefined,
    });
  }

  /** The dialog that our response with `localTag` to the peer's request forms (12.1.1). */
  static ofUas(request: SipRequest, essentials: Essentials, localTag: string): Dialog {
    const to = request.headers.get('to') ?? '';
    return new Dialog({
      role: 'uas',
      callId: essentials.callId,
      localTag,
      remoteTag: essentials.fromTag,
      localParty: essentials.toTag === undefined ? `${to};tag=${localTag}` : to,
      remoteParty: request.headers.get('from') ?? '',
      remoteTarget: contactUri(request) ?? parseNameAddress(request.headers.get('from') ?? '')?.uri ?? '',
      routeSet: request.headers.list('record-route'),
      localCseq: 0,
      remoteCseq: essentials.cseq,
    });
  }

  get remoteTarget(): string {
    return this.#remoteTarget;
  }

  /** CSeq number of our last request. */
  get localCseq(): number {
    return this.#localCseq;
  }

  /** Takes over a new Contact of the peer (12.2.1.2, 12.2.2: target refresh by INVITE or UPDATE). */
  refreshTarget(message: SipRequest | SipResponse): void {
    this.#remoteTarget = contactUri(message) ?? this.#remoteTarget;
  }

  /**
   * Whether a request of the peer comes in order (12.2.2); an old one is to be answered 500. ACK and CANCEL carry the
   * number of their INVITE and are not asked about.
   */
  accepts(essentials: Essentials): boolean {
    if (this.#remoteCseq !== undefined && essentials.cseq <= this.#remoteCseq) return false;
    this.#remoteCseq = essentials.cseq;
    return true;
  }

  /** Makes the next request of ours (12.2.1.1). */
  request(method: string, headers: HeaderRecord = {}, body = '', cseq = this.#localCseq + 1): SipRequest {
    this.#localCseq = Math.max(this.#localCseq, cseq);
    return this.#makeRequest(method, cseq, headers, body);
  }

  /** Makes the ACK of a 2xx to our INVITE with this CSeq number (13.2.2.4). */
  ack(cseq: number, headers: HeaderRecord = {}, body = ''): SipRequest {
    return this.#makeRequest('ACK', cseq, headers, body);
  }

  /** Where our requests go: the first route, else the peer's target. @throws SipStackError as {@link nextHopOf} */
  get nextHop(): NextHop {
    return this.nextHopVia('udp');
  }

  /** As {@link nextHop}, with the transport to take where the URI names none. */
  nextHopVia(unspecified: TransportName): NextHop {
    const [first] = this.routeSet;
    const uri = (first === undefined ? undefined : parseNameAddress(first)?.uri) ?? this.#remoteTarget;
    return nextHopOf(uri, unspecified);
  }

  #makeRequest(method: string, cseq: number, headers: HeaderRecord, body: string): SipRequest {
    const { uri, routes } = this.#target();
    return makeRequest(
      method,
      uri,
      {
        'Max-Forwards': '70',
        Route: routes,
        From: this.localParty,
        To: this.remoteParty,
        'Call-ID': this.callId,
        CSeq: `${cseq} ${method}`,
        ...headers,
      },
      body,
    );
  }

  /** Request-URI and Route; a first hop without `lr` is a strict router (12.2.1.1). */
  #target(): { uri: string; routes: readonly string[] } {
    const [first] = this.routeSet;
    if (first === undefined) return { uri: this.#remoteTarget, routes: [] };
    const firstUri = parseNameAddress(first)?.uri ?? '';
    const isLoose = parseSipUri(firstUri)?.params.has('lr') ?? true;
    if (isLoose) return { uri: this.#remoteTarget, routes: this.routeSet };
    return { uri: firstUri, routes: [...this.routeSet.slice(1), `<${this.#remoteTarget}>`] };
  }
}

/** The URI of a message's first Contact. */
export function contactUri(message: SipRequest | SipResponse): string | undefined {
  const [contact] = message.headers.list('contact');
  return contact === undefined || contact === '*' ? undefined : parseNameAddress(contact)?.uri;
}
