import { randomUUID } from 'node:crypto';
import {
  type Arrival,
  type Flow,
  headerSpelling,
  isCompact,
  SipHeaders,
  type SipMessage,
  serialize,
} from '../sip/index.ts';

/** Where a message came from or went to, as every frame to a client tells it. */
export interface MessageMeta {
  readonly source: 'network' | 'application';
  readonly octets: number;
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
}

/** drachtio-srf begins to ping from v0.8.2 on; this is the version whose protocol is spoken here. */
const protocolVersion = 'v0.9.10';

function metaText({ source, octets, protocol, address, port }: MessageMeta): string {
  // Six digits of a second, as drachtio-server writes them.
  const time = `${new Date().toISOString().slice(11, 23)}000`;
  return `${source}|${octets}|${protocol}|${address}|${port}|${time}`;
}

/** Meta data of a message that went over, or came by, a flow. */
export function metaOf(source: MessageMeta['source'], flow: Flow, octets: number): MessageMeta {
  return { source, octets, protocol: flow.transport, address: flow.remoteHost, port: flow.remotePort };
}

/** Meta data of what the server made itself where there is no flow to name. */
export function ownMeta(source: MessageMeta['source'], octets: number): MessageMeta {
  return { source, octets, protocol: 'udp', address: '127.0.0.1', port: 5060 };
}

export function authenticated(id: string, hostports: string): string {
  return `${randomUUID()}|response|${id}|OK|${hostports}|${protocolVersion}|${hostports}`;
}

export function wrongSecret(id: string): string {
  return `${randomUUID()}|response|${id}|NO|incorrect secret`;
}

export function ok(id: string, text?: string): string {
  return `${randomUUID()}|response|${id}|OK${text === undefined ? '' : `|${text}`}`;
}

export function notOk(id: string, reason: string): string {
  // A bar or a line break in the text would be read as the next token.
  return `${randomUUID()}|response|${id}|NOK|${reason.replace(/[|\r\n]+/g, ' ')}`;
}

/** The client's request went out; it gets to see it as sent. */
export function requestSent(id: string, meta: MessageMeta, transactionId: string, bytes: string): string {
  return `${randomUUID()}|response|${id}|OK|${metaText(meta)}|${transactionId}|Msg sent:|\r\n${bytes}`;
}

/** The client's response went out; drachtio-srf makes its Dialog from it. */
export function responseSent(
  id: string,
  meta: MessageMeta,
  transactionId: string,
  dialogId: string,
  bytes: string,
): string {
  return `${randomUUID()}|response|${id}|OK|${metaText(meta)}|${transactionId}|${dialogId}||Msg sent:|\r\n${bytes}`;
}

/** A new request from the network. */
export function newRequest(meta: MessageMeta, transactionId: string, flow: Flow, bytes: string): string {
  const local = `${flow.localHost}|${flow.localPort}`;
  return `${randomUUID()}|sip|${metaText(meta)}|${transactionId}||${local}|\r\n${bytes}`;
}

/** Any other message from the network: inside a dialog, or the response to a request of the client. */
export function sipMessage(
  meta: MessageMeta,
  transactionId: string,
  dialogId: string,
  bytes: string,
): string {
  return `${randomUUID()}|sip|${metaText(meta)}|${transactionId}|${dialogId}|\r\n${bytes}`;
}

/**
 * The text of a message from the network for a client: as it came where drachtio-srf's parser reads that, else written
 * anew with header names in full. A request shows its source in the Via as the stack has marked it.
 */
export function forwardedText(message: SipMessage, { bytes, essentials }: Arrival): string {
  if (bytes.startsWith('\r\n') || !message.headers.has('content-length') || hasCompactNames(message)) {
    return serialize({ ...message, headers: withFullNames(message) });
  }
  const marked = message.headers.get('via') ?? '';
  if (marked === essentials.viaLine) return bytes;
  const at = bytes.indexOf(essentials.viaLine);
  if (at < 0) return serialize(message);
  return bytes.slice(0, at) + marked + bytes.slice(at + essentials.viaLine.length);
}

/** drachtio-srf knows only some of the compact forms. */
function hasCompactNames({ headers }: SipMessage): boolean {
  for (const { name } of headers) if (isCompact(name)) return true;
  return false;
}

function withFullNames({ headers }: SipMessage): SipHeaders {
  const full = new SipHeaders();
  for (const { name, value } of headers) full.appendParsed(headerSpelling(name), value);
  return full;
}
