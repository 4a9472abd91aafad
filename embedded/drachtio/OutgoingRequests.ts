import { randomUUID } from 'node:crypto';
import {
  type Arrival,
  type ClientTransactionEvents,
  type InviteClientTransaction,
  makeRequest,
  type NextHop,
  newCallId,
  newTag,
  nextHopOf,
  parseNameAddress,
  type SipRequest,
  type SipResponse,
  SipStackError,
  serialize,
  tagOf,
} from '../sip/index.ts';
import type { AppClient } from './AppClient.ts';
import { dialogIdOf } from './AppDialog.ts';
import { ownUri, passedHeaders, withContact, withOwnAddress } from './appHeaders.ts';
import { forwardFailure, forwardResponse, type SentEcho } from './forwardToClient.ts';
import { OutgoingInvite } from './OutgoingInvite.ts';
import type { ServerContext } from './ServerContext.ts';
import { metaOf, notOk, ownMeta, requestSent } from './serverMessage.ts';

/** The requests that clients send outside of dialogs, until their final responses. */
export class OutgoingRequests {
  readonly #context: ServerContext;
  readonly #invites = new Map<string, OutgoingInvite>();

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /** INVITEs of clients that have no final response yet. */
  get pendingInviteCount(): number {
    return this.#invites.size;
  }

  /** Sends a client's new request. @throws SipStackError for what cannot be sent; its message goes into the NOK */
  send(client: AppClient, id: string, message: SipRequest, routeUri: string): void {
    const { request, hop, dialogId } = this.#compose(message, routeUri);
    const transactionId = randomUUID();
    if (request.method === 'INVITE' || request.method === 'SUBSCRIBE') {
      const invite = new OutgoingInvite(this.#context, { client, transactionId, dialogId, request });
      const events = invite.events(this.#echo(client, id, transactionId), () =>
        this.#invites.delete(transactionId),
      );
      if (request.method === 'SUBSCRIBE') {
        this.#context.stack.request(request, hop, events);
        return;
      }
      this.#invites.set(transactionId, invite);
      invite.transaction = this.#context.stack.invite(request, hop, events);
      return;
    }
    this.#context.stack.request(request, hop, this.plainEvents(client, id, transactionId, '', request));
  }

  /** Cancels a client's INVITE. */
  cancel(client: AppClient, id: string, cancel: SipRequest, transactionId: string): void {
    const transaction: InviteClientTransaction | undefined = this.#invites.get(transactionId)?.transaction;
    if (transaction === undefined) {
      client.send(
        notOk(id, 'unable to find INVITE transaction for CANCEL: it has its final response, or never was'),
      );
      return;
    }
    const own = this.#context.stack.listeningPoint(transaction.path.hop.transport);
    const { 'Max-Forwards': _hops, Route: _route, ...extra } = passedHeaders(cancel, own);
    const bytes = serialize(transaction.cancel(extra));
    client.send(requestSent(id, ownMeta('application', bytes.length), transactionId, bytes));
  }

  /** A client has gone: nobody waits for its calls any more. */
  abandon(client: AppClient): void {
    for (const { client: owner, transaction } of this.#invites.values())
      if (owner === client) transaction?.cancel();
  }

  /**
   * The events of a request whose responses only have to be passed on.
   * @param onFinal hears of the end: the status, 408 for a timeout, 503 for a transport that failed
   */
  plainEvents(
    client: AppClient,
    id: string,
    transactionId: string,
    dialogId: string,
    request: SipRequest,
    onFinal: (status: number, response?: SipResponse, arrival?: Arrival) => void = () => {},
  ): ClientTransactionEvents {
    const echo = this.#echo(client, id, transactionId);
    const forward = (response: SipResponse, arrival: Arrival): void => {
      forwardResponse(client, transactionId, dialogId, response, arrival);
    };
    const failed = (status: number, error?: Error): void => {
      onFinal(status);
      if (echo.sent()) forwardFailure(client, transactionId, dialogId, request, status);
      else client.send(notOk(id, error?.message ?? 'request could not be sent'));
    };
    return {
      onSent: echo.onSent,
      onProvisional: (response, arrival) => {
        if (response.status > 100) forward(response, arrival);
      },
      onFinal: (response, arrival) => {
        onFinal(response.status, response, arrival);
        forward(response, arrival);
      },
      onTimeout: () => failed(408),
      onTransportError: (error) => failed(503, error),
    };
  }

  /** Shows the client its request as sent, once. */
  #echo(client: AppClient, id: string, transactionId: string): SentEcho {
    let sent = false;
    return {
      sent: () => sent,
      onSent: ({ bytes, flow }) => {
        sent = true;
        if (flow !== undefined) this.#context.strangers.meet(flow.remoteHost);
        const meta =
          flow === undefined
            ? ownMeta('application', bytes.length)
            : metaOf('application', flow, bytes.length);
        client.send(requestSent(id, meta, transactionId, bytes));
      },
      refuse: (error) => client.send(notOk(id, error.message)),
    };
  }

  #compose(message: SipRequest, routeUri: string): { request: SipRequest; hop: NextHop; dialogId: string } {
    const { headers, method, body } = message;
    const [firstRoute] = headers.list('route');
    const route = routeUri || (firstRoute === undefined ? '' : (parseNameAddress(firstRoute)?.uri ?? ''));
    const hop = nextHopOf(route || message.uri);
    const own = this.#context.stack.listeningPoint(hop.transport);
    if (hop.host === own.host && hop.port === own.port) {
      throw new SipStackError('SIP_UNRESOLVED', 'can not send request to myself');
    }
    const passed = passedHeaders(message, own);
    if (body !== '' && passed['Content-Type'] === undefined) {
      throw new SipStackError('SIP_BAD_SYNTAX', 'missing content-type');
    }
    const contact = `<${ownUri(own)}>`;
    const from = withOwnAddress(headers.get('from') ?? contact, own);
    const tag = tagOf(from) ?? newTag();
    const callId = headers.get('call-id') ?? newCallId();
    const cseq = /^\d{1,10}/.exec(headers.get('cseq') ?? '')?.[0] ?? '1';
    const formsDialog = method === 'INVITE' || method === 'SUBSCRIBE';
    const request = makeRequest(
      method,
      message.uri,
      {
        'Max-Forwards': '70',
        From: tagOf(from) === undefined ? `${bracketed(from)};tag=${tag}` : from,
        To: headers.get('to') ?? bracketed(message.uri),
        'Call-ID': callId,
        CSeq: `${cseq} ${method}`,
        ...(formsDialog ? withContact(passed, contact) : passed),
      },
      body,
    );
    return { request, hop, dialogId: dialogIdOf(callId, tag) };
  }
}

/** A bare URI in angle brackets, so that what follows is a header parameter. */
function bracketed(address: string): string {
  return address.includes('<') ? address : `<${address}>`;
}
