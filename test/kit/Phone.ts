import type { SecureContextOptions } from 'node:tls';
import {
  type Dialog,
  makeRequest,
  type NextHop,
  newCallId,
  newTag,
  type ServerTransaction,
  SipStack,
  type TimerValues,
  type TransportName,
} from '../../embedded/sip/index.ts';
import { challenge, type DigestAccount, isAuthorized } from './digest.ts';
import { IncomingCall } from './IncomingCall.ts';
import { OutgoingCall } from './OutgoingCall.ts';
import type { PhoneCall } from './PhoneCall.ts';
import { PhoneMedia } from './PhoneMedia.ts';
import { Series } from './Series.ts';

export interface PhoneOptions {
  readonly name: string;
  readonly host?: string;
  readonly port?: number;
  readonly transport?: TransportName;
  /** The tone that is this phone's voice, or that of the number it has in a call. Absent: it sends packets of silence. */
  readonly toneHz?: number | ((number: string) => number | undefined);
  /** False for calls without any sound, for tests with many of them. */
  readonly sound?: boolean;
  readonly timers?: Partial<TimerValues>;
  /** Key and certificate of a phone that speaks TLS; it takes any certificate of the other side. */
  readonly tls?: SecureContextOptions;
  /** Offers SRTP with its key in the session description; every phone answers with it where it is offered. */
  readonly srtp?: boolean;
  /** Asks who calls it for this account. */
  readonly account?: DigestAccount;
  /** What the phone tells of itself, for tests that look whether it gets through. */
  readonly boasts?: PhoneBoasts;
}

/** Places in which real phones name themselves or their owner. */
export interface PhoneBoasts {
  readonly callIdPrefix?: string;
  readonly displayName?: string;
  readonly contactUser?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly sdpUserName?: string;
  readonly sdpLines?: readonly string[];
  readonly canonicalName?: string;
}

/** One SIP message on this phone's wire. */
export interface SipPacket {
  readonly at: number;
  readonly direction: 'in' | 'out';
  /** The message, one character an octet. */
  readonly bytes: string;
}

export interface CallOptions {
  /** Caller number, as the carrier hands it over; undefined withholds it. */
  readonly from: string | undefined;
  /** Also as P-Asserted-Identity. */
  readonly asserted?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A session description in place of the phone's own, for what no phone of ours would send. */
  readonly offer?: string;
}

export interface SipAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * A SIP phone, and at the same time the far end of a carrier's trunk: it makes and takes calls, speaks one tone and
 * hears others, and keeps every packet. Nobody answers for it: a test takes `nextCall` and says what happens.
 */
export class Phone {
  readonly name: string;
  readonly host: string;
  readonly packets: SipPacket[] = [];
  readonly calls: Series<IncomingCall>;
  /** Called for each call that comes; for tests with many of them. */
  onCall: (call: IncomingCall) => void = () => undefined;
  onPacket: (packet: SipPacket) => void = () => undefined;
  /** Status of the answer to OPTIONS, by which the other side judges this trunk; 0 answers nothing. */
  optionsStatus = 200;
  readonly stack: SipStack;
  readonly #options: PhoneOptions;
  readonly #transport: TransportName;
  readonly #active = new Map<string, PhoneCall>();
  readonly #nonce = newTag();
  #server: SipAddress | undefined;
  #near: SipAddress | undefined;
  #far: SipAddress | undefined;

