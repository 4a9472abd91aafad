import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * Where a notification must not go unless the operator opens it: everything in the IANA special-purpose address
 * registries (RFC 6890 and its updates) that is not the public Internet, and the metadata services of clouds.
 */
const CLOSED = [
  '0.0.0.0/8', // this network, RFC 791
  '10.0.0.0/8', // private, RFC 1918
  '100.64.0.0/10', // carrier NAT, RFC 6598; also metadata of one cloud (100.100.100.200)
  '127.0.0.0/8', // loopback, RFC 1122
  '168.63.129.16/32', // platform address of one cloud, public in form only
  '169.254.0.0/16', // link-local, RFC 3927; cloud metadata at 169.254.169.254
  '172.16.0.0/12', // private, RFC 1918
  '192.0.0.0/24', // protocol assignments, RFC 6890
  '192.0.2.0/24', // documentation, RFC 5737
  '192.88.99.0/24', // 6to4 relays, RFC 7526
  '192.168.0.0/16', // private, RFC 1918
  '198.18.0.0/15', // benchmarking, RFC 2544
  '198.51.100.0/24', // documentation, RFC 5737
  '203.0.113.0/24', // documentation, RFC 5737
  '224.0.0.0/4', // multicast, RFC 5771
  '240.0.0.0/4', // reserved and broadcast, RFC 1112
  '::/96', // unspecified, loopback and IPv4-compatible, RFC 4291
  '::ffff:0:0:0/96', // IPv4-translated, RFC 2765
  '64:ff9b::/96', // NAT64 reaches any IPv4 address, RFC 6052
  '64:ff9b:1::/48', // local NAT64, RFC 8215
  '100::/64', // discard, RFC 6666
  '2001::/23', // protocol assignments with Teredo, RFC 2928
  '2001:db8::/32', // documentation, RFC 3849
  '2002::/16', // 6to4 reaches any IPv4 address, RFC 3056
  '3fff::/20', // documentation, RFC 9637
  '5f00::/16', // segment routing, RFC 9602
  'fc00::/7', // unique local, RFC 4193; cloud metadata at fd00:ec2::254
  'fe80::/10', // link-local, RFC 4291
  'fec0::/10', // site-local, RFC 3879
  'ff00::/8', // multicast, RFC 4291
];

/** A value of AXBRIDGE_PUSH_ALLOW is not an address range. */
export class AddressRangeError extends Error {
  readonly code = 'ADDRESS_RANGE_INVALID';
  constructor(range: string) {
    super(
      `AXBRIDGE_PUSH_ALLOW: ${JSON.stringify(range)} is not an address or a CIDR range such as 10.0.0.0/8`,
    );
    this.name = 'AddressRangeError';
  }
}

function rangeList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', length, ...rest] = range.split('/');
    const bits = isIPv6(address) ? 128 : 32;
    const prefix = length === undefined ? bits : Number(length);
    const understood = /^\d{1,3}$/.test(length ?? '0') && rest.length === 0;
    if (isIP(address) === 0 || !understood || prefix > bits) throw new AddressRangeError(range);
    list.addSubnet(address, prefix, bits === 128 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/**
 * Says which addresses a notification may be sent to. An IPv4-mapped IPv6 address (::ffff:a.b.c.d) counts as the
 * IPv4 address that it reaches.
 */
export class AddressPolicy {
  readonly #closed = rangeList(CLOSED);
  readonly #opened: BlockList;

  /**
   * @param allow addresses and CIDR ranges that are open although they are closed by default
   * @throws AddressRangeError
   */
  constructor(allow: readonly string[]) {
    this.#opened = rangeList(allow);
  }

  /** @param address an IP address as a socket takes it, not a name */
  isOpen(address: string): boolean {
    const version = isIP(address);
    if (version === 0) return false;
    const family = version === 6 ? 'ipv6' : 'ipv4';
    // A zone index (fe80::1%eth0) is no part of the address; such an address is link-local anyway.
    const bare = address.replace(/%.*$/, '');
    return this.#opened.check(bare, family) || !this.#closed.check(bare, family);
  }
}
