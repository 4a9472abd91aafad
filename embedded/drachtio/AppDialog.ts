import {
  contactUri,
  type Dialog,
  type Flow,
  type HeaderRecord,
  type InviteClientTransaction,
  type InviteServerTransaction,
  type NextHop,
  parseSipUri,
  type ReliableProvisionals,
  type SipRequest,
  type SipResponse,
} from '../sip/index.ts';
import type { AppClient } from './AppClient.ts';
import { ownUri } from './appHeaders.ts';
import type { SessionTimer } from './SessionTimer.ts';

/** The id under which clients know a dialog. drachtio-srf finds dialogs by this convention. */
export function dialogIdOf(callId: string, inviteFromTag: string): string {
  return `${callId};from-tag=${inviteFromTag}`;
}

/** A 2xx to an INVITE of ours whose ACK the client has still to send. */
export interface UnacknowledgedAnswer {
  readonly invite: InviteClientTransaction;
  readonly cseq: number;
  readonly toTag: string;
}

/** A dialog together with what belongs to it on the server: its client, its path, and what is in progress in it. */
export class AppDialog {
  readonly id: string;
  readonly dialog: Dialog;
  readonly client: AppClient;
  readonly method: string;
  readonly flow: Flow;
  /** Contact value of our requests and responses. */
  localContact: string;
  /** Our last session description: a session refresh repeats it. */
  localSdp = '';
  unacknowledged: UnacknowledgedAnswer | undefined;
  /** An INVITE of ours inside the dialog that has no final response yet. */
  outgoingInvite: InviteClientTransaction | undefined;
  /** An INVITE of the peer, the first or a later one, that the client has not finally answered. */
  incomingInvite: InviteServerTransaction | undefined;
  reliableProvisionals: ReliableProvisionals | undefined;
  sessionTimer: SessionTimer | undefined;
  /** Ends the dialog some time after its client has gone. */
  orphanTimer: NodeJS.Timeout | undefined;
  #natHop: NextHop | undefined;

  constructor(options: {
    id: string;
    dialog: Dialog;
    client: AppClient;
    method: string;
    flow: Flow;
    localContact?: string | undefined;
  }) {
    const { flow } = options;
    this.id = options.id;
    this.dialog = options.dialog;
    this.client = options.client;
    this.method = options.method;
    this.flow = flow;
    const own = { transport: flow.transport, host: flow.localHost, port: flow.localPort };
    this.localContact = options.localContact ?? `<${ownUri(own)}>`;
    this.#noteNat(flow);
  }

  /**
   * Where requests to the peer go. A peer whose Contact names another host than it sends from, with no route between,
   * is taken to be behind a NAT and reached where it came from, as drachtio-server does.
   */
  get nextHop(): NextHop {
    return this.#natHop ?? this.dialog.nextHopVia(this.flow.transport);
  }

  /** Takes over a new Contact of the peer. */
  refreshTarget(message: SipRequest | SipResponse, flow: Flow): void {
    if (contactUri(message) === undefined) return;
    this.dialog.refreshTarget(message);
    this.#noteNat(flow);
  }

  /** Makes the next request to the peer; INVITE, SUBSCRIBE and REFER carry our Contact. */
  request(method: string, headers: HeaderRecord = {}, body = ''): SipRequest {
    const needsContact =
      method === 'INVITE' || method === 'SUBSCRIBE' || method === 'REFER' || method === 'UPDATE';
    const contact = needsContact && headers.Contact === undefined ? { Contact: this.localContact } : {};
    return this.dialog.request(method, { ...contact, ...headers }, body);
  }

  /** Whether this request, of either side, is the dialog's last: a BYE, or the NOTIFY that ends a subscription. */
  isEndedBy(request: SipRequest): boolean {
    if (request.method === 'BYE') return true;
    if (request.method !== 'NOTIFY' || this.method !== 'SUBSCRIBE') return false;
    return /^\s*terminated/i.test(request.headers.get('subscription-state') ?? '');
  }

  /** Stops every timer of the dialog. */
  end(): void {
    clearTimeout(this.orphanTimer);
    this.sessionTimer?.stop();
    this.reliableProvisionals?.end();
  }

  #noteNat(flow: Flow): void {
    const host = parseSipUri(this.dialog.remoteTarget)?.host;
    const isBehindNat = this.dialog.routeSet.length === 0 && host !== undefined && host !== flow.remoteHost;
    this.#natHop = isBehindNat
      ? { transport: flow.transport, host: flow.remoteHost, port: flow.remotePort, fixedTransport: true }
      : undefined;
  }
}
