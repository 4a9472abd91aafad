import { errors } from 'undici';

/** Why a request to a customer's server failed; also the label of a metric. */
export type FailureReason =
  | 'target-closed'
  | 'target-unknown'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'connection-lost'
  | 'status'
  | 'url'
  | 'internal';

/** Error codes of Node's sockets, of undici and of our own by what they mean for the attempt. */
const REASON_OF_CODE: Readonly<Record<string, FailureReason>> = {
  PUSH_URL_INVALID: 'url',
  PUSH_TARGET_CLOSED: 'target-closed',
  PUSH_TARGET_UNKNOWN: 'target-unknown',
  ECONNREFUSED: 'connect',
  EHOSTUNREACH: 'connect',
  ENETUNREACH: 'connect',
  EADDRNOTAVAIL: 'connect',
  EMFILE: 'connect',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_SOCKET: 'connection-lost',
  ECONNRESET: 'connection-lost',
  EPIPE: 'connection-lost',
  EPROTO: 'tls',
};

/**
 * @returns the reason, and the code of the error that led to it: neither holds an address or a number
 */
export function failureReasonOf(error: Error): { readonly reason: FailureReason; readonly code: string } {
  // An AggregateError stands for the addresses of a name that were tried one after the other.
  const first = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const code = 'code' in first ? String(first.code) : first.name;
  const known = REASON_OF_CODE[code];
  if (known !== undefined) return { reason: known, code };
  if (/CERT|TLS|SSL|SELF_SIGNED|ISSUER|SIGNATURE/.test(code)) return { reason: 'tls', code };
  return { reason: first instanceof errors.HTTPParserError ? 'connection-lost' : 'internal', code };
}
