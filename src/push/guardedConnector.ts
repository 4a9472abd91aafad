import { type LookupAddress, lookup as lookupHost, Resolver } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { AddressPolicy } from './addressPolicy.ts';

/** `PUSH_TARGET_CLOSED`: the target's address is not open. `PUSH_TARGET_UNKNOWN`: its name has no address. */
export class PushTargetError extends Error {
  readonly code: 'PUSH_TARGET_CLOSED' | 'PUSH_TARGET_UNKNOWN';
  constructor(code: PushTargetError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PushTargetError';
    this.code = code;
  }
}

const DNS_TIMEOUT_MS = 2_000;
const DNS_TRIES = 2;

/**
 * A DNS server that has no such name answers quickly, and then the system's own lookup (hosts file, search domains)
 * may know it. After a timeout it is not asked: it would hold one of the four threads of the pool that all look-ups
 * and files of the process share, so that one customer's dead DNS would delay everybody.
 */
const WORTH_ASKING_THE_SYSTEM = new Set(['ENOTFOUND', 'ENODATA', 'ECONNREFUSED', 'EREFUSED', 'ESERVFAIL']);

type Resolved = (error: Error | undefined, addresses: readonly LookupAddress[]) => void;

function resolveName(resolver: Resolver, hostname: string, done: Resolved): void {
  const askSystem = () =>
    lookupHost(hostname, { all: true }, (error, addresses) => done(error ?? undefined, addresses ?? []));
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) {
    askSystem();
    return;
  }
  const found: LookupAddress[] = [];
  const errors: NodeJS.ErrnoException[] = [];
  let open = 2;
  const answer = (family: 4 | 6) => (error: NodeJS.ErrnoException | null, addresses: readonly string[]) => {
    if (error) errors.push(error);
    else found.push(...addresses.map((address) => ({ address, family })));
    open -= 1;
    if (open > 0) return;
    if (found.length > 0) done(undefined, found);
    else if (errors.every(({ code = '' }) => WORTH_ASKING_THE_SYSTEM.has(code))) askSystem();
    else done(errors[0], []);
  };
  resolver.resolve4(hostname, answer(4));
  resolver.resolve6(hostname, answer(6));
}

/** A lookup for net.connect that only gives addresses that the policy opens: what is checked is what is dialled. */
function guardedLookup(policy: AddressPolicy, dnsServers: readonly string[]): LookupFunction {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES });
  if (dnsServers.length > 0) resolver.setServers(dnsServers);
  return (hostname, options, callback) => {
    resolveName(resolver, hostname, (error, addresses) => {
      const open = addresses.filter(({ address }) => policy.isOpen(address));
      const [first] = open;
      if (error !== undefined || addresses.length === 0) {
        callback(
          new PushTargetError('PUSH_TARGET_UNKNOWN', 'the host name has no address', { cause: error }),
          '',
        );
      } else if (first === undefined) {
        callback(new PushTargetError('PUSH_TARGET_CLOSED', 'the host name leads to a closed address'), '');
      } else if (options.all === true) {
        callback(null, open);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
}

/**
 * Dials notification targets for undici. Each address is checked after DNS and just before it is dialled, so a name
 * that changes its address between a check and the connection (DNS rebinding) gains nothing.
 * @param timeoutMs limit for connecting, TLS included
 * @param dnsServers `address:port` of those to ask; none: those of the system
 */
export function guardedConnector(
  policy: AddressPolicy,
  timeoutMs: number,
  dnsServers: readonly string[] = [],
): buildConnector.connector {
  const dial = buildConnector({
    lookup: guardedLookup(policy, dnsServers),
    timeout: timeoutMs,
    allowH2: false,
  });
  return (options, callback) => {
    const literal = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(literal) !== 0 && !policy.isOpen(literal)) {
      callback(new PushTargetError('PUSH_TARGET_CLOSED', 'the address is closed'), null);
      return;
    }
    dial(options, callback);
  };
}
