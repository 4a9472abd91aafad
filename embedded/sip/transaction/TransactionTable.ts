import type { Essentials } from '../inspect.ts';
import { hostText } from '../SipUri.ts';
import { magicCookie } from '../Via.ts';
import type { InviteClientTransaction } from './InviteClientTransaction.ts';
import type { InviteServerTransaction } from './InviteServerTransaction.ts';
import type { NonInviteClientTransaction } from './NonInviteClientTransaction.ts';
import type { NonInviteServerTransaction } from './NonInviteServerTransaction.ts';

export type ServerTransaction = InviteServerTransaction | NonInviteServerTransaction;
export type ClientTransaction = InviteClientTransaction | NonInviteClientTransaction;

/**
 * Key of the server transaction that a request belongs to (RFC 3261 17.2.3): branch, sent-by and method; for the
 * branches of RFC 2543 the fields that named a transaction then.
 * @param method that of the transaction looked for: an ACK and a CANCEL look for INVITE
 */
export function serverKey(essentials: Essentials, method: string): string {
  const { via, callId, fromTag, cseq } = essentials;
  const branch = via.params.get('branch') ?? '';
  const sentBy = `${hostText(via.host)}:${via.port ?? ''}`;
  if (branch.startsWith(magicCookie) && branch.length > magicCookie.length)
    return `${branch} ${sentBy} ${method}`;
  return `2543 ${callId} ${fromTag} ${cseq} ${branch} ${sentBy} ${method}`;
}

/** Key of the request itself, whichever way it came: a second transaction with it is a merged request (8.2.2.2). */
function requestKey(essentials: Essentials): string {
  return `${essentials.callId} ${essentials.fromTag} ${essentials.cseq} ${essentials.cseqMethod}`;
}

/** Key of the 2xx that an ACK is for: it is a request of the dialog with a branch of its own (13.3.1.4). */
function ackKey(callId: string, toTag: string, cseq: number): string {
  return `${callId} ${toTag} ${cseq}`;
}

/** All transactions of a stack, each found by key and never by search. */
export class TransactionTable {
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  readonly #initialRequests = new Map<string, ServerTransaction>();
  readonly #answeredInvites = new Map<string, InviteServerTransaction>();

  get clientCount(): number {
    return this.#clients.size;
  }

  get serverCount(): number {
    return this.#servers.size;
  }

  addClient(branch: string, method: string, transaction: ClientTransaction): void {
    this.#clients.set(`${branch} ${method}`, transaction);
  }

  removeClient(branch: string, method: string): void {
    this.#clients.delete(`${branch} ${method}`);
  }

  /** The client transaction that a response answers (17.1.3). */
  clientOf(essentials: Essentials): ClientTransaction | undefined {
    return this.#clients.get(`${essentials.via.params.get('branch') ?? ''} ${essentials.cseqMethod}`);
  }

  server(key: string): ServerTransaction | undefined {
    return this.#servers.get(key);
  }

  addServer(key: string, transaction: ServerTransaction): void {
    const { essentials } = transaction.arrival;
    this.#servers.set(key, transaction);
    if (essentials.toTag === undefined) this.#initialRequests.set(requestKey(essentials), transaction);
  }

  removeServer(key: string, transaction: ServerTransaction): void {
    const { essentials } = transaction.arrival;
    this.#servers.delete(key);
    if (essentials.toTag === undefined) {
      const request = requestKey(essentials);
      if (this.#initialRequests.get(request) === transaction) this.#initialRequests.delete(request);
    }
    if (transaction.kind === 'invite') {
      this.#answeredInvites.delete(ackKey(essentials.callId, transaction.localTag, essentials.cseq));
    }
  }

  /** Whether this new request came before over another path. */
  isMerged(essentials: Essentials): boolean {
    return essentials.toTag === undefined && this.#initialRequests.has(requestKey(essentials));
  }

  /** From now on ACKs with the tags of this INVITE's 2xx belong to it. */
  expectAck(invite: InviteServerTransaction): void {
    const { callId, cseq } = invite.arrival.essentials;
    this.#answeredInvites.set(ackKey(callId, invite.localTag, cseq), invite);
  }

  /** The INVITE whose 2xx an ACK is for. */
  inviteOfAck(essentials: Essentials): InviteServerTransaction | undefined {
    return this.#answeredInvites.get(ackKey(essentials.callId, essentials.toTag ?? '', essentials.cseq));
  }

  /** Counts by kind, for statistics. */
  counts(): { inviteServer: number; inviteClient: number; nonInviteServer: number; nonInviteClient: number } {
    const counts = { inviteServer: 0, inviteClient: 0, nonInviteServer: 0, nonInviteClient: 0 };
    for (const { kind } of this.#servers.values())
      counts[kind === 'invite' ? 'inviteServer' : 'nonInviteServer'] += 1;
    for (const { kind } of this.#clients.values())
      counts[kind === 'invite' ? 'inviteClient' : 'nonInviteClient'] += 1;
    return counts;
  }

  /** Ends all transactions at once. */
  terminateAll(): void {
    for (const transaction of [...this.#clients.values(), ...this.#servers.values()]) transaction.terminate();
  }
}
