import type { HandsetContact } from '../../store/handsets.ts';

/**
 * How a registered handset is called: by the name that it gave itself, and at the address that its REGISTER came from,
 * over the same transport. That finds it behind a NAT, and on the connection that it keeps open over TCP and TLS.
 */
export function handsetTarget({ uri, source }: HandsetContact): {
  readonly uri: string;
  readonly nextHop: string;
} {
  const { transport, address, port } = source;
  const host = address.includes(':') ? `[${address}]` : address;
  return { uri, nextHop: `sip:${host}:${port};transport=${transport}` };
}
