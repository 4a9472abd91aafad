import type { CustomerAnswer } from '../../routing/xMode.ts';
import { type FailureReason, failureReasonOf } from './failureReason.ts';
import { LONGEST_REPLY_BYTES, type PostOutcome } from './PostExchange.ts';

/** How a question to a customer's server ended; also the label of a metric. */
export type AskOutcome = 'answered' | 'busy' | 'empty' | 'too-long' | 'not-json' | FailureReason;

/** An answer for routing, and the word under which it is counted. */
export interface Asked {
  readonly outcome: AskOutcome;
  /** The HTTP status of the reply; undefined if none began. */
  readonly status: number | undefined;
  readonly answer: CustomerAnswer;
}

const STATUS_OK = 200;

/** A question without an answer. @param why in plain words, for the record of the call: no address, no number */
export function unanswered(
  outcome: Exclude<AskOutcome, 'answered'>,
  why: string,
  status?: number | undefined,
): Asked {
  return { outcome, status, answer: { kind: 'failed', why } };
}

/**
 * What the reply of a customer's server to a callin event says (facts 6): status 200 and JSON in UTF-8. Whether the
 * JSON makes sense is for routing to say.
 * @param timeoutSeconds the time that the server had
 */
export function askedOf({ status, body, error }: PostOutcome, timeoutSeconds: number): Asked {
  if (status !== undefined && status !== STATUS_OK)
    return unanswered('status', wordsOfStatus(status), status);
  if (error !== undefined) return { ...brokenOff(error, timeoutSeconds), status };
  if (body.length === 0) return unanswered('empty', 'its answer is empty', status);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return { outcome: 'answered', status, answer: { kind: 'answer', body: JSON.parse(text) } };
  } catch {
    return unanswered('not-json', 'its answer is not JSON in UTF-8', status);
  }
}

function wordsOfStatus(status: number): string {
  const isRedirect = status >= 300 && status < 400;
  return `it answered with status ${status}${isRedirect ? ', and redirects are not followed' : ''}`;
}

function brokenOff(error: Error, timeoutSeconds: number): Asked {
  if ('code' in error && error.code === 'PUSH_REPLY_TOO_LONG')
    return unanswered('too-long', `its answer is longer than ${LONGEST_REPLY_BYTES} bytes`);
  const { reason, code } = failureReasonOf(error);
  return unanswered(reason, wordsOfFailure(reason, code, timeoutSeconds));
}

function wordsOfFailure(reason: FailureReason, code: string, timeoutSeconds: number): string {
  switch (reason) {
    case 'target-closed':
      return 'its address is closed (AXBRIDGE_PUSH_ALLOW opens it)';
    case 'target-unknown':
      return 'its host name has no address';
    case 'connect':
      return `no connection to it (${code})`;
    case 'tls':
      return `no TLS connection to it (${code})`;
    case 'timeout':
      return `no complete answer within ${timeoutSeconds} s`;
    case 'connection-lost':
      return 'the connection to it broke before its answer was complete';
    case 'url':
      return 'its statusUrl cannot be used';
    case 'status':
    case 'internal':
      return `it could not be asked (${code})`;
  }
}
