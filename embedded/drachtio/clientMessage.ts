import { parseHead, type SipRequest, type SipResponse } from '../sip/index.ts';

/** What a client may ask, read from one frame. `id` is its message id, which the reply repeats. */
export type ClientMessage =
  | {
      readonly type: 'authenticate';
      readonly id: string;
      readonly secret: string;
      readonly tags: readonly string[];
    }
  | { readonly type: 'route' | 'removeRoute'; readonly id: string; readonly verb: string }
  | { readonly type: 'ping'; readonly id: string }
  /** A request outside of any dialog; `routeUri` names the next hop instead of the Request-URI. */
  | { readonly type: 'request'; readonly id: string; readonly request: SipRequest; readonly routeUri: string }
  | {
      readonly type: 'dialogRequest';
      readonly id: string;
      readonly request: SipRequest;
      readonly dialogId: string;
    }
  | {
      readonly type: 'cancel';
      readonly id: string;
      readonly request: SipRequest;
      readonly transactionId: string;
    }
  | {
      readonly type: 'response';
      readonly id: string;
      readonly response: SipResponse;
      readonly transactionId: string;
    }
  | { readonly type: 'refused'; readonly id: string; readonly reason: string };

/**
 * Reads the payload of one frame: `<id>|<type>|token|…`, then CRLF and a SIP message where the type has one.
 * Never throws: what is not understood comes back as `refused` with the reason for the NOK.
 */
export function parseClientMessage(payload: string): ClientMessage {
  const lineEnd = payload.indexOf('\r\n');
  const tokens = (lineEnd < 0 ? payload : payload.slice(0, lineEnd)).split('|');
  const [id = '', type = ''] = tokens;
  switch (type) {
    case 'authenticate':
      return {
        type,
        id,
        secret: tokens[2] ?? '',
        tags: (tokens[3] ?? '').split(',').filter((tag) => tag !== ''),
      };
    case 'route':
      return { type, id, verb: (tokens[2] ?? '').toLowerCase() };
    case 'remove_route':
      return { type: 'removeRoute', id, verb: (tokens[2] ?? '').toLowerCase() };
    case 'ping':
      return { type, id };
    case 'sip':
      return parseSip(id, tokens, lineEnd < 0 ? '' : payload.slice(lineEnd + 2));
    case 'proxy':
      return { type: 'refused', id, reason: 'proxy is not supported by the embedded SIP server' };
    default:
      return { type: 'refused', id, reason: `unknown message type ${type.slice(0, 40)}` };
  }
}

function parseSip(id: string, tokens: readonly string[], text: string): ClientMessage {
  const [, , transactionId = '', dialogId = '', routeUri = ''] = tokens;
  const { message, fault, ...head } = parseHead(text);
  if (message === undefined || fault !== undefined) {
    return { type: 'refused', id, reason: `malformed SIP message: ${fault?.text}` };
  }
  // The client counts characters, not octets: what is left of the frame is the body, whatever its Content-Length says.
  if ('bodyAt' in head) message.body = text.slice(head.bodyAt);
  if (message.kind === 'response') return { type: 'response', id, response: message, transactionId };
  if (message.method === 'CANCEL') return { type: 'cancel', id, request: message, transactionId };
  if (dialogId !== '') return { type: 'dialogRequest', id, request: message, dialogId };
  return { type: 'request', id, request: message, routeUri };
}
