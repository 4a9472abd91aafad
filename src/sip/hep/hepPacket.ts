import { isIPv6 } from 'node:net';

/** One SIP message for a capture server, with who sent it to whom. */
export interface HepMessage {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `udp`, `tcp`, `tls` … */
  readonly transport: string;
  readonly source: HepAddress;
  readonly destination: HepAddress;
  /** What belongs together has the same: the session id of the call. */
  readonly correlationId: string;
  readonly captureId: number;
  readonly text: string;
}

export interface HepAddress {
  /** An IP address; anything else stands as 0.0.0.0. */
  readonly address: string;
  /** What is no port stands as 0. */
  readonly port: number;
}

/** Types of chunks (HEP3/EEP, generic vendor 0). */
const CHUNK = {
  family: 0x01,
  protocol: 0x02,
  sourceIpv4: 0x03,
  destinationIpv4: 0x04,
  sourceIpv6: 0x05,
  destinationIpv6: 0x06,
  sourcePort: 0x07,
  destinationPort: 0x08,
  seconds: 0x09,
  microseconds: 0x0a,
  payloadType: 0x0b,
  captureId: 0x0c,
  payload: 0x0f,
  correlationId: 0x11,
} as const;

const AF_INET = 2;
const AF_INET6 = 10;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const PAYLOAD_SIP = 1;
const HEADER_BYTES = 6;
const HIGHEST_PORT = 65_535;
/** A UDP datagram takes 65,507 octets; what is longer is cut. */
const LONGEST_PAYLOAD_BYTES = 64_000;

/** A message as one HEP3 packet, whatever peers have written into it. */
export function hepPacket(message: HepMessage): Buffer {
  const { at, transport, source, destination, correlationId, captureId, text } = message;
  const isV6 = isIPv6(source.address) && isIPv6(destination.address);
  const seconds = Math.floor(at / 1000);
  const addresses = isV6
    ? [chunk(CHUNK.sourceIpv6, ipv6(source)), chunk(CHUNK.destinationIpv6, ipv6(destination))]
    : [chunk(CHUNK.sourceIpv4, ipv4(source)), chunk(CHUNK.destinationIpv4, ipv4(destination))];
  const chunks = Buffer.concat([
    chunk(CHUNK.family, u8(isV6 ? AF_INET6 : AF_INET)),
    chunk(CHUNK.protocol, u8(transport === 'udp' || transport === '' ? IPPROTO_UDP : IPPROTO_TCP)),
    ...addresses,
    chunk(CHUNK.sourcePort, u16(portOf(source))),
    chunk(CHUNK.destinationPort, u16(portOf(destination))),
    chunk(CHUNK.seconds, u32(seconds)),
    chunk(CHUNK.microseconds, u32(Math.floor((at - seconds * 1000) * 1000))),
    chunk(CHUNK.payloadType, u8(PAYLOAD_SIP)),
    chunk(CHUNK.captureId, u32(captureId)),
    chunk(CHUNK.correlationId, Buffer.from(correlationId)),
    chunk(CHUNK.payload, Buffer.from(text).subarray(0, LONGEST_PAYLOAD_BYTES)),
  ]);
  const header = Buffer.from('HEP3\0\0', 'latin1');
  header.writeUInt16BE(HEADER_BYTES + chunks.length, 4);
  return Buffer.concat([header, chunks]);
}

function chunk(type: number, value: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(type, 2);
  header.writeUInt16BE(HEADER_BYTES + value.length, 4);
  return Buffer.concat([header, value]);
}

const portOf = ({ port }: HepAddress): number => (port >= 0 && port <= HIGHEST_PORT ? port : 0);

const u8 = (value: number): Buffer => Buffer.of(value);

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function ipv4({ address }: HepAddress): Buffer {
  const parts = address.split('.').map(Number);
  return parts.length === 4 && parts.every((part) => part >= 0 && part < 256)
    ? Buffer.from(parts)
    : Buffer.alloc(4);
}

/** The eight groups of an address that is one: what stands for `::` is filled up, an IPv4 tail becomes two groups. */
function ipv6({ address }: HepAddress): Buffer {
  const bare = address.split('%')[0] ?? '';
  const tail = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(bare);
  const hex = (high: string | undefined, low: string | undefined) =>
    (Number(high) * 256 + Number(low)).toString(16);
  const written = tail === null ? bare : `${tail[1]}${hex(tail[2], tail[3])}:${hex(tail[4], tail[5])}`;
  const [left = '', right] = written.split('::');
  const groupsOf = (part: string | undefined) => (part === undefined || part === '' ? [] : part.split(':'));
  const before = groupsOf(left);
  const after = groupsOf(right);
  const filler = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  return Buffer.concat([...before, ...filler, ...after].map((group) => u16(Number.parseInt(group, 16))));
}
