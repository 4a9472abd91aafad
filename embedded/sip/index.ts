/** A SIP stack for user agents (RFC 3261, 3581, 5626 keep-alive, 6026). Everything others may use is here. */
export { contactUri, Dialog, type DialogState } from './Dialog.ts';
export { type SipErrorCode, SipStackError } from './errors.ts';
export { headerSpelling, isCompact } from './headerNames.ts';
export { newBranch, newCallId, newTag } from './identifiers.ts';
export { type Essentials, inspect } from './inspect.ts';
export { type NameAddress, parseNameAddress, tagOf } from './NameAddress.ts';
export { type MessageFault, type ParseResult, parseHead, parseMessage } from './parseMessage.ts';
export { reasonPhrase } from './reasonPhrases.ts';
export { type HeaderField, SipHeaders } from './SipHeaders.ts';
export {
  bytesOf,
  cloneRequest,
  type HeaderRecord,
  makeRequest,
  makeResponse,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  serialize,
  utf8Of,
} from './SipMessage.ts';
export { SipStack, type SipStackOptions, type SipStackStats, type TappedMessage } from './SipStack.ts';
export { hostText, parseSipUri, type SipUri } from './SipUri.ts';
export { standardTimers, type TimerValues, transactionTimeoutMs } from './timerValues.ts';
export type { InviteClientEvents, InviteClientTransaction } from './transaction/InviteClientTransaction.ts';
export type { InviteServerEvents, InviteServerTransaction } from './transaction/InviteServerTransaction.ts';
export type {
  ClientTransactionEvents,
  NonInviteClientTransaction,
} from './transaction/NonInviteClientTransaction.ts';
export type {
  NonInviteServerTransaction,
  ReplyOptions,
  ServerTransactionEvents,
} from './transaction/NonInviteServerTransaction.ts';
export type { OutgoingPath } from './transaction/OutgoingPath.ts';
export { ReliableProvisionals, reliableTag } from './transaction/ReliableProvisionals.ts';
export type { Arrival, TransactionContext } from './transaction/TransactionContext.ts';
export type { ServerTransaction } from './transaction/TransactionTable.ts';
export type { Flow, NextHop, TransportName } from './transport/Flow.ts';
export { nextHopOf } from './transport/nextHop.ts';
export { reachableAddress } from './transport/reachableAddress.ts';
export type { ListeningPoint, ListenSpec } from './transport/TransportLayer.ts';
