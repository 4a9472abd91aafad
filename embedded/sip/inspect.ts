import { isBalanced, parseNameAddress } from './NameAddress.ts';
import type { MessageFault } from './parseMessage.ts';
import type { SipMessage } from './SipMessage.ts';
import { isAbsoluteUri, parseSipUri } from './SipUri.ts';
import { firstViaValue, parseVia, type Via } from './Via.ts';

/** What every part of the stack asks of a message, read once when it arrives. */
export interface Essentials {
  readonly via: Via;
  readonly viaLine: string;
  readonly callId: string;
  readonly fromTag: string;
  readonly toTag: string | undefined;
  readonly cseq: number;
  readonly cseqMethod: string;
}

export type Inspection =
  | { readonly essentials: Essentials; readonly fault?: MessageFault }
  | { readonly essentials?: undefined; readonly fault: MessageFault };

const cseqPattern = /^(\d{1,10})\s+([A-Za-z0-9\-.!%*_+`'~]+)$/;
const maxCseq = 2 ** 31;
/** Max-Forwards is an octet (RFC 3261 20.22). */
const maxHops = 255;

function fault(code: string, text: string, status = 400): MessageFault {
  return { code, status, text };
}

/**
 * Checks the fields without which a message cannot be matched or answered (RFC 3261 8.1.1, 8.2.2, 16.3) and reads
 * them. No essentials: not even an answer is possible. Essentials with a fault: answer a request with its status,
 * drop a response.
 */
export function inspect(message: SipMessage): Inspection {
  const { headers } = message;
  const viaLine = headers.get('via');
  const via = viaLine === undefined ? undefined : parseVia(firstViaValue(viaLine));
  if (viaLine === undefined || via === undefined)
    return { fault: fault('bad-via', 'Missing or malformed Via') };
  const callId = headers.get('call-id');
  const from = headers.get('from');
  const to = headers.get('to');
  const cseqValue = headers.get('cseq');
  if (!callId || from === undefined || to === undefined || cseqValue === undefined) {
    return { fault: fault('missing-header', 'Missing Call-ID, From, To or CSeq') };
  }
  const fromAddress = parseNameAddress(from);
  const toAddress = parseNameAddress(to);
  const cseq = cseqPattern.exec(cseqValue);
  const essentials: Essentials = {
    via,
    viaLine,
    callId,
    fromTag: fromAddress?.params.get('tag') ?? '',
    toTag: toAddress?.params.get('tag') || undefined,
    cseq: Number(cseq?.[1] ?? 0),
    cseqMethod: cseq?.[2] ?? '',
  };
  const wrong = faultOf(
    message,
    essentials,
    fromAddress !== undefined && toAddress !== undefined,
    cseq !== null,
  );
  return wrong === undefined ? { essentials } : { essentials, fault: wrong };
}

const singleHeaders = ['call-id', 'from', 'to', 'cseq', 'max-forwards'];

function faultOf(
  message: SipMessage,
  essentials: Essentials,
  addressesRead: boolean,
  cseqRead: boolean,
): MessageFault | undefined {
  const { headers } = message;
  if (!cseqRead || essentials.cseq >= maxCseq) return fault('bad-cseq', 'Malformed CSeq');
  if (!addressesRead) return fault('bad-address', 'Malformed From or To');
  for (const name of singleHeaders) {
    if (headers.count(name) > 1) return fault('repeated-header', `More than one ${name}`);
  }
  if (message.kind === 'response') return undefined;

  if (message.method !== essentials.cseqMethod)
    return fault('method-mismatch', 'CSeq method differs from request');
  if (!isAbsoluteUri(message.uri)) return fault('bad-request-uri', 'Malformed Request-URI');
  const sipScheme = /^sips?:/i.test(message.uri);
  if (sipScheme && parseSipUri(message.uri) === undefined)
    return fault('bad-request-uri', 'Malformed Request-URI');
  if (!sipScheme && !/^tel:/i.test(message.uri)) {
    return fault('bad-scheme', 'Unsupported URI Scheme', 416);
  }
  const hops = headers.get('max-forwards');
  if (hops !== undefined && !(/^\d{1,10}$/.test(hops) && Number(hops) <= maxHops))
    return fault('bad-max-forwards', 'Malformed Max-Forwards');
  const contacts = headers.list('contact');
  if (contacts.some((contact) => contact !== '*' && (!isBalanced(contact) || !parseNameAddress(contact)))) {
    return fault('bad-contact', 'Malformed Contact');
  }
  return undefined;
}
