import { isIPv6 } from 'node:net';

/** The groups of an IPv6 address that name a network; the rest is for its owner to choose (RFC 4291, 2.5.1). */
const NETWORK_GROUPS = 4;

/** A socket's address as people write it: IPv4 in an IPv6 socket is IPv4, and a zone is no part of it. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}

/**
 * What counts as one source of requests: an IPv4 address, or the /64 of an IPv6 address, since whoever has one
 * address of it has them all.
 * @param address an IP address in any spelling
 * @returns its canonical spelling, like `192.0.2.1` or `2001:db8:0:1::/64`
 */
export function sourceOf(address: string): string {
  const plain = plainAddress(address);
  if (!isIPv6(plain)) return plain;
  // The URL parser writes every form of an IPv6 address in one way, with groups of hexadecimal digits.
  const canonical = new URL(`http://[${plain}]/`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = new Array<string>(8 - front.length - back.length).fill('0');
  return `${[...front, ...zeros, ...back].slice(0, NETWORK_GROUPS).join(':')}::/64`;
}
