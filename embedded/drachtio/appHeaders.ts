import {
  type HeaderRecord,
  headerSpelling,
  hostText,
  type ListeningPoint,
  type SipMessage,
} from '../sip/index.ts';

/** Fields that belong to the server, whatever a client writes into them. */
const serverFields = new Set(['via', 'content-length', 'record-route']);
/** Fields that name the dialog and the transaction; the server takes them from the client only for new requests. */
const identityFields = new Set(['from', 'to', 'call-id', 'cseq']);
/** Fields with addresses in which a client may write `localhost` for the server's own host and port. */
const ownAddressFields = new Set([
  'from',
  'contact',
  'p-asserted-identity',
  'p-preferred-identity',
  'remote-party-id',
  'referred-by',
  'diversion',
]);

/**
 * The headers of a client's message that go out as they are: in the client's order, in their usual spelling, without
 * those that the server writes, `localhost` replaced by the server's own address, a Content-Type guessed for SDP.
 */
export function passedHeaders(message: SipMessage, own: ListeningPoint): Record<string, string | string[]> {
  const passed: Record<string, string | string[]> = {};
  for (const { name, key, value } of message.headers) {
    if (serverFields.has(key) || identityFields.has(key)) continue;
    const spelling = headerSpelling(name);
    const address = ownAddressFields.has(key) ? withOwnAddress(value, own, key === 'contact') : value;
    const written = key === 'contact' ? inBrackets(address) : address;
    const before = passed[spelling];
    passed[spelling] = before === undefined ? written : [before, written].flat();
  }
  if (message.body !== '' && !message.headers.has('content-type') && message.body.startsWith('v=0')) {
    passed['Content-Type'] = 'application/sdp';
  }
  return passed;
}

/** A Contact that is a bare URI, in angle brackets; what follows a `;` there belongs to the field (RFC 3261 20.10). */
function inBrackets(contact: string): string {
  return contact.replace(/^(sips?:[^<>;,\s]+)(?=;|$)/i, '<$1>');
}

/** Replaces the host `localhost` of an address by our own host and port. */
export function withOwnAddress(value: string, own: ListeningPoint, isContact = false): string {
  if (!value.includes('localhost')) return value;
  const parameter =
    isContact && own.transport !== 'udp' && !/;transport=/i.test(value) ? `;transport=${own.transport}` : '';
  return value.replace(
    /(sips?:(?:[^@<>\s]*@)?)localhost(?::\d+)?(?=[;?>\s]|$)/i,
    (_all, start: string) => `${start}${hostText(own.host)}:${own.port}${parameter}`,
  );
}

/** The URI under which the server is reached over this transport. */
export function ownUri({ transport, host, port }: ListeningPoint): string {
  return `sip:${hostText(host)}:${port}${transport === 'udp' ? '' : `;transport=${transport}`}`;
}

/** Adds a Contact unless there is one. */
export function withContact(headers: HeaderRecord, contact: string): HeaderRecord {
  return headers.Contact === undefined ? { Contact: contact, ...headers } : headers;
}