  private constructor(options: PhoneOptions) {
    this.#options = options;
    this.name = options.name;
    this.host = options.host ?? '127.0.0.1';
    this.#transport = options.transport ?? 'udp';
    const { tls } = options;
    this.calls = new Series(`${this.name} waiting for a call`, ({ wantedNumber }) => wantedNumber);
    this.stack = new SipStack({
      listen: [{ transport: this.#transport, host: this.host, port: options.port ?? 0, ...(tls && { tls }) }],
      ...(tls && { tlsClient: { rejectUnauthorized: false } }),
      ...(options.timers === undefined ? {} : { timers: options.timers }),
      tap: ({ direction, bytes }) => this.#seen({ at: Date.now(), direction, bytes }),
      onError: (error) => {
        throw error;
      },
    });
    this.stack.onRequest((request, transaction) => this.#receive(transaction, request.method));
    this.stack.onAck((ack, arrival) => this.#active.get(arrival.essentials.callId)?.receiveAck(ack));
  }

  static async start(options: PhoneOptions): Promise<Phone> {
    const phone = new Phone(options);
    await phone.stack.start();
    return phone;
  }

  get port(): number {
    return this.stack.listeningPoint(this.#transport).port;
  }

  /** Where its calls go. */
  dialVia(server: SipAddress): this {
    this.#server = server;
    return this;
  }

  /** Puts a line between this phone and the server: it sends to `near` and is known to the server as `far`. */
  behind(line: { readonly near: SipAddress; readonly far: SipAddress }): this {
    this.#near = line.near;
    this.#far = line.far;
    return this;
  }

  /** Calls a number at the server. @throws Error when it was never told where to dial */
  async call(number: string, { from, asserted, headers = {}, offer }: CallOptions): Promise<OutgoingCall> {
    const { boasts = {} } = this.#options;
    const media = await this.#openMedia(from ?? '');
    const uri = `sip:${number}@${this.#dialled.host}:${this.#dialled.port}`;
    const displayName = boasts.displayName === undefined ? '' : `"${boasts.displayName}" `;
    const caller = from === undefined ? 'sip:anonymous@anonymous.invalid' : `sip:${from}@${this.host}`;
    const call = new OutgoingCall(this, media, (made, tag) =>
      makeRequest(
        'INVITE',
        uri,
        {
          'Max-Forwards': '70',
          From: `${displayName}<${caller}>;tag=${tag}`,
          To: `<${uri}>`,
          'Call-ID': `${boasts.callIdPrefix ?? ''}${newCallId()}`,
          CSeq: '1 INVITE',
          ...this.sessionHeaders(),
          ...(asserted === undefined ? {} : { 'P-Asserted-Identity': `<sip:${asserted}@${this.host}>` }),
          ...boasts.headers,
          ...headers,
        },
        offer ?? made.sdp('sendrecv'),
      ),
    );
    this.#active.set(call.callId, call);
    return call;
  }

  /** The next call that comes to this phone. @throws PatienceError */
  nextCall(patienceMs?: number): Promise<IncomingCall> {
    return this.calls.next(patienceMs);
  }

  /** The next call that comes for this number. @throws PatienceError */
  nextCallTo(number: string, patienceMs?: number): Promise<IncomingCall> {
    return this.calls.take(({ wantedNumber }) => wantedNumber === number, patienceMs);
  }

  /** Ends it with all its calls, without a further message. */
  async close(): Promise<void> {
    for (const call of [...this.#active.values()]) call.over({ how: 'lost' });
    await this.stack.close();
  }

  /** Calls in progress. */
  get activeCalls(): readonly PhoneCall[] {
    return [...this.#active.values()];
  }

  /** @internal Headers of each message that carries a session description. */
  sessionHeaders(): Readonly<Record<string, string>> {
    const { host, port } = this.#far ?? { host: this.host, port: this.port };
    const user = this.#options.boasts?.contactUser ?? 'phone';
    const transport = this.#transport === 'udp' ? '' : `;transport=${this.#transport}`;
    return {
      Contact: `<sip:${user}@${host}:${port}${transport}>`,
      Allow: 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE',
      'Content-Type': 'application/sdp',
    };
  }

  /** @internal What the session descriptions tell of their origin. */
  get sdpOrigin(): { userName: string; sessionLines: readonly string[] } {
    const { sdpUserName = '-', sdpLines = [] } = this.#options.boasts ?? {};
    return { userName: sdpUserName, sessionLines: sdpLines };
  }

  /** @internal */
  get offersSrtp(): boolean {
    return this.#options.srtp ?? false;
  }

  /** @internal Where new calls are sent to. */
  get serverHop(): NextHop {
    const { host, port } = this.#near ?? this.#dialled;
    return { transport: this.#transport, host, port, fixedTransport: true };
  }

  /** @internal Where requests inside a dialog are sent to. */
  hopOf(dialog: Dialog): NextHop {
    return this.#near === undefined ? dialog.nextHopVia(this.#transport) : this.serverHop;
  }

  /** @internal */
  forget(call: PhoneCall): void {
    this.#active.delete(call.callId);
  }

  get #dialled(): SipAddress {
    if (this.#server === undefined) throw new Error(`${this.name} was not told where to dial: use dialVia`);
    return this.#server;
  }

  #seen(packet: SipPacket): void {
    this.packets.push(packet);
    this.onPacket(packet);
  }

  async #openMedia(number: string): Promise<PhoneMedia | undefined> {
    const { sound = true, toneHz, boasts = {} } = this.#options;
    if (!sound) return undefined;
    return PhoneMedia.open({
      host: this.host,
      toneHz: typeof toneHz === 'function' ? toneHz(number) : toneHz,
      canonicalName: boasts.canonicalName ?? `phone@${this.host}`,
    });
  }

  #receive(transaction: ServerTransaction, method: string): void {
    const { callId, toTag } = transaction.arrival.essentials;
    const call = this.#active.get(callId);
    if (call !== undefined) call.receive(transaction.request, transaction);
    else if (toTag !== undefined) transaction.reply(481);
    else if (transaction.kind === 'invite') this.#incoming(transaction);
    else if (method !== 'OPTIONS') transaction.reply(405);
    else if (this.optionsStatus !== 0) transaction.reply(this.optionsStatus);
  }

  #incoming(transaction: Extract<ServerTransaction, { kind: 'invite' }>): void {
    const { account } = this.#options;
    const credentials = transaction.request.headers.get('authorization');
    if (account !== undefined && !isAuthorized(account, this.#nonce, 'INVITE', credentials)) {
      transaction.reply(401, { headers: { 'WWW-Authenticate': challenge(account, this.#nonce) } });
      return;
    }
    this.#openMedia(userOf(transaction.request.uri)).then(
      (media) => {
        const call = new IncomingCall(this, media, transaction);
        if (transaction.isAnswered) {
          // It was cancelled while the sockets opened.
          call.over({ how: 'cancelled' });
          return;
        }
        this.#active.set(call.callId, call);
        this.calls.push(call);
        this.onCall(call);
      },
      () => transaction.reply(500),
    );
  }
}

/** User part of a SIP URI. */
function userOf(uri: string): string {
  return /^sips?:([^@>;]+)@/.exec(uri)?.[1] ?? '';
}
