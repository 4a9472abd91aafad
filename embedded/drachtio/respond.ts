import {
  type HeaderRecord,
  makeResponse,
  reliableTag,
  type ServerTransaction,
  type SipResponse,
  SipStackError,
} from '../sip/index.ts';
import type { AppDialog } from './AppDialog.ts';
import { passedHeaders, withContact } from './appHeaders.ts';
import type { IncomingInvite } from './IncomingInvite.ts';
import type { ServerContext } from './ServerContext.ts';
import { sessionExpiresOf } from './SessionTimer.ts';

/**
 * Sends a client's response to a peer's request, with what the client leaves to the server: To tag, Contact, the
 * session timer, reliable provisional responses.
 * @returns the bytes that went out
 * @throws SipStackError when the response cannot be sent
 */
export function respond(
  context: ServerContext,
  transaction: ServerTransaction,
  message: SipResponse,
  invite: IncomingInvite | undefined,
): { bytes: string } {
  const { request, arrival } = transaction;
  const { status, body } = message;
  const isInvite = request.method === 'INVITE';
  const formsDialog = (isInvite || request.method === 'SUBSCRIBE') && status > 100 && status < 300;
  const dialog =
    formsDialog && invite !== undefined ? invite.formDialog() : context.dialogs.find(arrival.essentials);

  const { localHost: host, localPort: port, transport } = transaction.replyPath.flow;
  let headers: HeaderRecord = passedHeaders(message, { transport, host, port });
  const isReliable = transaction.kind === 'invite' && isReliableProvisional(transaction, message);
  if (formsDialog && dialog !== undefined && (status >= 200 || isReliable)) {
    if (typeof headers.Contact === 'string') dialog.localContact = headers.Contact;
    headers = withContact(headers, dialog.localContact);
  }
  const canHaveSession = isInvite || request.method === 'UPDATE';
  if (canHaveSession && status >= 200 && status < 300 && dialog !== undefined) {
    headers = { ...headers, ...agreeOnSession(context, transaction, message, dialog) };
  }
  if (isInvite && dialog !== undefined && body !== '') dialog.localSdp = body;
  const response = makeResponse(request, status, {
    reason: message.reason,
    toTag: transaction.localTag,
    headers,
    body,
  });
  const bytes =
    isReliable && dialog?.reliableProvisionals !== undefined
      ? dialog.reliableProvisionals.send(response)
      : transaction.respond(response);
  return { bytes };
}

/** Whether a provisional response has to be repeated until its PRACK (RFC 3262 3). */
function isReliableProvisional(transaction: ServerTransaction, { status, headers }: SipResponse): boolean {
  if (status <= 100 || status >= 200 || transaction.arrival.essentials.toTag !== undefined) return false;
  const peer = transaction.request.headers;
  const peerRequires = peer.list('require').includes(reliableTag);
  const clientRequires = headers.list('require').includes(reliableTag);
  if (clientRequires && !peerRequires && !peer.list('supported').includes(reliableTag)) {
    throw new SipStackError('SIP_TRANSACTION_STATE', 'Remote endpoint does not support 100rel');
  }
  return peerRequires || clientRequires;
}

/**
 * The session timer of an answered INVITE or UPDATE (RFC 4028 9): what the client says, else what the caller offered, with the
 * caller refreshing unless it asks otherwise.
 */
function agreeOnSession(
  context: ServerContext,
  transaction: ServerTransaction,
  message: SipResponse,
  dialog: AppDialog,
): HeaderRecord {
  const own = sessionExpiresOf(message.headers);
  const agreed = own ?? sessionExpiresOf(transaction.request.headers);
  if (agreed === undefined) {
    // An INVITE without a session interval ends the timer; an UPDATE without one is about something else.
    if (transaction.kind === 'invite') dialog.sessionTimer?.stop();
    return {};
  }
  const refresher = agreed.refresher ?? 'uac';
  context.ender.startSessionTimer(dialog, agreed.intervalSeconds, refresher === 'uas');
  if (own !== undefined) return {};
  const peerSupports = transaction.request.headers.list('supported').includes('timer');
  return {
    'Session-Expires': `${agreed.intervalSeconds};refresher=${refresher}`,
    Require: peerSupports && refresher === 'uac' ? 'timer' : undefined,
  };
}
