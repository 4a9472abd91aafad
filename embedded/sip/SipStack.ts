import { newBranch, newTag } from './identifiers.ts';
import { type Essentials, inspect } from './inspect.ts';
import { type MessageFault, parseMessage } from './parseMessage.ts';
import { makeResponse, type SipRequest, type SipResponse, serialize } from './SipMessage.ts';
import { standardTimers, type TimerValues } from './timerValues.ts';
import {
  type InviteClientContext,
  type InviteClientEvents,
  InviteClientTransaction,
} from './transaction/InviteClientTransaction.ts';
import { type InviteServerContext, InviteServerTransaction } from './transaction/InviteServerTransaction.ts';
import {
  type ClientTransactionEvents,
  NonInviteClientTransaction,
} from './transaction/NonInviteClientTransaction.ts';
import { NonInviteServerTransaction } from './transaction/NonInviteServerTransaction.ts';
import { OutgoingPath, TcpRefusals } from './transaction/OutgoingPath.ts';
import { ReplyPath } from './transaction/ReplyPath.ts';
import type { Arrival } from './transaction/TransactionContext.ts';
import { type ServerTransaction, serverKey, TransactionTable } from './transaction/TransactionTable.ts';
import type { Flow, NextHop, TransportName } from './transport/Flow.ts';
import { type ListeningPoint, TransportLayer, type TransportOptions } from './transport/TransportLayer.ts';
import { markSource } from './Via.ts';

/** One message on the wire, for a trace or a test. */
export interface TappedMessage {
  readonly direction: 'in' | 'out';
  /** The byte string as it came or went. */
  readonly bytes: string;
  readonly transport: TransportName;
  readonly remoteHost: string;
  readonly remotePort: number;
}

export interface SipStackOptions extends TransportOptions {
  readonly timers?: Partial<TimerValues>;
  /** Sees every message in and out. Costs a call a message; leave it out where nobody looks. */
  readonly tap?: (message: TappedMessage) => void;
  /** Hears of errors in our own code while one message was handled; the stack goes on. */
  readonly onError?: (error: unknown) => void;
  /** Whether a request from this address is read at all; asked for each, before it is looked into. */
  readonly admits?: (remoteHost: string) => boolean;
  /** More server transactions than this are answered 503 with Retry-After. */
  readonly maxServerTransactions?: number;
}

export interface SipStackStats {
  readonly inviteServerTransactions: number;
  readonly inviteClientTransactions: number;
  readonly nonInviteServerTransactions: number;
  readonly nonInviteClientTransactions: number;
  readonly connections: number;
  /** Messages that were not handled, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

const overloadRetryAfterSeconds = 5;
/** Answers to our own requests are no one's to limit. */
const statusLineStart = 'SIP/2.0 ';

/**
 * A SIP element: transports, the transactions of RFC 3261 17 and RFC 6026, and what a user agent core has to do for
 * every request before its user sees it. `start` binds, `close` ends everything at once.
 */
export class SipStack {
  readonly #options: SipStackOptions;
  readonly #transports: TransportLayer;
  readonly #table = new TransactionTable();
  readonly #refusals = new TcpRefusals();
  readonly #dropped = new Map<string, number>();
  readonly #context: InviteClientContext & InviteServerContext;
  #requestHandler: (request: SipRequest, transaction: ServerTransaction) => void = (
    _request,
    transaction,
  ) => {
    transaction.reply(501);
  };
  #ackHandler: (ack: SipRequest, arrival: Arrival, invite: InviteServerTransaction) => void = () => {};

