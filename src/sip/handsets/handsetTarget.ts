import type { HandsetContact } from '../../store/handsets.ts';
import { shouldTryNextTrunk } from '../trunks.ts';

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

/** What a SIP server says when a phone's connection is closed: drachtio-server 410, others 430 (RFC 5626, 11.5). */
const CONNECTION_GONE = [410, 430];

/**
 * Whether a failed call to a handset means that it is no longer where it registered, so that its number is called as
 * if it had never been there.
 * @param status SIP status of the failure; undefined when nothing came back
 * @param progressed whether a provisional response above 100 had come
 */
export function isHandsetGone(status: number | undefined, progressed: boolean): boolean {
  if (status !== undefined && CONNECTION_GONE.includes(status)) return !progressed;
  return shouldTryNextTrunk(status, progressed);
}
