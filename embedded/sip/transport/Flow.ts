export type TransportName = 'udp' | 'tcp' | 'tls';

/** Where a request goes: the next hop, by name or address. */
export interface NextHop {
  readonly transport: TransportName;
  /** A host name or an IP address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Set where the transport is a must: a UDP request is then never moved to TCP for its size. */
  readonly fixedTransport?: boolean;
}

/** The path that a message came on or goes out by: one socket pair. */
export interface Flow {
  readonly transport: TransportName;
  readonly remoteHost: string;
  readonly remotePort: number;
  /** Our own side as we name it to others (Via sent-by, Contact). */
  readonly localHost: string;
  readonly localPort: number;
  /** False once a connection is gone. UDP is always open. */
  readonly isOpen: boolean;
  /** Sends a byte string. Failures are reported to `onFailure` later, if at all; it never throws. */
  send(bytes: string, onFailure?: (error: Error) => void): void;
}

/** Whether the transport repeats lost packets itself, so that transactions do not have to. */
export function isReliable(transport: TransportName): boolean {
  return transport !== 'udp';
}

export function defaultPort(transport: TransportName): number {
  return transport === 'tls' ? 5061 : 5060;
}
