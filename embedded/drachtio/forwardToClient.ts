import {
  type Arrival,
  makeResponse,
  newTag,
  type OutgoingPath,
  type SipRequest,
  type SipResponse,
  serialize,
} from '../sip/index.ts';
import type { AppClient } from './AppClient.ts';
import { forwardedText, metaOf, ownMeta, sipMessage } from './serverMessage.ts';

/** How the client is told that its request went out, or that it did not. */
export interface SentEcho {
  sent(): boolean;
  onSent(path: OutgoingPath): void;
  refuse(error: Error): void;
}

/** Passes a response from the network to the client whose request it answers. */
export function forwardResponse(
  client: AppClient,
  transactionId: string,
  dialogId: string,
  response: SipResponse,
  arrival: Arrival,
): void {
  const text = forwardedText(response, arrival);
  client.send(sipMessage(metaOf('network', arrival.flow, text.length), transactionId, dialogId, text));
}

/** Gives the client the response that stands for no response (RFC 3261 8.1.3.1). */
export function forwardFailure(
  client: AppClient,
  transactionId: string,
  dialogId: string,
  request: SipRequest,
  status: number,
): void {
  const text = serialize(makeResponse(request, status, { toTag: newTag() }));
  client.send(sipMessage(ownMeta('network', text.length), transactionId, dialogId, text));
}