  constructor(options: SipStackOptions) {
    this.#options = options;
    this.#transports = new TransportLayer(options, {
      onText: (bytes, flow) => this.guarded(() => this.#receive(bytes, flow)),
      onStreamFault: (fault, head, flow) => this.guarded(() => this.#receiveBroken(fault, head, flow)),
      onRefusedConnection: () => this.#drop('connection-limit'),
      ...(options.tap === undefined ? {} : { onSent: (bytes, flow) => this.#tapped('out', bytes, flow) }),
    });
    this.#context = {
      timers: { ...standardTimers, ...options.timers },
      schedule: (delayMs, action) => this.schedule(delayMs, action),
      sendCancel: (invite, cancel) => this.#sendCancel(invite, cancel),
      sendAck: (ack, hop) => this.sendAck(ack, hop),
      expectAck: (invite) => this.#table.expectAck(invite),
    };
  }

  /** The timer values in force. */
  get timers(): TimerValues {
    return this.#context.timers;
  }

  /** Where this stack listens, as it names itself to others. */
  get listeningPoints(): ListeningPoint[] {
    return this.#transports.listeningPoints;
  }

  /** Our own address for a transport. @throws SipStackError SIP_NO_TRANSPORT */
  listeningPoint(transport: TransportName): ListeningPoint {
    return this.#transports.listeningPoint(transport);
  }

  /** Binds all listeners. @throws SipStackError SIP_LISTEN */
  async start(): Promise<void> {
    await this.#transports.open();
  }

  /** Ends all transactions and connections without a further message, and closes the sockets. */
  async close(): Promise<void> {
    this.#table.terminateAll();
    await this.#transports.close();
  }

  /** Sets who gets new requests, other than ACK and CANCEL. Without one they are answered 501. */
  onRequest(handler: (request: SipRequest, transaction: ServerTransaction) => void): void {
    this.#requestHandler = handler;
  }

  /** Sets who gets the first ACK of each 2xx (also told to the transaction's own events). */
  onAck(handler: (ack: SipRequest, arrival: Arrival, invite: InviteServerTransaction) => void): void {
    this.#ackHandler = handler;
  }

  /** Sends a request other than INVITE and ACK. The stack adds the Via. */
  request(request: SipRequest, hop: NextHop, events: ClientTransactionEvents): NonInviteClientTransaction {
    return this.#startNonInvite(request, this.#path(request, hop, newBranch()), events);
  }

  /** Sends an INVITE. The stack adds the Via; the ACK of a 2xx is its user's, through `acknowledge`. */
  invite(request: SipRequest, hop: NextHop, events: InviteClientEvents): InviteClientTransaction {
    const path = this.#path(request, hop, newBranch());
    const transaction = new InviteClientTransaction(
      this.#context,
      request,
      path,
      this.#guardedEvents(events),
      () => this.#table.removeClient(path.branch, 'INVITE'),
    );
    this.#table.addClient(path.branch, 'INVITE', transaction);
    transaction.start();
    return transaction;
  }

  /** Sends an ACK for a 2xx outside of any transaction. */
  sendAck(ack: SipRequest, hop: NextHop): OutgoingPath {
    const path = this.#path(ack, hop, newBranch());
    path.send({ onSent: () => {}, onFailure: () => this.#drop('ack-not-sent') });
    return path;
  }

  /** Runs an action later; an error in it costs only that action. Whoever calls this clears the timer in the end. */
  schedule(delayMs: number, action: () => void): NodeJS.Timeout {
    return setTimeout(() => this.guarded(action), delayMs);
  }

  /** Runs an action; an error of our own in it is counted, told to `onError`, and costs only that action. */
  guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#drop('internal-error');
      this.#options.onError?.(error);
    }
  }

  stats(): SipStackStats {
    const counts = this.#table.counts();
    return {
      inviteServerTransactions: counts.inviteServer,
      inviteClientTransactions: counts.inviteClient,
      nonInviteServerTransactions: counts.nonInviteServer,
      nonInviteClientTransactions: counts.nonInviteClient,
      connections: this.#transports.connectionCount,
      dropped: Object.fromEntries(this.#dropped),
    };
  }

  #path(request: SipRequest, hop: NextHop, branch: string): OutgoingPath {
    return new OutgoingPath(this.#transports, this.#refusals, request, hop, branch);
  }

  #startNonInvite(
    request: SipRequest,
    path: OutgoingPath,
    events: ClientTransactionEvents,
  ): NonInviteClientTransaction {
    const transaction = new NonInviteClientTransaction(
      this.#context,
      request,
      path,
      this.#guardedEvents(events),
      () => this.#table.removeClient(path.branch, request.method),
    );
    this.#table.addClient(path.branch, request.method, transaction);
    transaction.start();
    return transaction;
  }

  #sendCancel(invite: InviteClientTransaction, cancel: SipRequest): void {
    const { branch, hop, flow } = invite.path;
    // The CANCEL takes the way the INVITE took, also where that was moved to TCP (9.1).
    const sameWay = flow === undefined ? hop : { ...hop, transport: flow.transport, fixedTransport: true };
    this.#startNonInvite(cancel, this.#path(cancel, sameWay, branch), {
      onFinal: () => {},
      onTimeout: () => {},
      onTransportError: () => {},
    });
  }

  /** Failures to send reach the user's events outside of any message being handled: they are guarded here. */
  #guardedEvents<Events extends ClientTransactionEvents>(events: Events): Events {
    const { onSent } = events;
    return {
      ...events,
      // Sent later than asked for where a name has to be resolved first.
      ...(onSent === undefined
        ? {}
        : { onSent: (path: OutgoingPath) => this.guarded(() => onSent.call(events, path)) }),
      onTransportError: (error: Error) => this.guarded(() => events.onTransportError(error)),
      onEnd: () => this.guarded(() => events.onEnd?.()),
    };
  }

  #receive(bytes: string, flow: Flow): void {
    if (bytes.length < 16) {
      // Keep-alives over UDP (CRLF, a NUL, STUN-like noise) are no messages.
      return;
    }
    if (!bytes.startsWith(statusLineStart) && this.#options.admits?.(flow.remoteHost) === false) {
      this.#drop('not-admitted');
      return;
    }
    this.#tapped('in', bytes, flow);
    const { message, fault: syntaxFault } = parseMessage(bytes);
    if (message === undefined) {
      this.#drop(syntaxFault.code);
      return;
    }
    const { essentials, fault: headerFault } = inspect(message);
    const fault = syntaxFault ?? headerFault;
    if (essentials === undefined) {
      this.#drop(headerFault.code);
      return;
    }
    if (message.kind === 'response') {
      if (fault !== undefined) this.#drop(fault.code);
      else this.#receiveResponse(message, { bytes, flow, essentials });
      return;
    }
    const { viaLine, via } = essentials;
    const marked = markSource(viaLine, via, flow.remoteHost, flow.remotePort);
    if (marked !== viaLine) replaceTopVia(message, marked);
    if (fault === undefined) this.#receiveRequest(message, { bytes, flow, essentials });
    else this.#refuseBroken(message, { bytes, flow, essentials }, fault);
  }

  #receiveResponse(response: SipResponse, arrival: Arrival): void {
    const transaction = this.#table.clientOf(arrival.essentials);
    if (transaction === undefined) this.#drop('stray-response');
    else transaction.receive(response, arrival);
  }

  #receiveRequest(request: SipRequest, arrival: Arrival): void {
    const { essentials } = arrival;
    if (request.method === 'ACK') {
      this.#receiveAck(request, arrival);
      return;
    }
    const key = serverKey(essentials, request.method);
    const existing = this.#table.server(key);
    if (existing !== undefined) {
      existing.receiveAgain();
      return;
    }
    const refusal = this.#refusalOf(request, essentials);
    if (refusal !== undefined) {
      this.#drop(refusal.code);
      this.#replyStateless(request, arrival, refusal);
      return;
    }
    const transaction = this.#startServer(key, request, arrival);
    if (request.method === 'CANCEL') this.#cancel(request, arrival, transaction);
    else this.#requestHandler(request, transaction);
  }

  #receiveAck(ack: SipRequest, arrival: Arrival): void {
    const { essentials } = arrival;
    const ofRefusal = this.#table.server(serverKey(essentials, 'INVITE'));
    if (ofRefusal?.kind === 'invite' && ofRefusal.state === 'completed') {
      ofRefusal.receiveAck(ack, arrival);
      return;
    }
    const answered = this.#table.inviteOfAck(essentials);
    if (answered === undefined) {
      this.#drop('stray-ack');
      return;
    }
    if (answered.receiveAck(ack, arrival)) this.#ackHandler(ack, arrival, answered);
  }

  #cancel(cancel: SipRequest, arrival: Arrival, transaction: ServerTransaction): void {
    const invite = this.#table.server(serverKey(arrival.essentials, 'INVITE'));
    if (invite?.kind !== 'invite') {
      transaction.reply(481);
      return;
    }
    transaction.respond(makeResponse(cancel, 200, { toTag: invite.localTag }));
    invite.receiveCancel(cancel, arrival);
  }

  #refusalOf(request: SipRequest, essentials: Essentials): MessageFault | undefined {
    if (
      request.method !== 'CANCEL' &&
      request.method !== 'OPTIONS' &&
      Number(request.headers.get('max-forwards') ?? 70) === 0
    ) {
      return { code: 'too-many-hops', status: 483, text: 'Too Many Hops' };
    }
    if (request.method !== 'CANCEL' && this.#table.isMerged(essentials)) {
      return { code: 'merged-request', status: 482, text: 'Request merged' };
    }
    if (this.#table.serverCount >= (this.#options.maxServerTransactions ?? 500_000)) {
      return { code: 'overload', status: 503, text: 'Service Unavailable' };
    }
    return undefined;
  }

  #startServer(key: string, request: SipRequest, arrival: Arrival): ServerTransaction {
    const replyPath = new ReplyPath(this.#transports, arrival);
    const onEnd = (): void => this.#table.removeServer(key, transaction);
    const transaction: ServerTransaction =
      request.method === 'INVITE'
        ? new InviteServerTransaction(this.#context, request, arrival, replyPath, onEnd)
        : new NonInviteServerTransaction(this.#context, request, arrival, replyPath, onEnd);
    this.#table.addServer(key, transaction);
    return transaction;
  }

  #refuseBroken(request: SipRequest, arrival: Arrival, fault: MessageFault): void {
    this.#drop(fault.code);
    if (request.method !== 'ACK') this.#replyStateless(request, arrival, fault);
  }

  #replyStateless(request: SipRequest, arrival: Arrival, fault: MessageFault): void {
    const headers = fault.status === 503 ? { 'Retry-After': String(overloadRetryAfterSeconds) } : {};
    const response = makeResponse(request, fault.status, { reason: fault.text, toTag: newTag(), headers });
    new ReplyPath(this.#transports, arrival).send(serialize(response));
  }

  #receiveBroken(fault: string, head: string, flow: Flow): void {
    this.#drop(fault);
    const { message } = parseMessage(head);
    if (message?.kind !== 'request' || message.method === 'ACK') return;
    const { essentials } = inspect(message);
    if (essentials === undefined) return;
    this.#replyStateless(
      message,
      { bytes: head, flow, essentials },
      { code: fault, status: 400, text: 'Bad Content-Length' },
    );
  }

  #tapped(direction: 'in' | 'out', bytes: string, flow: Flow): void {
    const { transport, remoteHost, remotePort } = flow;
    this.#options.tap?.({ direction, bytes, transport, remoteHost, remotePort });
  }

  #drop(reason: string): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }
}

function replaceTopVia(request: SipRequest, value: string): void {
  for (const field of request.headers) {
    if (field.key !== 'via') continue;
    field.value = value;
    return;
  }
}
