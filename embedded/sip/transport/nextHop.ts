import { lookup, resolveSrv } from 'node:dns/promises';
import { isIP } from 'node:net';
import { SipStackError } from '../errors.ts';
import { parseSipUri } from '../SipUri.ts';
import { defaultPort, type NextHop, type TransportName } from './Flow.ts';

function transportOf(
  scheme: 'sip' | 'sips',
  parameter: string | undefined,
  unspecified: TransportName,
): TransportName | undefined {
  switch (parameter?.toLowerCase()) {
    case undefined:
      return scheme === 'sips' ? 'tls' : unspecified;
    case 'udp':
      return scheme === 'sips' ? undefined : 'udp';
    case 'tcp':
      return scheme === 'sips' ? 'tls' : 'tcp';
    case 'tls':
      return 'tls';
    default:
      return undefined;
  }
}

/**
 * The next hop that a URI names (RFC 3263 4.1 without NAPTR): its `transport` and `maddr` parameters count, sips means
 * TLS. A port of 0 stands for "none given": SRV is asked where the host is a name.
 * @param unspecified the transport of a sip URI that names none: UDP, or inside a dialog the one it already uses
 * @throws SipStackError SIP_UNRESOLVED for a URI that is not sip or sips, SIP_NO_TRANSPORT for an unknown transport
 */
export function nextHopOf(uri: string, unspecified: TransportName = 'udp'): NextHop {
  const parsed = parseSipUri(uri);
  if (parsed === undefined) {
    throw new SipStackError(
      'SIP_UNRESOLVED',
      'invalid request-uri: expected a sip: or sips: URI with a host',
    );
  }
  const wanted = parsed.params.get('transport');
  const transport = transportOf(parsed.scheme, wanted, unspecified);
  if (transport === undefined) {
    throw new SipStackError('SIP_NO_TRANSPORT', `requested protocol/transport not available: ${wanted}`);
  }
  const maddr = parsed.params.get('maddr');
  const host = maddr === undefined || maddr === '' ? parsed.host : maddr.replace(/^\[|\]$/g, '');
  const isAddress = isIP(host) !== 0;
  const port = parsed.port ?? (isAddress ? defaultPort(transport) : 0);
  return { transport, host, port, ...(wanted === undefined ? {} : { fixedTransport: true }) };
}

/** Whether a hop can be dialled without asking DNS. */
export function isResolved(hop: NextHop): boolean {
  return hop.port !== 0 && isIP(hop.host) !== 0;
}

/**
 * Turns a hop's name into an address: SRV of its transport where no port was given, then A/AAAA (RFC 3263 4.2).
 * @throws SipStackError SIP_UNRESOLVED when DNS knows neither
 */
export async function resolveHop(hop: NextHop): Promise<NextHop> {
  if (isResolved(hop)) return hop;
  let { host, port } = hop;
  if (port === 0) {
    const service = hop.transport === 'tls' ? '_sips._tcp' : `_sip._${hop.transport}`;
    const [best] = await resolveSrv(`${service}.${host}`).then(
      (records) => records.sort((a, b) => a.priority - b.priority || b.weight - a.weight),
      () => [],
    );
    host = best?.name ?? host;
    port = best?.port ?? defaultPort(hop.transport);
  }
  try {
    const { address } = await lookup(host);
    return { ...hop, host: address, port };
  } catch (cause) {
    throw new SipStackError('SIP_UNRESOLVED', `host ${host} has no address`, { cause });
  }
}
